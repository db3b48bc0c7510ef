"""Keeping the directory true: names of bodies, posts and who holds them, areas. One act, one ledger entry."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import transaction

from luoshi.directory import queries
from luoshi.directory.models import (
    ALIAS_SORTS,
    AREA_SORTS,
    Area,
    Body,
    BodyAlias,
    Holding,
    Person,
    Post,
    Resident,
    Succession,
)
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append


def change_person(person: Person, *, by: Actor, name: str, phone: str | None, body: Body | None) -> Person:
    """Correct a person's entry. `phone` None leaves the number; the ledger notes that it changed, never the number."""
    name = _needed(name, "name", "请填写姓名")
    with transaction.atomic():
        locked = Person.objects.select_for_update().get(pk=person.pk)
        changed = [
            word
            for word, old, new in (
                ("name", locked.name, name),
                ("phone", locked.phone, locked.phone if phone is None else phone.strip()),
                ("body", locked.body_id, body.pk if body else None),
            )
            if old != new
        ]
        if not changed:
            raise Refused("没有任何改动")
        locked.name, locked.body = name[:80], body
        locked.phone = locked.phone if phone is None else phone.strip()
        locked.save()
        data = {"changed": changed, "body": body.name if body else None}
        append("directory.person_changed", by=by, subject=f"person:{person.pk}", data=data)
    return locked


def add_post(body: Body, title: str, *, by: Actor, head: bool = False, stand_in: Post | None = None) -> Post:
    """A post of a body. Who stands in must be a post of the same body."""
    title = _needed(title, "title", "请填写岗位名称")[:80]
    _fitting(body, None, stand_in)
    with transaction.atomic():
        if Post.objects.filter(body=body, title=title).exists():
            raise BadInput("这个机构已有同名岗位", field="title")
        post = Post.objects.create(body=body, title=title, head=head, stand_in=stand_in)
        data = {"body": body.name, "title": title, "head": head, "stand_in": stand_in.title if stand_in else None}
        append("directory.post_added", by=by, subject=f"body:{body.pk}", data=data)
    return post


def change_post(post: Post, *, by: Actor, title: str, head: bool, stand_in: Post | None) -> Post:
    title = _needed(title, "title", "请填写岗位名称")[:80]
    _fitting(post.body, post, stand_in)
    with transaction.atomic():
        locked = Post.objects.select_for_update().get(pk=post.pk)
        if Post.objects.filter(body=locked.body_id, title=title).exclude(pk=post.pk).exists():
            raise BadInput("这个机构已有同名岗位", field="title")
        before = {"title": locked.title, "head": locked.head, "stand_in": locked.stand_in_id}
        locked.title, locked.head, locked.stand_in = title, head, stand_in
        locked.save()
        after = {"title": title, "head": head, "stand_in": locked.stand_in_id}
        append("directory.post_changed", by=by, subject=f"body:{locked.body_id}", data={"before": before, **after})
    return locked


def _fitting(body: Body, post: Post | None, stand_in: Post | None) -> None:
    if stand_in is None:
        return
    if stand_in.body_id != body.pk:
        raise BadInput("代行的岗位应属于同一机构", field="stand_in")
    seen, current = {post.pk if post else None}, stand_in
    while current is not None:
        if current.pk in seen:
            raise BadInput("代行关系绕成了一圈", field="stand_in")
        seen.add(current.pk)
        current = current.stand_in  # type: ignore[assignment]


def leave(holding: Holding, *, by: Actor, until: date) -> Holding:
    """The holder leaves the post after `until` (the last day); the row stays."""
    with transaction.atomic():
        locked = Holding.objects.select_for_update().select_related("post__body").get(pk=holding.pk)
        if locked.until is not None:
            raise Refused("这项任职已经结束")
        if until < locked.since:
            raise BadInput("离任日期早于任职日期", field="until")
        locked.until = until
        locked.save(update_fields=["until"])
        data = {"post": str(locked.post), "until": until}
        append("directory.left", by=by, subject=f"person:{locked.person_id}", data=data)
    return locked


def add_alias(body: Body, name: str, *, by: Actor, sort: str = "alias", document: str = "", note: str) -> BodyAlias:
    """Another way documents print the body. Refused where the same words already mean another body there."""
    name, note = _needed(name, "name", "请填写写法")[:200], _needed(note, "note", "请写明依据")
    document = document.strip()[:40]
    if sort not in ALIAS_SORTS:
        raise BadInput("没有这种性质", field="sort")
    with transaction.atomic():
        meant = queries.resolve(name, None, body.pack, document=document)
        others = BodyAlias.objects.filter(name=name, document=document, body__pack=body.pack).exclude(body=body)
        other = others.select_related("body").first()
        if (meant is not None and meant != body) or other is not None:
            raise Refused(f"“{name}”已经指“{other.body if other else meant}”，一个写法只能指一个机构")
        row, made = BodyAlias.objects.get_or_create(body=body, name=name, sort=sort, document=document)
        if not made:
            raise Refused("这个写法已经登记")
        data = {"body": body.name, "name": name, "sort": sort, "document": document, "note": note}
        append("directory.alias_added", by=by, subject=f"body:{body.pk}", data=data)
    queries.forget()
    return row


def remove_alias(alias: BodyAlias, *, by: Actor, note: str) -> None:
    note = _needed(note, "note", "请写明依据")
    with transaction.atomic():
        data = {"body": alias.body.name, "name": alias.name, "sort": alias.sort, "note": note}
        if not BodyAlias.objects.filter(pk=alias.pk).delete()[0]:
            raise Refused("这个写法已经删除")
        append("directory.alias_removed", by=by, subject=f"body:{alias.body_id}", data=data)
    queries.forget()


