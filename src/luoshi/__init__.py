"""luoshi 落实: makes a district government's gazette run."""

__version__ = "0.1.0"
