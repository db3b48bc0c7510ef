"""One row of the register of residents put right: by somebody of its area, with a reason, the old value kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from luoshi.directory import residents
from luoshi.directory.engine import check_digit
from luoshi.directory.models import SEXES, Area, Resident, ResidentChange
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append

CORRECT = "directory.resident_correct"
EMPTY = "无"  # what is typed to say that nothing is to stand there
LABELS = {
    **residents.FIELDS, "sex": "性别", "born": "出生日期", "household": "户号", "area": "村（社区）", "left_on": "注销",
}  # fmt: skip
LENGTHS = {"name": 80, "phone": 40, "address": 200, "household": 24}
CLEARABLE = ("id_number", "phone", "address", "household")
EARLIEST = date(1880, 1, 1)


def correct(row: Resident, user: Any, given: Mapping[str, Any], *, reason: str, via: str = "web") -> list[str]:
    """Change what `given` names and leave the rest; returns the labels of what changed.

    Nothing personal goes into the ledger: it names the columns and the reason, and `ResidentChange` keeps what stood
    there. BadInput names the column; Refused outside the person's areas, or when nothing would change.
    """
    if len(reason.strip()) < 2:
        raise BadInput("请写明更正的理由和依据", field="reason")
    if not residents.visible(user, CORRECT).filter(pk=row.pk).exists():
        raise Refused("只能更正您授权区域内、没有注销的居民")
    wanted = {name: _tidy(name, value) for name, value in given.items() if name in LABELS and value not in (None, "")}
    by: Actor = user.as_actor(via)
    with transaction.atomic():
        found = Resident.objects.select_for_update().get(pk=row.pk)
        changed = {name: value for name, value in wanted.items() if value != getattr(found, name)}
        if not changed:
            raise BadInput("没有填写与现在不同的内容")
        _sound(found, changed, user)
        _keep(found, changed, reason.strip(), by)
    row.refresh_from_db()
    return [LABELS[name] for name in changed]


def _tidy(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.strip()
    if name in CLEARABLE and text == EMPTY:
        return ""
    return text.upper().replace(" ", "") if name == "id_number" else text


def _sound(found: Resident, changed: Mapping[str, Any], user: Any) -> None:
    for name, most in LENGTHS.items():
        if len(changed.get(name, "")) > most:
            raise BadInput(f"最多 {most} 字", field=name)
    if "sex" in changed and changed["sex"] not in SEXES:
        raise BadInput("应为男或女", field="sex")
    number, born = changed.get("id_number", found.id_number), changed.get("born", found.born)
    if "id_number" in changed and number:
        _number(number)
    if "born" in changed and not EARLIEST <= born <= when.today():
        raise BadInput("不是一个可能的出生日期", field="born")
    if number and {"id_number", "born"} & set(changed) and number[6:14] != f"{born:%Y%m%d}":
        raise BadInput("出生日期与身份证号里的不一致，请一并更正", field="born" if "born" in changed else "id_number")
    if "left_on" in changed and not found.born <= changed["left_on"] <= when.today():
        raise BadInput("注销日期应在出生之后、今天之前", field="left_on")
    if "area" in changed:
        _area(changed["area"], user)


def _number(number: str) -> None:
    if len(number) != 18 or not (number[:17].isascii() and number[:17].isdigit()):
        raise BadInput("应为 18 位", field="id_number")
    if check_digit(number[:17]) != number[17]:
        raise BadInput("末位校验不符，请核对", field="id_number")
    if number.startswith("000000") and not settings.DEMO:
        raise BadInput("是演示数据的号码，不能进入正式底册", field="id_number")


def _area(area: Area, user: Any) -> None:
    if area.sort not in ("community", "village"):
        raise BadInput("应填村或社区", field="area")
    allowed = user.areas(CORRECT)
    if allowed is not None and area.pk not in allowed:
        raise Refused("只能改到您授权区域内的村（社区）；迁到别处的，请填注销日期")


def _keep(found: Resident, changed: Mapping[str, Any], reason: str, by: Actor) -> None:
    ResidentChange.objects.bulk_create(
        ResidentChange(
            resident=found, field=name, before=_words(getattr(found, name)), after=_words(value), reason=reason[:500],
            by=by.name, user=by.user_id, at=when.now(),
        )
        for name, value in changed.items()
    )  # fmt: skip
    for name, value in changed.items():
        setattr(found, name, value)
    try:
        with transaction.atomic():
            found.save(update_fields=list(changed))
    except IntegrityError:
        raise BadInput("底册里已有这个号码", field="id_number") from None
    data = {"fields": [LABELS[name] for name in changed], "reason": reason}
    append("directory.resident_corrected", by=by, subject=f"resident:{found.pk}", data=data)


def _words(value: Any) -> str:
    return value.code if isinstance(value, Area) else value.isoformat() if isinstance(value, date) else str(value or "")
