"""What happens when a document's revision falls due or its validity ends: those who keep the texts are told."""

from __future__ import annotations

from datetime import datetime

from luoshi.accounts.queries import users_of
from luoshi.clocks.models import Clock
from luoshi.clocks.registry import every, on
from luoshi.kernel import when
from luoshi.norms import index
from luoshi.norms.deadlines import EXPIRY, REVISION
from luoshi.norms.models import Instrument
from luoshi.notices import actions as notices
from luoshi.notices import kinds

_DAY = 24 * 3600  # seconds
every(_DAY, "norms.tidy_search")(index.tidy)

_FIELDS = {"文件": "区级某某实施方案", "文号": "城政发〔2024〕9号", "期限": "2027-05-09"}
_SAYS = {
    "norms.revision_due_warn": ("修订期将至", "请安排评估和修订；期满而未修订的，正文仍然有效，但会标明逾期未修订。"),
    "norms.revision_due_break": ("修订期已到", "尚未登记修订结果。请办理修订，或在文件页登记新的修订期限和理由。"),
    "norms.expiry_warn": ("有效期将满", "请研究是否延续；期满后按此文件作出的新决定将不再成立。"),
    "norms.expiry_break": ("有效期已满", "此文件已过有效期，页面与检索结果均已标明“已失效”。"),
}

for _code, (_title, _advice) in _SAYS.items():
    kinds.register(
        kinds.Kind(
            _code,
            f"文本：{_title}",
            "发给文本管理员。",
            f"{_title}：《{{文件}}》",
            f"《{{文件}}》（{{文号}}）期限 {{期限}}。{_advice}",
            _FIELDS,
        )
    )


@on(REVISION, "warn")
def revision_comes_near(clock: Clock, moment: datetime) -> None:
    _tell(clock, "norms.revision_due_warn", once=False)


@on(REVISION, "break")
def revision_is_due(clock: Clock, moment: datetime) -> None:
    _tell(clock, "norms.revision_due_break", once=True)


@on(EXPIRY, "warn")
def expiry_comes_near(clock: Clock, moment: datetime) -> None:
    _tell(clock, "norms.expiry_warn", once=False)


@on(EXPIRY, "break")
def document_has_expired(clock: Clock, moment: datetime) -> None:
    _tell(clock, "norms.expiry_break", once=True)


def _tell(clock: Clock, kind: str, *, once: bool) -> None:
    slug = clock.subject.partition(":")[2]
    instrument = Instrument.objects.get(slug=slug)
    day = f"{when.aware(clock.due_at):%Y-%m-%d}" if clock.due_at else ""
    notices.send(
        kind,
        to=users_of(None, ["editor"]),
        subject=clock.subject,
        fields={"文件": instrument.title, "文号": instrument.number, "期限": day},
        cite=clock.cite,
        link=f"/d/{slug}/",
        dedupe=f"{clock.kind}:{slug}:{day}:break:{clock.pk}" if once else "",
    )
