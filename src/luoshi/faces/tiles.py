"""The wall: big figures brought by rooms, read from across an office without touching anything."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure. `value` is what is written large; `None` is unknown and drawn so, never as 0."""

    label: str
    value: str | int | None
    light: str = ""
    unit: str = ""
    note: str = ""
    columns: tuple[str, ...] = field(default=())  # headings of `lines`; a tile with lines is a flight board
    lines: tuple[tuple[str, ...], ...] = field(default=())


Provider = Callable[[], Iterable[Tile]]
_providers: dict[str, tuple[int, Provider]] = {}


def register(provider: Provider, order: int = 100) -> Provider:
    """Add a provider of tiles; all are asked at each refresh, so each must answer within a bounded query count."""
    _providers[f"{provider.__module__}.{provider.__qualname__}"] = (order, provider)
    return provider


def collect() -> list[Tile]:
    tiles: list[Tile] = []
    for name, (_, provider) in sorted(_providers.items(), key=lambda p: (p[1][0], p[0])):
        try:
            tiles.extend(provider())
        except Exception:
            logging.getLogger(__name__).exception("wall tile failed: %s", name)
            tiles.append(Tile(label="读取失败", value=None, note=name))
    return tiles
