"""The words each kind of notice is sent with: the room's own, until somebody named writes others for this district."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger import actions as ledger
from luoshi.notices import kinds
from luoshi.notices.kinds import Kind
from luoshi.notices.models import Wording


@dataclass(frozen=True, slots=True)
class InForce:
    """What a kind is sent with now. `changed`: the district's own words, else None; `version` 0 until first changed."""

    kind: Kind
    title: str
    body: str
    version: int = 0
    changed: Wording | None = None


def of(kind: Kind) -> InForce:
    """The wording in force. One query."""
    return _in_force(kind, Wording.objects.filter(kind=kind.code).first())


def all_in_force() -> list[InForce]:
    """Every kind with its wording. One query."""
    changed = {row.kind: row for row in Wording.objects.all()}
    return [_in_force(kind, changed.get(kind.code)) for kind in kinds.known()]


def _in_force(kind: Kind, row: Wording | None) -> InForce:
    if row is None or not row.title:
        return InForce(kind, kind.title, kind.body, row.version if row else 0)
    return InForce(kind, row.title, row.body, row.version, row)


def render(code: str, values: Mapping[str, object]) -> tuple[str, str]:
    """(title, body) of a message of this kind. ValueError for a kind nobody declared: a fault of the caller."""
    kind = kinds.find(code)
    if kind is None:
        raise ValueError(f"no wording is registered for notices of kind {code!r}")
    now = of(kind)
    return kinds.fill(now.title, values), kinds.fill(now.body, values)


def example(kind: Kind, title: str, body: str) -> tuple[str, str]:
    """How a wording would read, filled with the kind's examples. BadInput when it cannot be used."""
    kinds.check(kind, title, body)
    return kinds.fill(title, kind.fields), kinds.fill(body, kind.fields)


def write(kind: Kind, title: str, body: str, *, reason: str, by: Actor, version: int | None = None) -> Wording:
    """Use these words from now on; messages already sent keep theirs. Writes one ledger entry."""
    title, body = title.strip(), body.strip()
    kinds.check(kind, title, body)
    return _keep(kind, title, body, "notices.wording_written", reason, by, version)


def reset(kind: Kind, *, reason: str, by: Actor, version: int | None = None) -> Wording:
    """Back to the words the product came with. Writes one ledger entry."""
    return _keep(kind, "", "", "notices.wording_reset", reason, by, version)


def _keep(kind: Kind, title: str, body: str, act: str, reason: str, by: Actor, version: int | None) -> Wording:
    if not reason.strip():
        raise BadInput("请写明理由", field="reason")
    with ledger.recording():
        row, _ = Wording.objects.select_for_update().get_or_create(kind=kind.code, defaults={"by_name": by.name})
        before = _in_force(kind, row)
        if version is not None and version != row.version:
            raise Refused(f"这条用语刚刚由{row.by_name}改过，请看过现在的文字再改")
        if (before.title, before.body) == ((title, body) if title else (kind.title, kind.body)):
            raise Refused("与现在的用语相同，没有需要保存的改动")
        row.title, row.body, row.by_name, row.at = title, body, by.name, when.now()
        row.version += 1
        row.save()
        after = _in_force(kind, row)
        ledger.append(
            act,
            by=by,
            subject=f"wording:{kind.code}",
            data={
                "before": {"title": before.title, "body": before.body},
                "after": {"title": after.title, "body": after.body},
                "reason": reason.strip(),
            },
        )
    return row
