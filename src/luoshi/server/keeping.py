"""Keeping child processes alive: start, restart the one that dies, stop all in order."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

GRACE = 15  # seconds a child has to finish what it is doing
QUICK = 5.0  # a child that lived shorter than this failed to start
TRIES = 6  # of a child that never came up
LONGEST_WAIT = 30.0  # seconds between restarts of one that keeps dying
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """One kept process. `failures` counts quick deaths in a row; restarts wait longer after each."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    failures: int = 0
    not_before: float = 0.0
    ran: bool = False  # lived longer than QUICK at least once

    def start(self) -> None:
        self.started = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603 our own command
            self.command, env=dict(self.env), stdin=subprocess.DEVNULL, preexec_fn=_child
        )

    def look(self, now: float) -> str | None:
        """Restart it when it is dead and its wait is over. Returns what to tell the operator, if anything."""
        if self.process is None:
            if now >= self.not_before:
                self.start()
            return None
        code = self.process.poll()
        quick = now - self.started < QUICK
        self.ran = self.ran or not quick
        if code is None:
            return None
        self.failures = self.failures + 1 if quick else 0
        wait = min(LONGEST_WAIT, 0.5 * 2 ** min(self.failures, 10)) if self.failures else 0.0
        self.process, self.not_before = None, now + wait
        return f"{self.name} ended with {code}; restarting" + (f" in {wait:.0f} s" if wait >= 1 else "")

    def hopeless(self) -> bool:
        """Whether it has never come up and need not be tried again."""
        return not self.ran and self.failures >= TRIES


@dataclass
class Keeper:
    """Runs children until told to stop (SIGTERM or SIGINT), or until one never came up at all.

    A child that has run once is restarted for ever, after longer and longer pauses: whatever kills it now (memory, a
    hand, a database that is away) may pass, and nobody may be there to start us again. One that has never run since we
    started is a mistake in the installation, and somebody is there to read it.
    """

    children: list[Child] = field(default_factory=list)
    stopping: bool = False
    ready: Callable[[], bool] | None = None  # asked until it says yes, then `announce` is printed once
    announce: str = ""

    def run(self) -> int:
        """0 after a clean stop; 1 when a child never came up."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        for child in self.children:
            child.start()
        while not self.stopping:
            for child in self.children:
                message = child.look(time.monotonic())
                if message:
                    print(f"luoshi: {message}", file=sys.stderr, flush=True)  # noqa: T201
                if child.hopeless():
                    print(f"luoshi: {child.name} does not start; giving up", file=sys.stderr)  # noqa: T201
                    self.stop_all()
                    return 1
            self._tell_when_ready()
            time.sleep(0.2)
        self.stop_all()
        return 0

    def _tell_when_ready(self) -> None:
        if self.ready is not None and self.ready():
            self.ready = None
            print(self.announce, flush=True)  # noqa: T201

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def stop_all(self) -> None:
        running = [child.process for child in self.children if child.process and child.process.poll() is None]
        for process in running:
            process.terminate()
        deadline = time.monotonic() + GRACE
        for process in running:
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _child() -> None:
    """A killed parent must leave no server on the port; Ctrl-C reaches the parent alone, which stops us in order."""
    die_with_parent(signal.SIGTERM)
    os.setpgrp()


def die_with_parent(number: int) -> None:
    """Ask the system to send us `number` when our parent dies (Linux; elsewhere nothing happens)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(number))
