"""The plans of a pack as plain data and back: what a response runs under, and what an offline verifier decides with.

Pure. A bundle holds every row that decides something, so its plans have the digest of the pack they were taken from.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from luoshi.emergency import plans
from luoshi.emergency.plans import FILES, SHARED, Plans, Rows
from luoshi.kernel.canonical import dumps
from luoshi.kernel.errors import BadInput
from luoshi.kernel.packing import Entry, Row
from luoshi.norms.pack import InterpretationRow, ParameterRow

FORMAT = "luoshi-plans/1"
LIMIT = 8 * 1024 * 1024  # bytes a packed bundle may unpack to
Data = dict[str, Any]


def take(found: Plans) -> Data:
    """The bundle of `found`."""
    return {
        "format": FORMAT,
        "pack": found.pack,
        "digest": found.digest,
        "shared": _files(found.shared, SHARED),
        "plans": {slug: _files(plan.entries, FILES) for slug, plan in found.by_slug.items()},
        "readings": [_row(row) for row in found.readings.values()],
        "parameters": [_row(row) for row in found.parameters.values()],
    }


def _files(found: Rows, names: Mapping[str, type[Row]]) -> dict[str, list[Data]]:
    return {name: [_row(entry.row) for entry in found[model]] for name, model in names.items() if model in found}


def _row(row: Row) -> Data:
    told: Data = row.model_dump(mode="json", exclude_defaults=True, by_alias=True)
    return told


def plans_of(data: Mapping[str, Any], origin: str = "快照") -> Plans:
    """The plans of a bundle. BadInput when it is none, or when its rows do not have the digest it claims."""
    try:
        if data["format"] != FORMAT:
            raise BadInput("不认识的预案快照格式", file=origin, field="format")
        shared = _entries(data["shared"], SHARED, "", origin)
        each = {slug: _entries(files, FILES, slug, origin) for slug, files in data["plans"].items()}
        readings = [InterpretationRow.model_validate(row) for row in data["readings"]]
        parameters = [ParameterRow.model_validate(row) for row in data["parameters"]]
    except (KeyError, TypeError, AttributeError, ValidationError) as error:
        raise BadInput(f"预案快照读不出（{type(error).__name__}）", file=origin) from None
    made = plans.assemble(str(data["pack"]), shared, each, readings, parameters, [])
    for problem in sorted(made.problems):
        raise BadInput(problem.reason, file=origin, field=problem.field)
    if made.digest != data["digest"]:
        raise BadInput("预案快照与所记摘要不符", file=origin, field="digest")
    return made


def _entries(files: Mapping[str, list[Data]], names: Mapping[str, type[Row]], slug: str, origin: str) -> Rows:
    found: Rows = {}
    for name, model in names.items():
        if name in files:
            place = f"{origin}/{slug}/{name}" if slug else f"{origin}/{name}"
            found[model] = [Entry(model.model_validate(row), place, {}, slug) for row in files[name]]
    return found


def packed(data: Mapping[str, Any]) -> str:
    """A bundle as one short text, the same for the same content: it travels in a ledger entry."""
    return base64.b64encode(zlib.compress(dumps(data).encode(), 9)).decode()


def unpacked(text: str) -> Data:
    """The bundle of a packed text. BadInput when it is none."""
    import json

    try:
        reader = zlib.decompressobj()
        plain = reader.decompress(base64.b64decode(text, validate=True), LIMIT)
        if reader.unconsumed_tail:
            raise BadInput("预案快照过大")
        told = json.loads(plain)
    except (ValueError, zlib.error):
        raise BadInput("预案快照读不出") from None
    if not isinstance(told, dict):
        raise BadInput("预案快照读不出")
    return told
