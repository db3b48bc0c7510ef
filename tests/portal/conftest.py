"""A small public gazette, made here and belonging to nobody: 演示."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.db import transaction

from luoshi.directory.models import Body
from luoshi.kernel import when
from luoshi.norms import engine, index
from luoshi.norms.models import Instrument, InstrumentVersion, Pack, Provision
from luoshi.supervision.models import Duty


def instrument(slug: str, title: str, texts: dict[str, str], *, on: date, public: bool = True) -> Instrument:
    with transaction.atomic():
        made = Instrument.objects.create(
            slug=slug, number=f"演政发〔2024〕{slug}号", title=title, issuer="演示县人民政府", date=on, public=public
        )
        text = "\n".join(texts.values())
        version = InstrumentVersion.objects.create(
            instrument=made, no=1, source="test", text=text, digest=engine.digest(slug + text),
            valid_from=on, imported_at=when.now(),
        )  # fmt: skip
        Provision.objects.bulk_create(
            Provision(version=version, path=path, label=path, text=words, order=order)
            for order, (path, words) in enumerate(texts.items())
        )
        index.index_version(version)
    return made


@pytest.fixture
def make_instrument(db: Any) -> Callable[..., Instrument]:
    return instrument


@pytest.fixture
def gazette(db: Any) -> dict[str, Instrument]:
    Pack.objects.create(id="demo", district="演示县")
    made = {
        "1": instrument(
            "1", "演示养老方案", {"一": "探访高龄老人", "二(一)": "建设<床位>，养老驿站"}, on=date(2024, 3, 1)
        ),
        "2": instrument("2", "演示住宿措施", {"一": "评星的给予奖励"}, on=date(2023, 5, 1)),
        "3": instrument("3", "演示内部通知", {"一": "养老资金内部安排"}, on=date(2024, 6, 1), public=False),
    }
    lead = Body.objects.create(pack="demo", name="演示民政局", kind="department")
    for n, light in enumerate(("red", "green", "grey")):
        Duty.objects.create(
            key=f"1:d{n}", instrument=made["1"], citation="1:二(一)", title=f"演示事项{n}", status="confirmed",
            light=light, due=date(2099, 1, 1 + n), source="pack", lead=lead,
        )  # fmt: skip
    return made
