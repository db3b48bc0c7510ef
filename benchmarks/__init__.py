"""Measurements with ratios, apart from the tests. `python -m benchmarks [NAME [ARGUMENT …]]`; without a name, all."""
