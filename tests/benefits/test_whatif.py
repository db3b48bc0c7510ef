"""The same register under a change: what it says agrees with deciding every row both ways."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from tests.benefits.test_screening import subjects

from luoshi.benefits import drafts, engine, whatif
from luoshi.benefits.commands import benefits
from luoshi.benefits.pack import read
from luoshi.kernel.errors import BadInput

DAY = date(2026, 11, 1)
ROWS = list(subjects(7, 60))
FACTS = [name for name in read("25").assembly.scope.facts if name != "as_of"]


def register(rows: Iterable[dict[str, Any]] = ROWS) -> pl.DataFrame:
    def cell(value: Any) -> str | None:
        if value is None:
            return None
        return json.dumps(value, default=str, ensure_ascii=False) if isinstance(value, list) else str(value)

    kept = list(rows)
    columns = [pl.Series(name, [cell(row[name]) for row in kept], dtype=pl.String) for name in FACTS]
    return pl.DataFrame(columns).with_columns(pl.Series("name", [f"虚构{n}" for n in range(len(kept))]))


def paid(row: dict[str, Any], measure: str, settings: dict[str, Any], pack: str = "jccq") -> tuple[int, int]:
    """(sure, most) in fen by the single decision."""
    found = engine.decide(measure, row, DAY, settings, pack=pack)
    if found["status"] not in ("eligible", "human_review"):
        return 0, 0
    amount = found["amount_yuan"]
    lo, hi = amount if isinstance(amount, list) else (amount, amount)
    return (int(Decimal(lo) * 100) if found["eligible"] else 0), int(Decimal(hi) * 100)


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("25:二(一)", {"s1.green_both": "each_label", "s1.turnover_basis": "trailing_12m"}),
    ("25:二(四)", {"s4.cap_by_actual_interest": False}),
    ("25:二(五)", {"s5.unit": "per_winner"}),
]


@pytest.mark.parametrize(("measure", "change"), CHANGES)
def test_who_gains_and_what_it_costs_agree_with_single_decisions(measure: str, change: dict[str, Any]) -> None:
    found = whatif.compare(measure, register(), DAY, whatif.Side(), whatif.Side(change))
    before = [paid(row, measure, {}) for row in ROWS]
    after = [paid(row, measure, change) for row in ROWS]
    assert (found.before.sure, found.before.most) == tuple(map(sum, zip(*before, strict=True)))
    assert (found.after.sure, found.after.most) == tuple(map(sum, zip(*after, strict=True)))
    turns = [((a[0] - b[0]) or (a[1] - b[1])) for b, a in zip(before, after, strict=True)]
    assert (found.gain, found.lose) == (sum(t > 0 for t in turns), sum(t < 0 for t in turns))
    assert sum(a.most - b.most for _, b, a in found.months) == found.after.most - found.before.most
    assert {one.name for one in found.changed} >= {f"虚构{n}" for n, turn in enumerate(turns) if turn}


def test_a_stipend_costs_its_amount_in_every_month_it_runs() -> None:
    """36 months from the first working month; six later when the ruling begins in the seventh; none past the end."""
    row = dict.fromkeys(FACTS) | {
        "in_district": True, "lawful_operation": True, "degree": "硕士研究生", "major": "酒店管理",
        "contract_start": "2025-03-15", "contract_end": "2028-03-31", "insured_months": 12,
        "contract_performing": True, "full_time_direct": True, "months_already_paid": 0, "prior_awards": [],
    }  # fmt: skip

    def months(**answers: Any) -> list[tuple[str, int, int]]:
        found = whatif.compare("25:二(六)", register([row, row]), DAY, whatif.Side(), whatif.Side(answers))
        return [(month, before.most, after.most) for month, before, after in found.months]

    found = months(**{"s6.start": "after_6_months"})
    assert found[0] == ("2025-03", 600_000, 0) and found[6] == ("2025-09", 600_000, 600_000)
    assert found[36] == ("2028-03", 0, 600_000) and found[-1] == ("2028-08", 0, 600_000)
    assert sum(before for _, before, _ in found) == 36 * 600_000 == sum(after for _, _, after in found)
    assert months(tail_policy="stop_at_valid_to")[-1][0] == "2028-02"  # what runs on without the ruling
    assert sum(after for _, _, after in months(tail_policy="stop_at_valid_to")) == 28 * 600_000


def test_an_option_is_worth_what_deciding_under_it_pays() -> None:
    rows = whatif.stakes("25:二(一)", register(), DAY, whatif.Side(), keys=["s1.green_both", "s1.review_kinds"])
    stake = next(row for row in rows if row.key == "s1.green_both")
    each = next(option for option in stake.options if option.value == "each_label")
    now = sum(paid(row, "25:二(一)", {})[1] for row in ROWS)
    then = sum(paid(row, "25:二(一)", {"s1.green_both": "each_label"})[1] for row in ROWS)
    assert each.most == then - now > 0
    assert [o.present for o in stake.options] == [o.value == "once_per_hotel" for o in stake.options]
    kinds = next(row for row in rows if row.key == "s1.review_kinds")
    assert ["评定性复核", "年度复核"] in [option.value for option in kinds.options]


def test_a_changed_figure_is_a_draft_that_leaves_the_pack_alone() -> None:
    lawful = {"in_district": True, "lawful_operation": True, "star_event": "new", "event_date": "2025-03-01"}
    stars = [
        dict.fromkeys(FACTS) | {"higher_level_award_yuan": 0, "prior_awards": [], "certificate": "有"} | lawful | more
        for more in (
            {"star": 5, "turnover_prior_year_yuan": 12000000},
            {"star": 4, "turnover_prior_year_yuan": 9000000},
        )
    ]
    frame = register(stars).drop("opening_date", "business_address", "green_labels_new", "green_event_date")
    with drafts.changed("25", "jccq", figures={"turnover_min": 9_000_000}) as folder:
        found = whatif.compare("25:二(一)", frame, DAY, whatif.Side(), whatif.Side(pack=folder))
    assert (found.before.sure, found.after.sure, found.gain, found.lose) == (50_000_000, 70_000_000, 1, 0)
    assert [(one.row, one.before, one.after, one.sure) for one in found.changed] == [
        (2, "refused", "eligible", 20_000_000)
    ]
    again = whatif.compare("25:二(一)", frame, DAY, whatif.Side(), whatif.Side())
    assert (again.gain, again.lose, again.moved) == (0, 0, 0) and not Path(folder).exists()


@pytest.mark.parametrize("files", [{"instrument.yaml": b"[]"}, {"measures.yaml": b"- {key: 1"}])
def test_a_draft_that_cannot_be_read_is_named(files: dict[str, bytes]) -> None:
    with pytest.raises(BadInput) as caught, drafts.changed("25", "jccq", files=files) as folder:
        whatif.compare("25:二(一)", register(), DAY, whatif.Side(), whatif.Side(pack=folder))
    assert next(iter(files)) in caught.value.file


def test_from_a_shell_as_json_and_in_words(tmp_path: Path) -> None:
    table, after = tmp_path / "r.csv", tmp_path / "after.json"
    register().write_csv(table)
    after.write_text(json.dumps({"s1.green_both": "each_label"}))
    given = ["whatif", str(table), "--measure", "25:二(一)", "--as-of", "2026-11-01", "--after-settings", str(after)]
    told = json.loads(CliRunner().invoke(benefits, [*given, "--json"]).output)
    assert told["gain"] > 0 and told["after"]["most"] > told["before"]["most"]
    assert "酒店评星评绿奖励" in CliRunner().invoke(benefits, given).output
    answer = CliRunner().invoke(benefits, given[:-2])
    assert isinstance(answer.exception, BadInput) and answer.exception.field == "--after-settings"
