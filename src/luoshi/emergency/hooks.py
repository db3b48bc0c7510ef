"""What follows an act: files of this room say here what they do when an incident moves on.

A function runs inside the transaction of the act, after its rows are written and before it commits: what it writes
exists only with the act, and what it raises undoes the act. It must be quick and send nothing itself (a notice is
queued by `notices.actions.send`, which writes rows only).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import Refused

if TYPE_CHECKING:
    from luoshi.emergency.models import Case, Incident

EVENTS = {
    "opened": "接报立案",
    "signal": "并入来报",
    "fact": "事实变化",
    "triaged": "分流",
    "plan_chosen": "选定预案",
    "proposed": "提出启动建议",
    "confirmed": "指挥部确认",
    "started": "启动响应",
    "raised": "变更级别",
    "taken_over": "上级接管",
    "superior_agreed": "上级同意结束",
    "ended": "结束响应",
    "warning_proposed": "建议预警",
    "warning_confirmed": "核定预警",
    "warning_issued": "发布预警",
    "warning_adjusted": "调整预警",
    "warning_lifted": "解除预警",
    "closed": "结案",
    "reopened": "恢复办理",
    "did": "已办",
}
"""`raised` comes instead of `started` when a level already ran. `did`: a plain act of the plan (meeting …);
its name is in `what["act"]`, its reference in `what["ref"]`."""

Hook = Callable[["Incident", "Case | None", Any, Actor], None]
_hooks: dict[str, dict[str, Hook]] = {}


def on(event: str, function: Hook, *, name: str = "") -> None:
    """Call `function(incident, case, what, actor)` after `event`; `what` is the response, warning, signal, fact or a
    mapping. Registering the same function again changes nothing. Raises KeyError for an event nobody knows."""
    EVENTS[event]
    key = name or f"{function.__module__}.{function.__qualname__}"
    _hooks.setdefault(event, {})[key] = function


def emit(event: str, incident: Incident, case: Case | None, what: Any, actor: Actor) -> None:
    for function in list(_hooks.get(event, {}).values()):
        function(incident, case, what, actor)


Refusal = Callable[["Incident", Actor, Refused], None]
_refusals: dict[str, Refusal] = {}


def on_refused(function: Refusal) -> None:
    """Call `function(incident, actor, error)` after an act was refused and undone: a drill remembers what was tried."""
    _refusals[f"{function.__module__}.{function.__qualname__}"] = function


def refused(incident: Incident, actor: Actor, error: Refused) -> None:
    for function in list(_refusals.values()):
        function(incident, actor, error)
