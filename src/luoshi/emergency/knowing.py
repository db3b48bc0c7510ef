"""What is known of an incident, from everything that was said of it. Pure: rows in, facts and conflicts out.

A reporter's later word replaces that reporter's earlier one. Reporters who disagree are both kept, and the fact is
unknown until somebody chooses one of them; "I do not know" disagrees with nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from luoshi.kernel.canonical import dumps


class Said(Protocol):
    """One statement, as a row of `Fact` holds it."""

    pk: Any
    name: str
    value: Any
    reporter: str
    replaced: bool
    chosen: bool


class Dated(Protocol):
    """A statement, as far as it says which time it is about."""

    at: datetime


@dataclass(slots=True)
class Known:
    """One fact. `value` None: unknown. `rows`: every statement, the standing ones in `standing`."""

    name: str
    value: Any = None
    rows: list[Any] = field(default_factory=list)
    standing: list[Any] = field(default_factory=list)
    conflict: bool = False
    chosen: Any = None

    @property
    def asked(self) -> bool:
        """Somebody was asked, whether or not anybody knew."""
        return bool(self.rows)

    @property
    def open(self) -> bool:
        return self.value is None


def know(said: Iterable[Said]) -> dict[str, Known]:
    """Facts by name, in order of first mention. A chosen statement decides; else one that nobody contradicts."""
    found: dict[str, Known] = {}
    for row in said:
        found.setdefault(row.name, Known(row.name)).rows.append(row)
    for known in found.values():
        _settle(known)
    return found


S = TypeVar("S", bound=Dated)


def replaces(standing: Iterable[S], moment: datetime) -> tuple[list[S], bool]:
    """Of a reporter's standing statements those that a new one about `moment` replaces; and whether it comes in late
    about an earlier time than one of them: then it replaces nothing said since, and does not itself stand."""
    every = list(standing)
    earlier = [row for row in every if row.at <= moment]
    return earlier, len(earlier) < len(every)


def _settle(known: Known) -> None:
    known.standing = [row for row in known.rows if not row.replaced]
    known.chosen = next((row for row in known.rows if row.chosen), None)
    if known.chosen is not None:
        known.value = known.chosen.value
        known.conflict = _contradicted(known)
        return
    values = {spelt(row.value): row.value for row in known.standing if row.value is not None}
    known.conflict = len(values) > 1
    known.value = next(iter(values.values())) if len(values) == 1 else None


def _contradicted(known: Known) -> bool:
    """A statement newer than the choice says otherwise: the choice stands, and somebody must look again."""
    after = known.rows[known.rows.index(known.chosen) + 1 :]
    return any(
        not row.replaced and row.value is not None and spelt(row.value) != spelt(known.chosen.value) for row in after
    )


def spelt(value: Any) -> str:
    """One spelling of a value; the order of a list of names says nothing."""
    if isinstance(value, list):
        value = sorted({str(item) for item in value})
    return dumps(value)


def facts(known: dict[str, Known], triage: dict[str, str]) -> dict[str, Any]:
    """The facts as the stable interface takes them; what is unknown is left out. `triage` by plan."""
    told = {name: one.value for name, one in known.items() if one.value is not None}
    said = {plan: outcome for plan, outcome in triage.items() if outcome}
    return told | ({"triage": said} if said else {})


def conflicts(known: dict[str, Known]) -> list[Known]:
    return [one for one in known.values() if one.conflict]


def joined(values: Sequence[Any]) -> list[str]:
    """What several complete lists say together: everything any of them names."""
    return list(dict.fromkeys(str(item) for value in values for item in value))
