"""Two drills that were run, and a table-top that is going on."""

from __future__ import annotations

from luoshi.accounts.models import User
from luoshi.emergency import drills, tabletop
from luoshi.emergency.models import DrillRun

VIA = "demo"


def fill(seed: int, people: int) -> None:
    """Idempotent."""
    duty = User.objects.filter(username="duty_officer", synthetic=True).first()
    if duty is None or DrillRun.objects.exists():
        return
    for name in ("01-flood-several-towns", "11-both-plans"):
        drills.run(name, duty, via=VIA)
    run = tabletop.open_run("03-small-outage-reinforced", duty, via=VIA)
    tabletop.next_inject(run, duty, via=VIA)
    DrillRun.objects.update(synthetic=True)
