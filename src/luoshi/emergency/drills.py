"""What people do about drills: keep a scenario, run it at once, and the library they choose from."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from luoshi.emergency import drilling, paper, scenarios
from luoshi.emergency.models import DrillRun, Scenario
from luoshi.emergency.scenarios import Checked
from luoshi.faces import nav
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput
from luoshi.ledger.actions import append, recording
from luoshi.norms import factfile

SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
SHIPPED, OWN = "随规范包", "本单位编写"


@dataclass(frozen=True, slots=True)
class Listed:
    """A scenario of the library."""

    name: str
    title: str
    note: str
    plans: tuple[str, ...]
    origin: str
    entries: int
    version: int = 1

    @property
    def own(self) -> bool:
        return self.origin == OWN


def register() -> None:
    nav.register("演练", "emergency:drills", "emergency.read", "应急", 560)


def listed() -> list[Listed]:
    """Every scenario that can be run: those of the packs, then those written here. One query."""
    return [*_shipped(), *(_listed(s.name, _told(s.text), OWN, s.version) for s in Scenario.objects.order_by("name"))]


@lru_cache(maxsize=1)
def _shipped() -> tuple[Listed, ...]:
    found = scenarios.shipped()
    return tuple(_listed(name, factfile.mapping(str(path)), SHIPPED) for name, path in found.items())


def _listed(name: str, told: dict[str, Any], origin: str, version: int = 1) -> Listed:
    plans = tuple(str(slug) for slug in told.get("plans") or ("21", "22"))
    return Listed(
        name, str(told.get("name", name)), str(told.get("note", "")), plans, origin, len(told["timeline"]), version
    )


def _told(text: str) -> dict[str, Any]:
    return scenarios.read(text.encode(), "").told


def text_of(name: str) -> tuple[str, str]:
    """The text of a scenario and where it is from. BadInput when there is none of that name."""
    own = Scenario.objects.filter(name=name).first()
    if own is not None:
        return own.text, OWN
    path = scenarios.shipped().get(name)
    if path is None:
        raise BadInput("没有这个演练脚本", field="scenario")
    return path.read_text(encoding="utf-8"), SHIPPED


def checked(name: str) -> Checked:
    """A scenario of the library, read and tried. BadInput naming the first faulty line."""
    text, _ = text_of(name)
    return _usable(scenarios.read(text.encode(), name))


def _usable(found: Checked) -> Checked:
    if found.problems:
        first = found.problems[0]
        more = f"，另有 {len(found.problems) - 1} 处" if len(found.problems) > 1 else ""
        raise BadInput(f"{first.reason}{more}", line=first.line or None, field="text", file=first.file)
    return found


def keep(name: str, text: str, user: Any, *, via: str = "web", version: int | None = None) -> Scenario:
    """Keep a scenario under `name`; one that does not run is not kept. `version`: as the writer saw it."""
    if not SLUG.fullmatch(name):
        raise BadInput("名称用小写字母、数字和连字符，如 22-night-flood", field="name")
    if name in ("new", "runs"):
        raise BadInput("这个名称另有用处，请换一个", field="name")
    if name in scenarios.shipped():
        raise BadInput("自带的脚本不能改，请另取名称", field="name")
    found = _usable(scenarios.read(text.encode(), name))
    with recording():
        row = Scenario.objects.select_for_update().filter(name=name).first()
        if row is not None and version is None:
            raise BadInput("已有同名脚本，请打开它再改，或另取名称", field="name")
        if row is not None and version != row.version:
            raise BadInput(f"脚本刚刚由{row.by}改过，请看过新版本再改", field="text")
        if row is not None and row.digest == found.digest:
            return row
        row = row or Scenario(name=name, version=0)
        row.title, row.text, row.digest, row.plans = found.title, found.text, found.digest, found.plans
        row.version += 1
        row.by, row.at = user.as_actor(via).name, when.now()
        row.save()
        data = {"title": row.title, "sm3": row.digest, "version": row.version, "entries": len(found.told["timeline"])}
        append("emergency.scenario_kept", by=user.as_actor(via), subject=f"scenario:{name}", data=data)
    return row


def run(name: str, user: Any, *, via: str = "web") -> DrillRun:
    """Run a scenario of the library on virtual time and keep its score. Nothing leaves the machine."""
    return run_text(name, checked(name), user.as_actor(via), user=user)


def run_text(name: str, found: Checked, by: Actor, *, user: Any = None) -> DrillRun:
    began = when.now()
    result = drilling.run(_usable(found).told, file=name)
    result["held_on"] = began.date().isoformat()
    kept = json.loads(factfile.to_json(result))
    with recording():
        row = DrillRun.objects.create(
            name=result["drill"], scenario=name, text=found.text, mode="script", plans=result["plans"], state="done",
            result={key: value for key, value in kept.items() if key != "score"}, score=kept["score"],
            started_at=began, ended_at=when.now(), by=by.name, user=user,
        )  # fmt: skip
        seal(row, by, found.digest)
    return row


def seal(row: DrillRun, by: Actor, digest: str) -> None:
    """The ledger keeps which scenario was run and what came of it."""
    score = row.score
    data = {
        "exercise": True, "name": row.name, "scenario": row.scenario, "sm3": digest, "mode": row.mode,
        "plans": row.plans, "done": score["done"], "of": score["of"], "counts": score["counts"],
    }  # fmt: skip
    append("emergency.drilled", by=by, subject=f"drill:{row.pk}", data=data)


def sheet(row: DrillRun) -> bytes:
    """The score sheet of a drill as .docx, to be signed."""
    return paper.sheet({**row.result, "score": row.score})


def sheet_name(run: DrillRun) -> str:
    """Under which name the sheet is saved."""
    return f"演练评估表-{run.name[:60]}-{run.started_at:%Y%m%d}.docx"
