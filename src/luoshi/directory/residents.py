"""Reads of the register of residents: whom one may see, by area and age, at the district's size."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db.models import Q, QuerySet

from luoshi.directory.engine import born_until
from luoshi.directory.models import Area, Resident
from luoshi.kernel import when
from luoshi.kernel.masking import mask_id, mask_name, mask_phone

VIEW, PERSONAL = "directory.residents", "directory.resident_personal"
# What can be read in full with a reason, and how it is shown without one.
FIELDS = {"name": "姓名", "id_number": "身份证号", "phone": "电话", "address": "住址"}
BANDS = {"0-6": (0, 6), "7-17": (7, 17), "18-59": (18, 59), "60-69": (60, 69), "70-79": (70, 79), "80-": (80, None)}


def visible(user: Any, permission: str = VIEW) -> QuerySet[Resident]:
    """Residents of the areas for which `user` holds `permission`; those who left the register are not among them."""
    rows = Resident.objects.filter(left_on__isnull=True).select_related("area")
    areas = user.areas(permission)
    return rows if areas is None else rows.filter(area__in=areas)


def aged(rows: QuerySet[Resident], least: int | None, greatest: int | None) -> QuerySet[Resident]:
    """Those who are from `least` to `greatest` years old today, both included; None = no bound."""
    today = when.today()
    if least is not None:
        rows = rows.filter(born__lte=born_until(least, today))
    if greatest is not None:
        rows = rows.filter(born__gt=born_until(greatest + 1, today))
    return rows


def around(name: str) -> Collection[int]:
    """The areas called `name` (or coded so) and those within them, three levels down."""
    found = set(Area.objects.filter(Q(name=name) | Q(code=name)).values_list("pk", flat=True))
    edge = found
    for _ in range(3):
        edge = set(Area.objects.filter(parent__in=edge).values_list("pk", flat=True)) - found
        found |= edge
    return found


def masked(row: Resident) -> dict[str, str]:
    """The personal data of a resident as people see it who have not said why they need it."""
    return {
        "name": mask_name(row.name),
        "id_number": mask_id(row.id_number),
        "phone": mask_phone(row.phone),
        "address": mask_address(row.address),
    }


def mask_address(address: str) -> str:
    """An address keeps its first half at most, and no digit: which building is what must not be read."""
    kept = address.strip()[: len(address.strip()) // 2]
    return "".join("*" if c.isdigit() else c for c in kept) + "****" if kept else "****" if address.strip() else ""
