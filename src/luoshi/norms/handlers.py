"""What happens when a document's revision falls due or its validity ends: those who keep the texts are told."""

from __future__ import annotations

from datetime import datetime

from luoshi.accounts.queries import users_of
from luoshi.clocks.models import Clock
from luoshi.clocks.registry import every, on
from luoshi.norms import index
from luoshi.norms.deadlines import EXPIRY, REVISION
from luoshi.norms.models import Instrument
from luoshi.notices import actions as notices

_DAY = 24 * 3600  # seconds
every(_DAY, "norms.tidy_search")(index.tidy)

_SAYS = {
    (REVISION, "warn"): ("修订期将至", "请安排评估和修订；期满而未修订的，正文仍然有效，但会标明逾期未修订。"),
    (REVISION, "break"): ("修订期已到", "尚未登记修订结果。请办理修订，或在文件页登记新的修订期限和理由。"),
    (EXPIRY, "warn"): ("有效期将满", "请研究是否延续；期满后按此文件作出的新决定将不再成立。"),
    (EXPIRY, "break"): ("有效期已满", "此文件已过有效期，页面与检索结果均已标明“已失效”。"),
}


@on(REVISION, "warn")
def revision_comes_near(clock: Clock, moment: datetime) -> None:
    _tell(clock, "warn")


@on(REVISION, "break")
def revision_is_due(clock: Clock, moment: datetime) -> None:
    _tell(clock, "break")


@on(EXPIRY, "warn")
def expiry_comes_near(clock: Clock, moment: datetime) -> None:
    _tell(clock, "warn")


@on(EXPIRY, "break")
def document_has_expired(clock: Clock, moment: datetime) -> None:
    _tell(clock, "break")


def _tell(clock: Clock, event: str) -> None:
    slug = clock.subject.partition(":")[2]
    instrument = Instrument.objects.get(slug=slug)
    title, advice = _SAYS[clock.kind, event]
    day = f"{clock.due_at:%Y-%m-%d}" if clock.due_at else ""
    notices.send(
        clock.kind,
        to=users_of(None, ["editor"]),
        subject=clock.subject,
        title=f"{title}:《{instrument.title}》",
        body=f"《{instrument.title}》（{instrument.number}）期限 {day}。{advice}",
        cite=clock.cite,
        link=f"/d/{slug}/",
        dedupe=f"{clock.kind}:{slug}:{day}:{event}:{clock.pk}" if event == "break" else "",
    )
