"""What the screens show while they are examined: a small synthetic district (演示)."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from luoshi.accounts.models import Grant, User
from luoshi.directory.models import Body
from luoshi.emergency import demo as emergency
from luoshi.kernel import when
from luoshi.norms import engine, index
from luoshi.norms.models import Instrument, InstrumentVersion, Interpretation, Pack, Provision
from luoshi.supervision.models import Duty

TEXTS = {
    "一": "演示：为老年人提供助餐、探访服务。",
    "二": "演示任务",
    "二(一)": "建设养老驿站，到二〇二五年底前不少于三处。",
    "二(二)": "对高龄独居老人定期探访。",
}

# Whom a call-out reaches.
CALLED = ("区公安分局", "移动城区分公司", "联通城区分公司")
# The plans are read from the pack; their printed text is not in this district.
ABSENT = ("/d/21/", "/d/22/")


def build() -> None:
    pack = Pack.objects.create(id="demo", district="演示县")
    lead = Body.objects.create(pack="demo", name="演示民政局", kind="department", full_name="演示县民政局")
    for n in (1, 2):
        with transaction.atomic():
            made = _instrument(pack, str(n), date(2024, n, 1))
        for k, light in enumerate(("red", "yellow", "grey", "green")):
            Duty.objects.create(
                key=f"{n}:d{k}", instrument=made, citation="1:二(一)", title=f"演示任务{n}{k}", status="confirmed",
                light=light, light_why="演示", due=when.today() + timedelta(days=10 * k - 5), source="pack", lead=lead,
            )  # fmt: skip
        Interpretation.objects.create(
            key=f"D0{n}", instrument=made, question="“定期”指多久一次？", cites=[f"{n}:二(二)"], body="演示民政局",
            options=[{"value": "month", "label": "每月"}, {"value": "quarter", "label": "每季"}], default="month",
        )  # fmt: skip


def night() -> None:
    """An incident dealt with, one that is open, drills, a table-top going on, resources: what the demo plays."""
    for name in (*sorted({body for body, *_ in emergency.POSTS.values()}), *CALLED):
        Body.objects.get_or_create(name=name, defaults={"kind": "department"})
    officer = User.objects.create_user("duty_officer", display_name="演示值班员", synthetic=True)
    Grant.objects.create(user=officer, role="duty_officer", since=date(2024, 1, 1))
    emergency.fill(seed=1, people=10)


def _instrument(pack: Pack, slug: str, on: date) -> Instrument:
    made = Instrument.objects.create(
        pack=pack,
        slug=slug,
        number=f"演政发〔2024〕{slug}号",
        title=f"演示养老方案{slug}",
        issuer="演示县人民政府",
        date=on,
    )
    text = "\n".join(TEXTS.values())
    version = InstrumentVersion.objects.create(
        instrument=made, no=1, source="演示", text=text, digest=engine.digest(slug + text), valid_from=on,
        imported_at=when.now(),
    )  # fmt: skip
    Provision.objects.bulk_create(
        Provision(version=version, path=path, label=path, text=words, order=n, depth=int("(" in path))
        for n, (path, words) in enumerate(TEXTS.items())
    )
    index.index_version(version)
    return made
