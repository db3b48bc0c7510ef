"""The process behind deadlines, jobs and notices. Any number of these may run; each due moment is handled once."""

from __future__ import annotations

import signal
import threading
from types import FrameType


def run() -> None:
    """Serve until SIGTERM or SIGINT."""
    from luoshi.clocks.running import loop

    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask)
    loop(stop)


def once() -> int:
    """Do what is due now: clocks, jobs, notices. Returns how many things were done."""
    from luoshi.clocks import jobs
    from luoshi.clocks.ticking import tick
    from luoshi.notices.delivery import deliver_due

    done = 0
    while worked := tick() + deliver_due() + int(jobs.work_one()):
        done += worked
    return done
