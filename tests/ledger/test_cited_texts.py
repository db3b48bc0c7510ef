"""Evidence carries the sentence an act stands on."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date

import pytest

from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.ledger import actions, evidence, package
from luoshi.norms.models import Instrument, InstrumentVersion, Provision

pytestmark = pytest.mark.django_db


def test_a_package_holds_the_cited_text_and_its_version() -> None:
    made = Instrument.objects.create(slug="demo", number="演政发〔2024〕1号", title="演示办法", date=date(2024, 5, 1))
    version = InstrumentVersion.objects.create(
        instrument=made,
        no=3,
        source="test",
        text="演示条文",
        digest="x",
        valid_from=date(2024, 5, 1),
        imported_at=when.now(),
    )
    Provision.objects.create(version=version, path="一", label="一", text="演示条文", order=1)
    actions.append("test.act", by=Actor("甲"), subject="duty:1", cites=["demo:一", "国务院令第000号"])
    data = evidence.build("duty:1")
    (norm,) = json.loads(zipfile.ZipFile(io.BytesIO(data)).read("norms.json"))
    assert (norm["cite"], norm["version"], norm["in_force_then"]) == ("demo:一", 3, True)
    assert "演示条文" in norm["text"] and package.check(data).ok
