"""One spelling for one value: the JSON that is hashed, stored in the ledger and compared in replays."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any


def dumps(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, UTF-8. Decimals and dates as strings. Floats raise TypeError."""
    return json.dumps(plain(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def plain(value: Any) -> Any:
    """`value` with dates, decimals, tuples and sets as JSON types; a float is refused, it has no one spelling."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(plain(v) for v in value)
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    raise TypeError(f"no canonical spelling for {type(value).__name__}: {value!r}")


def sm3(text: str | bytes) -> str:
    """SM3 digest (GB/T 32905-2016), 64 lower-case hex digits."""
    data = text.encode() if isinstance(text, str) else text
    try:
        return hashlib.new("sm3", data).hexdigest()
    except ValueError:  # an OpenSSL built without SM3
        from cryptography.hazmat.primitives import hashes

        digest = hashes.Hash(hashes.SM3())
        digest.update(data)
        return digest.finalize().hex()
