"""Which acts a case offers now, in the order a person would do them. Pure; the rules still have the last word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

INTAKE, COMMAND = "intake", "command"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one plan of an incident stands. Levels as the rules give them now; "" = none."""

    triage: str = ""
    chosen: bool | None = None
    warning_level: str = ""
    response_level: str = ""
    warned: str = ""  # the level of the warning issued
    warning_waits: str = ""  # proposed | confirmed
    running: str = ""  # the level that runs
    assisting: bool = False
    agreed: bool = False
    response_waits: str = ""  # proposed | confirmed
    waiting_level: str = ""
    needs_confirm: bool = False
    warning_needs_confirm: bool = False
    ended: bool = False
    threat: bool = False  # it may yet happen: warn first, a response is the exception


@dataclass(frozen=True, slots=True)
class Offer:
    """An act on offer. `who` intake|command; `main`: the next thing to do."""

    code: str
    label: str
    who: str
    main: bool = False


def offers(at: Standing) -> list[Offer]:
    if not at.triage:
        return [Offer("triage", "分流", INTAKE, True)]
    if at.triage != "true":
        return [Offer("triage", "重新分流", INTAKE)]
    if at.chosen is False:
        return [Offer("choose", "重新选定预案", INTAKE)]
    return [*_warning(at), *_response(at), Offer("triage", "重新分流", INTAKE)]


def _warning_first(at: Standing) -> bool:
    """One next thing at a time: what has happened asks for a response, what threatens for a warning."""
    return bool(at.warning_level) and not (at.running or at.ended or _response_first(at))


def _response_first(at: Standing) -> bool:
    return bool(at.response_level) and not at.ended and not (at.threat and at.warning_level and not at.warned)


def leading(offered: Sequence[Sequence[Offer]]) -> list[list[Offer]]:
    """The acts of all plans with one next thing for each hand: the first keeps its weight, the others wait."""
    led: set[str] = set()
    made = []
    for offers_ in offered:
        row = []
        for offer in offers_:
            row.append(replace(offer, main=offer.main and offer.who not in led))
            led |= {offer.who} if offer.main else set()
        made.append(row)
    return made


def _warning(at: Standing) -> Iterator[Offer]:
    if at.warning_waits:
        confirm = at.warning_needs_confirm and at.warning_waits == "proposed"
        if confirm:
            yield Offer("confirm_warning", "核定预警", COMMAND, True)
        else:
            yield Offer("issue_warning", "调整预警" if at.warned else "发布预警", COMMAND, True)
        yield Offer("drop_warning", "不发布", COMMAND)
    elif not at.warned:
        yield Offer("propose_warning", "建议预警", INTAKE, _warning_first(at))
    if at.warned:
        if not at.warning_waits:
            changed = bool(at.warning_level) and at.warning_level != at.warned
            yield Offer("propose_warning", "建议调整预警", INTAKE, changed)
        yield Offer("lift_warning", "解除预警", COMMAND)


def _response(at: Standing) -> Iterator[Offer]:
    if at.response_waits:
        if at.needs_confirm and at.response_waits == "proposed":
            yield Offer("confirm", f"确认{at.waiting_level}级响应", COMMAND, True)
        else:
            yield Offer("start", f"{'变更为' if at.running else '启动'}{at.waiting_level}级响应", COMMAND, True)
        yield Offer("drop", "不启动", COMMAND)
    elif not at.running:
        yield Offer("propose", "建议启动响应", INTAKE, _response_first(at))
    if not at.running:
        return
    if not at.response_waits:
        higher = bool(at.response_level) and at.response_level != at.running
        yield Offer("propose", "建议变更级别", INTAKE, higher)
    yield Offer("groups", "启用工作组", COMMAND)
    yield Offer("evidence", "记录结束条件的依据", INTAKE)
    if at.assisting and not at.agreed:
        yield Offer("superior_agrees", "记录上级同意结束", INTAKE)
    elif not at.assisting:
        yield Offer("take_over", "记录上级接管", INTAKE)
    yield Offer("end", "结束响应", COMMAND)
