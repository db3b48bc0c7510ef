"""Whoever touches the record is found, and so is what they touched."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from luoshi.kernel.acting import Actor
from luoshi.kernel.when import SHANGHAI
from luoshi.ledger.engine import GENESIS, KEPT_PROBLEMS, Mark, Report, Row, payload_of, seal, verify_chain

T0 = datetime(2026, 3, 2, 9, tzinfo=SHANGHAI)
WANG = Actor('王"督查', user_id=7, post="督查员", via="web")


def chain(length: int, *, start: Mark | None = None, actor: Actor = WANG, recorded: bool = False) -> list[Row]:
    rows, previous = [], start.hash if start else GENESIS
    first = start.seq + 1 if start else 1
    for seq in range(first, first + length):
        at = T0 + timedelta(minutes=seq, microseconds=seq)
        more = {"recorded_at": at} if recorded else {}
        subject = f"duty:{seq % 3}"
        payload = payload_of(seq, at, "a.b", subject, asdict(actor), cites=["09:三(一)1"], data={"n": seq}, **more)
        stored = at if seq % 2 else at.isoformat()
        rows.append(Row(seq, stored, "a.b", subject, actor.name, payload, previous, seal(previous, payload)))
        previous = rows[-1].hash
    return rows


def head(rows: list[Row]) -> Mark:
    return Mark(rows[-1].seq, rows[-1].hash)


def named(report: Report) -> set[int]:
    return {problem.seq for problem in report.problems}


def rehashed(rows: list[Row], start: int = 0) -> list[Row]:
    """What a forger with the source code does: recompute every hash from `start` on."""
    out = rows[:start]
    previous = out[-1].hash if out else GENESIS
    for row in rows[start:]:
        out.append(row._replace(prev_hash=previous, hash=seal(previous, row.payload)))
        previous = out[-1].hash
    return out


@pytest.mark.parametrize("recorded", [False, True])
@pytest.mark.parametrize("name", ["王督查", 'a"b\\c', "", '},"at":"', "王 督查"])
def test_an_untouched_ledger_is_sound(name: str, recorded: bool) -> None:
    rows = chain(20, actor=Actor(name), recorded=recorded)
    report = verify_chain(rows, head=head(rows))
    assert report.ok and (report.entries, report.head_seq, report.head_hash) == (20, 20, rows[-1].hash)


def test_an_empty_ledger_is_sound() -> None:
    assert verify_chain([], head=Mark(0, GENESIS)).ok


EDITS: dict[str, Callable[[Row], Row]] = {
    "payload": lambda r: r._replace(payload=r.payload.replace('"n":', '"m":')),
    "payload with its hash": lambda r: r._replace(
        payload=r.payload.replace('"n":', '"m":'), hash=seal(r.prev_hash, r.payload.replace('"n":', '"m":'))
    ),
    "kind": lambda r: r._replace(kind="a.c"),
    "subject": lambda r: r._replace(subject="duty:99"),
    "actor": lambda r: r._replace(actor="别人"),
    "time": lambda r: r._replace(at=T0),
    "previous hash": lambda r: r._replace(prev_hash="f" * 64),
    "hash": lambda r: r._replace(hash="f" * 64),
    "payload that is no JSON": lambda r: r._replace(payload="{", hash=seal(r.prev_hash, "{")),
}


@pytest.mark.parametrize("what", EDITS)
@pytest.mark.parametrize("place", [0, 4, 9])
def test_an_edited_entry_is_named(what: str, place: int) -> None:
    rows = chain(10)
    end = head(rows)
    rows[place] = EDITS[what](rows[place])
    report = verify_chain(rows, head=end)
    assert not report.ok and place + 1 in named(report)
    assert named(report) <= {place + 1, place + 2}


@pytest.mark.parametrize("place", [0, 4, 9])
def test_a_removed_entry_is_named(place: int) -> None:
    rows = chain(10)
    end = head(rows)
    del rows[place]
    report = verify_chain(rows, head=end)
    assert [(p.seq, p.sort) for p in report.problems] == [(place + 1, "removed")]


def test_everything_removed_is_noticed() -> None:
    assert named(verify_chain([], head=Mark(10, "f" * 64))) == {1}


def test_a_removed_entry_whose_followers_were_renumbered_is_found() -> None:
    rows = chain(10)
    del rows[4]
    rows = [row._replace(seq=n) for n, row in enumerate(rows, start=1)]
    report = verify_chain(rows, head=Mark(9, rows[-1].hash))
    assert {p.sort for p in report.problems} >= {"reordered"} and 5 in named(report)


def test_two_entries_that_changed_places_are_named() -> None:
    rows = chain(10)
    end = head(rows)
    rows[3], rows[6] = rows[6]._replace(seq=4), rows[3]._replace(seq=7)
    report = verify_chain(rows, head=end)
    assert {4, 7} <= {p.seq for p in report.problems if p.sort == "reordered"}


def test_an_inserted_entry_is_named() -> None:
    rows = chain(10)
    end = head(rows)
    forged = chain(1, start=Mark(4, rows[3].hash), actor=Actor("伪造"))[0]
    rows = rows[:4] + [forged] + [row._replace(seq=row.seq + 1) for row in rows[4:]]
    report = verify_chain(rows, head=end)
    assert (5, "inserted") in {(p.seq, p.sort) for p in report.problems}


def test_an_entry_added_behind_the_end_is_named() -> None:
    rows = chain(10)
    report = verify_chain(rows + chain(1, start=head(rows)), head=head(rows))
    assert [(p.seq, p.sort) for p in report.problems] == [(11, "inserted")]


def test_a_forger_who_recomputes_the_rest_is_found_by_the_head() -> None:
    rows = chain(10)
    end = head(rows)
    rows[2] = rows[2]._replace(payload=rows[2].payload.replace('"n":3', '"n":4'))
    assert not verify_chain(rehashed(rows), head=end).ok


def test_a_forger_who_recomputes_the_head_too_is_found_by_a_published_seal() -> None:
    rows = chain(10)
    published = Mark(6, rows[5].hash, "2026-03-02.json")
    rows[2] = rows[2]._replace(payload=rows[2].payload.replace('"n":3', '"n":4'))
    forged = rehashed(rows)
    assert verify_chain(forged, head=head(forged)).ok
    assert named(verify_chain(forged, head=head(forged), seals=[published])) == {6}


def test_a_ledger_shorter_than_a_published_seal_is_found() -> None:
    rows = chain(5)
    assert not verify_chain(rows, head=head(rows), seals=[Mark(9, "f" * 64)]).ok


def test_a_part_is_verified_from_where_it_starts() -> None:
    rows = chain(10)
    before = Mark(4, rows[3].hash)
    assert verify_chain(rows[4:], start=before, head=head(rows)).ok
    assert not verify_chain(rows[4:], start=Mark(4, "f" * 64), head=head(rows)).ok


def test_a_report_of_a_rewritten_ledger_stays_readable() -> None:
    rows = [row._replace(actor="别人") for row in chain(500)]
    report = verify_chain(rows, head=head(rows))
    assert report.problem_count == 500 and len(report.problems) == KEPT_PROBLEMS
    json.dumps(report.to_json())


@given(st.data())
def test_whatever_is_done_to_a_chain_is_found_at_its_place(data: st.DataObject) -> None:
    rows = chain(data.draw(st.integers(2, 12), label="length"))
    end = head(rows)
    how = data.draw(st.sampled_from(["edit", "remove", "swap", "insert", "duplicate"]))
    place = data.draw(st.integers(0, len(rows) - 1), label="place")
    changed = list(rows)
    if how == "edit":
        changed[place] = EDITS[data.draw(st.sampled_from(sorted(EDITS)))](changed[place])
    elif how == "remove":
        del changed[place]
    elif how == "swap":
        other = data.draw(st.integers(0, len(rows) - 1).filter(lambda n: n != place))
        changed[place], changed[other] = changed[other], changed[place]
    elif how == "insert":
        start = Mark(place, changed[place - 1].hash if place else GENESIS)
        changed.insert(place, chain(1, start=start, actor=Actor("伪造"))[0])
    else:
        changed.insert(place, changed[place])
    if changed == rows:
        return
    report = verify_chain(changed, head=end)
    assert not report.ok
    assert named(report) & {place, place + 1, place + 2}
