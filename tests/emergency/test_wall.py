"""The command post's wall: what it shows, that it asks cheaply, and that it says so when it knows nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from luoshi.directory.models import Area
from luoshi.emergency import actions, townmap, wall, watching
from luoshi.emergency.actions import Asked
from luoshi.emergency.models import AreaShape, Incident
from luoshi.kernel import when

pytestmark = pytest.mark.django_db


def seen(incident: Incident) -> wall.Wall:
    return wall.state(Incident.objects.select_related("lane").get(pk=incident.pk))


def test_with_nothing_known_the_wall_says_what_is_asked_and_proposes_nothing(night: Any) -> None:
    made = seen(night.opens())
    assert [(line.response, line.response_note) for line in made.lines] == [("未启动", "等待分流")] * 2
    assert made.known[0][1] is None and made.groups == [] and made.told == 0


def test_a_running_response_shows_groups_tasks_and_who_has_not_answered(night: Any) -> None:
    made = seen(night.runs())
    line = next(line for line in made.lines if line.plan == "21")
    assert (line.response, line.response_light, line.ask) == ("II级", "red", [])
    assert {"综合协调组", "现场抢修组"} <= {group.name for group in made.groups}
    assert sum(group.open for group in made.groups) > 0
    assert made.told > 0 and len(made.silent) + made.silent_more == made.told - made.answered


@pytest.mark.clause("21:4.1/p1s3")
def test_a_late_clock_stands_first_and_a_measured_one_is_never_late(night: Any) -> None:
    from luoshi.clocks import actions as clocks
    from luoshi.emergency import reporting

    incident = night.runs()
    reporting.report(
        incident,
        reporting.Draft("oral", ["区委、区政府"], {"影响的范围": "北石店镇（虚构）"}, upward=False),
        night.duty,
        Asked(),
    )
    with when.at(when.now() + timedelta(minutes=31)):
        while clocks.tick(when.now()):
            pass
        made = seen(incident)
    assert made.clocks[0].state == "late" and made.clocks[0].due is not None
    assert all(clock.state != "late" for clock in made.clocks if clock.due is None)


def test_an_unchanged_wall_answers_304_and_any_act_changes_its_stamp(night: Any, client: Client) -> None:
    incident = night.opens()
    client.force_login(night.duty)
    url = f"/emergency/wall/{incident.pk}/news/"
    first = client.get(url)
    assert first.status_code == 200
    watching.forget()
    again = client.get(url, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for act in (lambda: night.says(stage="occurred"), lambda: night.triages("21"),
                lambda: actions.note(night.at, "到达现场", night.duty, Asked())):  # fmt: skip
        before = wall.stamp(incident.pk)
        act()
        assert wall.stamp(incident.pk) != before
    watching.forget()
    assert client.get(url, headers={"If-None-Match": first["ETag"]}).status_code == 200


def test_screens_that_look_together_share_one_drawing_whose_clocks_go_on(
    night: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident, drawn, state = night.opens(), [], wall.state
    monkeypatch.setattr(wall, "state", lambda one: drawn.append(one) or state(one))
    client.force_login(night.duty)
    url = f"/emergency/wall/{incident.pk}/news/"
    watching.forget()
    first = client.get(url)
    with when.at(when.now() + timedelta(minutes=5)):
        again = client.get(url)
        moment = when.now()
    assert len(drawn) == 1 and first["ETag"] == again["ETag"]
    assert f'data-now="{moment.isoformat()}"' in again.content.decode() and watching.NOW not in again.content.decode()
    from luoshi.accounts.models import User

    client.force_login(User.objects.create(username="nobody"))
    assert client.get(url).status_code == 403, "a drawing that is there is shown to nobody who may not look"


def test_asking_costs_a_fixed_number_of_queries_however_long_the_log(night: Any, client: Client) -> None:
    night.runs()
    client.force_login(night.duty)
    counts = []
    for _ in range(2):
        for i in range(30):
            actions.note(night.at, f"记事 {i}", night.duty, Asked())
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/emergency/wall/{night.at.pk}/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 45
    with CaptureQueriesContext(connection) as queries:
        wall.stamp(night.at.pk)
    assert len(queries) <= 8


def test_the_page_reads_without_scripts_and_stays_when_the_line_is_gone(night: Any, client: Client) -> None:
    incident = night.runs()
    client.force_login(night.duty)
    page = client.get(f"/emergency/wall/{incident.pk}/").content.decode()
    assert '<noscript><meta http-equiv="refresh"' in page
    assert 'id="gone" role="alert" hidden' in page and "综合协调组" in page
    assert client.get("/emergency/wall/").status_code == 302, "the only open incident is put on the wall at once"


def test_who_may_not_read_incidents_sees_no_wall(night: Any, client: Client) -> None:
    incident = night.opens()
    assert client.get(f"/emergency/wall/{incident.pk}/news/").status_code == 302
    from luoshi.accounts.models import User

    client.force_login(User.objects.create(username="nobody"))
    assert client.get(f"/emergency/wall/{incident.pk}/").status_code == 403


def test_without_outlines_the_map_is_boxes_and_says_so(night: Any) -> None:
    Area.objects.create(code="t1", name="北石店镇", sort="town", body=None)
    Area.objects.create(code="t2", name="演练甲街道", sort="town", body=None)
    incident = night.opens()
    night.says(towns_affected=["北石店镇人民政府", "名录外街道（虚构）"])
    made = townmap.of(night.at, {"towns_affected": ["北石店镇人民政府", "名录外街道（虚构）"]})
    assert made.caption == townmap.BOXES and "不表示位置" in made.caption
    assert (made.hit, made.others) == (["北石店镇", "名录外街道（虚构）"], ["演练甲街道"])
    assert "名录中没有，事件中提到" in made.svg and not made.unknown
    assert incident.places == ["北石店镇"]


def test_outlines_are_drawn_only_when_every_town_has_one(night: Any) -> None:
    ring = [[112_850_000, 35_480_000], [112_870_000, 35_480_000], [112_870_000, 35_500_000], [112_850_000, 35_480_000]]
    one = Area.objects.create(code="t1", name="北石店镇", sort="town")
    two = Area.objects.create(code="t2", name="演练甲街道", sort="town")
    AreaShape.objects.create(area=one, rings=[ring], source="测绘成果（虚构）", by="甲")
    night.opens()
    assert townmap.of(night.at, {}).caption == townmap.BOXES
    AreaShape.objects.create(area=two, rings=[[[x + 30_000, y] for x, y in ring]], source="测绘成果（虚构）", by="甲")
    made = townmap.of(night.at, {})
    assert made.caption == "轮廓来源：测绘成果（虚构）" and "<path" in made.svg


def test_a_name_from_outside_cannot_bring_markup_into_the_map(night: Any) -> None:
    night.opens()
    made = townmap.of(night.at, {"towns_affected": ['<script>alert("x")</script>']})
    assert "<script>" not in made.svg


def test_outlines_are_brought_in_all_or_none_with_their_source(night: Any, client: Client) -> None:
    import json

    from luoshi.emergency import shapes
    from luoshi.kernel.errors import BadInput

    Area.objects.create(code="t1", name="北石店镇", sort="town")
    ring = [[112.85, 35.48], [112.87, 35.48], [112.87, 35.5], [112.85, 35.48]]

    def file(name: str, points: Any = ring) -> bytes:
        geometry = {"type": "Polygon", "coordinates": [points]}
        feature = {"type": "Feature", "properties": {"name": name}, "geometry": geometry}
        return json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()

    for bad in (file("别处"), file("北石店镇", [[1, 2]]), file("北石店镇", [[999, 0]] * 4), b"{", b"[]"):
        with pytest.raises(BadInput):
            shapes.bring_in(bad, "测绘成果（虚构）", night.duty)
    with pytest.raises(BadInput):
        shapes.bring_in(file("北石店镇"), " ", night.duty)
    assert not AreaShape.objects.exists()
    assert shapes.bring_in(file("北石店镇"), "测绘成果（虚构）", night.duty) == 1
    assert AreaShape.objects.get().rings[0][0] == [112_850_000, 35_480_000]
    client.force_login(night.duty)
    assert client.get("/emergency/wall/shapes/").status_code == 200
