"""What machines send is read as the samples say; hostile input is refused by name, never believed, never fatal."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from luoshi.emergency import cap_tree, heard, intake_alertmanager, intake_cap
from luoshi.emergency.heard import Heard, KnownTimes
from luoshi.kernel.errors import BadInput
from luoshi.kernel.when import SHANGHAI

FOLDER = Path(__file__).resolve().parents[1] / "conformance" / "emergency" / "intake"
SAMPLES = yaml.safe_load((FOLDER / "expected.yaml").read_text(encoding="utf-8"))
THREE = datetime(2026, 1, 1, 3, tzinfo=SHANGHAI)


def read(name: str) -> list[Heard]:
    body = (FOLDER / name).read_bytes()
    return intake_alertmanager.read(body) if name.endswith(".json") else [intake_cap.read(body)]


def told(one: Heard, name: str) -> Any:
    value = len(one.unreadable) if name == "problems" else getattr(one, name)
    return value.isoformat() if isinstance(value, datetime) else value


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample["file"] for sample in SAMPLES])
def test_sample_is_read_as_expected(sample: dict[str, Any]) -> None:
    if "error" in sample:
        with pytest.raises(BadInput) as caught:
            read(sample["file"])
        assert caught.value.field == sample["error"]
        assert caught.value.line == sample.get("line", caught.value.line)
        return
    found = read(sample["file"])
    assert [{name: told(one, name) for name in wanted} for one, wanted in zip(found, sample["heard"], strict=True)] == (
        sample["heard"]
    )
    if "truncated" in sample:
        assert intake_alertmanager.message((FOLDER / sample["file"]).read_bytes()).truncated == sample["truncated"]


def test_every_sample_has_its_line() -> None:
    assert {path.name for path in FOLDER.iterdir()} - {"expected.yaml"} == {sample["file"] for sample in SAMPLES}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
ALERT = st.dictionaries(st.sampled_from(["status", "labels", "annotations", "startsAt", "endsAt", "fingerprint"]), JSON)


@given(st.lists(ALERT | JSON, max_size=5), JSON)
def test_no_alert_takes_the_others_with_it(alerts: list[Any], version: Any) -> None:
    body = json.dumps({"version": "4", "alerts": [*alerts, {"labels": {"a": "b"}, "fingerprint": "good"}]})
    found = intake_alertmanager.read(body.encode())
    assert len(found) == len(alerts) + 1 and found[-1].key == "good"
    assert all(one.key or one.unreadable for one in found)


def test_what_no_database_keeps_is_not_kept_and_the_alert_is() -> None:
    body = rb'{"alerts": [{"labels": {"a\ud800": "\u0000b"}, "generatorURL": "x\u0000\udfff", "fingerprint": "f"}]}'
    found = intake_alertmanager.read(body)[0]
    assert found.raw == {"labels": {"a?": "b"}, "annotations": {}, "generatorURL": "x?"}
    assert intake_alertmanager.read(body.replace(b"\\ud800", b"\xed\xa0\x80"))[0].raw == found.raw


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused_by_field(body: bytes) -> None:
    for reader in (intake_alertmanager.read, intake_cap.read):
        try:
            reader(body)
        except BadInput as error:
            assert error.field and error.reason


def test_xml_is_bounded_in_size_depth_and_number() -> None:
    head = b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">'
    with pytest.raises(BadInput, match="字节"):
        intake_cap.read(head + b" " * cap_tree.LARGEST)
    with pytest.raises(BadInput, match="过深"):
        intake_cap.read(head + b"<info>" * 50)
    with pytest.raises(BadInput, match="过多"):
        intake_cap.read(head + b"<code/>" * 30_000)


def test_a_signature_of_another_namespace_is_passed_over() -> None:
    body = (FOLDER / "alert.xml").read_text(encoding="utf-8")
    signed = body.replace(
        "</alert>", '<S:Signature xmlns:S="http://www.w3.org/2000/09/xmldsig#"><S:a>x</S:a></S:Signature></alert>'
    )
    assert intake_cap.read(signed.encode()).key == read("alert.xml")[0].key


def test_order_of_elements_is_noted_and_not_insisted_on() -> None:
    body = (FOLDER / "alert.xml").read_text(encoding="utf-8")
    swapped = body.replace("<status>Actual</status>\n", "").replace("<scope>", "<status>Actual</status><scope>")
    assert any("次序" in note for note in intake_cap.read(swapped.encode()).unreadable)


def test_a_sender_whose_clock_runs_ahead_is_shown_and_placed_at_the_time_of_receipt() -> None:
    ahead = THREE + timedelta(minutes=10)
    assert heard.skew(ahead, THREE) == timedelta(minutes=10)
    assert heard.skew(THREE + timedelta(seconds=60), THREE) is None
    assert heard.happened(ahead, THREE) == THREE
    assert heard.happened(THREE - timedelta(hours=2), THREE) == THREE - timedelta(hours=2)


TIMES = st.none() | st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 2)).map(lambda t: t.replace(tzinfo=SHANGHAI))


@given(TIMES, st.sampled_from(["firing", "resolved"]), TIMES, st.sampled_from(["firing", "resolved"]))
def test_late_post_never_brings_back_what_is_over(began: Any, was: str, other: Any, says: str) -> None:
    known = KnownTimes(was, began, None)
    told_ = Heard("alertmanager", "x", status=says, occurred_at=other)
    if was == "resolved" and says == "firing" and (began is None or other is None or other <= began):
        assert not heard.newer(known, told_)
