"""Reads official documents: repairs scanning, splits, numbers, cites, names defects. Pure: no database, no network.

`read(data)` → `Issue`; `read_documents(stream)` gives documents one by one; `citations` spells citations and numbers.
"""

from luoshi.text.citations import Citation, format_citation, normalise_number, parse_citation
from luoshi.text.model import Deadline, Document, Finding, Issue, Part, Provision, Responsibility, Target
from luoshi.text.reader import read, read_documents

__all__ = [
    "Citation", "Deadline", "Document", "Finding", "Issue", "Part", "Provision", "Responsibility", "Target",
    "format_citation", "normalise_number", "parse_citation", "read", "read_documents",
]  # fmt: skip
