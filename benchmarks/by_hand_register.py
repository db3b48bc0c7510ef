"""A register as numpy has it: from the Polars frame that every contestant is given to arrays, field by field as asked.

Each field becomes its values, something harmless where unknown, beside where it is known. A list becomes its places:
the records are laid end to end once, and a place in the list is picked out of them by number. A text column already
holds the numbers of its list of words.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from benchmarks.by_hand_parts import AWARDS, CONTRACTS, LABELS

DAY = 20250101  # stands where a day is unknown
DAYS = ("contract_start", "contract_end", "as_of")
PLACES = {
    "prior_awards": ("award", AWARDS),
    "green_labels_new": ("label", LABELS),
    "contracts_yuan": ("contract", CONTRACTS),
}
LISTS = {prefix: name for name, (prefix, _) in PLACES.items()}

Field = tuple[Any, Any]  # values, where they are known


class Register:
    """Fields of a frame, laid out when first asked for and kept."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame
        self.fields: dict[str, Field] = {}
        self._lists: dict[str, tuple[pl.DataFrame, list[Any], list[Any]]] = {}

    def field(self, name: str) -> Field:
        if name not in self.fields:
            self.fields[name] = self._laid_out(name)
        return self.fields[name]

    def words(self) -> dict[str, list[str]]:
        """The words of each text field, by number."""
        kinds: dict[str, Any] = dict(self.frame.schema)
        kinds["label"] = kinds["green_labels_new"].inner.fields[0].dtype
        return {name: kind.categories.to_list() for name, kind in kinds.items() if kind == pl.Enum}

    def _laid_out(self, name: str) -> Field:
        place, _, part = name.partition(".")
        prefix = place[:-1]
        if prefix in LISTS and place[-1].isdigit():
            return self._in_list(LISTS[prefix], int(place[-1]), part)
        column = self.frame.get_column(name)
        known = column.is_not_null().to_numpy()
        return (known, known) if name in PLACES else (_values(column), known)

    def _in_list(self, name: str, place: int, part: str) -> Field:
        if name not in self._lists:
            self._lists[name] = self._flat(self.frame.get_column(name), PLACES[name][1])
        flat, at, there = self._lists[name]
        if not part:
            return there[place], there[place]
        column, picked = flat.get_column(part), at[place]
        values = np.append(_values(column), 0)  # the last stands for no record
        known = np.append(column.is_not_null().to_numpy(), False)
        return values[picked], known[picked]

    def _flat(self, column: pl.Series, places: int) -> tuple[pl.DataFrame, list[Any], list[Any]]:
        sizes = column.list.len().fill_null(0).to_numpy().astype(np.int64)
        first = np.cumsum(sizes) - sizes
        flat = column.drop_nulls().explode(empty_as_null=False).struct.unnest()
        there = [sizes > place for place in range(places)]
        return flat, [np.where(there[place], first + place, flat.height) for place in range(places)], there


def _values(column: pl.Series) -> Any:
    if column.dtype == pl.Enum:
        column = column.to_physical()
    filler: Any = False if column.dtype == pl.Boolean else DAY if _day(column.name) else 0
    return (column.fill_null(filler) if column.null_count() else column).to_numpy()


def _day(name: str) -> bool:
    return "date" in name or name in DAYS
