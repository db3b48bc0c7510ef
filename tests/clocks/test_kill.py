"""The machine may lose its workers at any moment; deadlines may not be lost with them."""

from __future__ import annotations

import os

import pytest
from benchmarks.killing import run_apart


def survive(url: str) -> None:
    result = run_apart(url, clocks=600, kills=8, seed=20240509)
    assert (result["kills"], result["lost"], result["doubled"], result["left_running"]) == (8, 0, 0, 0)
    assert result["ledger_ok"] and result["ledger_entries"] == 600


def test_killed_workers_lose_and_double_nothing_on_sqlite() -> None:
    survive("")


@pytest.mark.needs("postgres")
def test_killed_workers_lose_and_double_nothing_on_postgresql() -> None:
    survive(os.environ["LUOSHI_DATABASE_URL"])
