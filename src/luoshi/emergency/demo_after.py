"""What came after the demo's closed incident, a cost, a lesson, and the plans looked through. Made up throughout."""

from __future__ import annotations

from luoshi.accounts.models import User
from luoshi.emergency import after, costs, resources, upkeep
from luoshi.emergency.models import Asset, Cost, Incident, PlanDefect

VIA = "demo"


def fill(seed: int, people: int) -> None:
    """Idempotent."""
    duty = User.objects.filter(username="duty_officer", synthetic=True).first()
    if duty is None:
        return
    if not PlanDefect.objects.exists():
        upkeep.look(duty, via=VIA)
    done = Incident.objects.filter(demo=True, reviews__isnull=False).distinct().first()
    if done is None or Cost.objects.filter(incident=done).exists():
        return
    row = done.reviews.filter(kind="loss_statistics", state="open").first()
    if row is not None:
        rows = [{"what": "基站退服（虚构）", "owner": "移动城区分公司", "count": 3, "fen": 4_200_000}]
        told = {"text": "抢修及时，备份路由不足，已列入改进（虚构）", "rows": rows}
        after.save(row, told, duty, done=True, via=VIA)
    costs.add(done, "租用发电机两台（虚构）", 360_000, duty, via=VIA)
    costs.add(done, "光缆抢通人工和材料（虚构）", 1_580_000, duty, via=VIA)
    after.learn(
        "夜间叫应时有两个单位的电话不是值班电话（虚构）", duty, incident=done, action="更新通讯录（虚构）", via=VIA
    )
    asset = Asset.objects.filter(kind="generator").first()
    if asset is not None:
        resources.move(asset, "call", 2, duty, incident=done, note="备电（虚构）", via=VIA)
        resources.move(asset, "return", 2, duty, incident=done, note="完好（虚构）", via=VIA)