def add_succession(
    old: Body, new: Body, *, by: Actor, function: str = "", since: date | None = None, note: str = ""
) -> Succession:
    """Propose that a function passed from one body to another. It routes nothing until somebody confirms it."""
    if old == new:
        raise BadInput("承接单位不能是它自己", field="new")
    function = function.strip()[:120]
    with transaction.atomic():
        values = {"since": since, "note": note.strip()}
        row, made = Succession.objects.get_or_create(old=old, new=new, function=function, defaults=values)
        if not made:
            raise Refused("这条承接关系已经登记")
        data = {"old": old.name, "new": new.name, "function": function, "since": since, "note": note.strip()}
        append("directory.succession_added", by=by, subject=f"body:{old.pk}", data=data)
    queries.forget()
    return row


def add_area(
    code: str,
    name: str,
    sort: str,
    *,
    by: Actor,
    parent: Area | None = None,
    body: Body | None = None,
    full_name: str = "",
    valid_from: date | None = None,
    note: str,
) -> Area:
    """A territory nobody has entered yet; a change of one that is there is `new_version`."""
    code, name = _needed(code, "code", "请填写编码")[:32], _needed(name, "name", "请填写名称")[:120]
    note = _needed(note, "note", "请写明依据")
    if sort not in AREA_SORTS:
        raise BadInput("没有这个层级", field="sort")
    pack = parent.pack if parent else "jccq"
    with transaction.atomic():
        if Area.objects.filter(pack=pack, code=code).exists():
            raise BadInput("这个编码已有区域；边界或归属有变化，请在它的页面上登记调整", field="code")
        row = Area.objects.create(
            pack=pack, code=code, name=name, full_name=full_name.strip(), sort=sort, parent=parent, body=body,
            valid_from=valid_from,
        )  # fmt: skip
        data = {"code": code, "name": name, "sort": sort, "parent": parent.code if parent else None, "note": note}
        append("directory.area_added", by=by, subject=f"area:{row.pk}", data=data)
    return row


def new_version(area: Area, *, by: Actor, since: date, note: str, **values: Any) -> Area:
    """The area from `since` on: what it was until the day before stays as its own row.

    `values`: name, full_name, parent, body; what is not given stays. Limits go along only as words, to be settled anew.
    """
    note = _needed(note, "note", "请写明依据")
    with transaction.atomic():
        old = Area.objects.select_for_update().get(pk=area.pk)
        latest = Area.objects.filter(pack=old.pack, code=old.code).exclude(pk=old.pk)
        if old.valid_until is not None or latest.filter(valid_from__gt=old.valid_from or date.min).exists():
            raise Refused("只能在现行的一条上登记调整")
        if old.valid_from is not None and since <= old.valid_from:
            raise BadInput("生效日期应晚于上一次调整", field="since")
        kept = {name: getattr(old, name) for name in ("name", "full_name", "parent", "body")}
        after = kept | {name: value for name, value in values.items() if name in kept}
        after["name"] = _needed(after["name"], "name", "请填写名称")
        if after["parent"] is not None and after["parent"].code == old.code:
            raise BadInput("上级区域不能是它自己", field="parent")
        limits = [{"side": one.get("side", ""), "text": one.get("text", "")} for one in old.limits]
        old.valid_until = since - timedelta(days=1)
        old.save(update_fields=["valid_until"])
        row = Area.objects.create(
            pack=old.pack,
            code=old.code,
            sort=old.sort,
            valid_from=since,
            limits=limits,
            synthetic=old.synthetic,
            **after,
        )
        old.children.filter(valid_until__isnull=True).update(parent=row)
        moved = Resident.everyone.filter(area=old).update(area=row)
        data = {
            "code": old.code,
            "since": since,
            "note": note,
            "before": {name: str(value or "") for name, value in kept.items()},
            "after": {name: str(value or "") for name, value in after.items()},
            "residents": moved,
        }
        append("directory.area_changed", by=by, subject=f"area:{row.pk}", data=data)
    return row


SIDES = {"east": "东", "west": "西", "south": "南", "north": "北"}


def word_limit(area: Area, side: str, text: str, *, by: Actor, note: str) -> None:
    """Enter or correct the words of one side's limit; whether that line is inside must then be settled (again)."""
    text, note = _needed(text, "text", "请填写该侧至何处"), _needed(note, "note", "请写明依据")
    if side not in SIDES:
        raise BadInput("请选择方位", field="side")
    with transaction.atomic():
        locked = Area.objects.select_for_update().get(pk=area.pk)
        before = next((one.get("text", "") for one in locked.limits if one.get("side") == side), "")
        if before == text:
            raise Refused("没有任何改动")
        rest = [one for one in locked.limits if one.get("side") != side]
        made = [*rest, {"side": side, "text": text, "inclusion": "unresolved"}]
        locked.limits = sorted(made, key=lambda one: list(SIDES).index(one["side"]))
        locked.save(update_fields=["limits"])
        data = {"side": side, "before": before, "text": text, "note": note, "at": when.now()}
        append("directory.limit_worded", by=by, subject=f"area:{area.pk}", data=data)
    area.limits = locked.limits


def _needed(text: str, field: str, reason: str) -> str:
    text = " ".join(text.split())
    if not text:
        raise BadInput(reason, field=field)
    return text
