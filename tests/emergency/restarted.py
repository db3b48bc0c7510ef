"""What the test of a database that restarts runs in a process of its own: `python -m tests.emergency.restarted`.

`DATABASE_RESTART`: the command, as JSON, that takes the database down at once and up again. One JSON line.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

REASON = "夜间核实，三个基站退服（演练用虚构）"


def restart() -> None:
    told = json.loads(os.environ["DATABASE_RESTART"])
    subprocess.run(told["command"], check=True, stdout=subprocess.DEVNULL, timeout=60, **told["as"])


def main() -> dict[str, Any]:
    """A start during which the database goes away, the same form again, and once more after another restart."""
    from django.db import close_old_connections
    from django.test import Client
    from django.urls import reverse
    from tests.emergency import killed

    from luoshi.accounts.models import User
    from luoshi.emergency import hooks
    from luoshi.emergency.models import Act, Incident, Response

    killed.prepare()
    client = Client(raise_request_exception=False, HTTP_HOST="localhost")
    client.force_login(User.objects.get(username="commander"))
    incident = Incident.objects.get()
    where = reverse("emergency:plan_act", args=[incident.pk, "21", "start"])
    form = {"once": killed.FORM, "version": incident.version, "level": "II", "reason": REASON}
    found: list[dict[str, Any]] = []

    def sends() -> None:
        close_old_connections()  # as at the beginning of every request; the test client leaves it out
        answer = client.post(where, form)
        close_old_connections()
        found.append({
            "status": answer.status_code, "page": answer.content.decode(), "again": answer.headers.get("Retry-After"),
            "running": Response.objects.filter(state="running").count(),
            "lines": Act.objects.filter(kind="started").count(),
        })  # fmt: skip

    hooks.on("started", lambda *_: restart(), name="zz.restart")
    sends()
    hooks.on("started", lambda *_: None, name="zz.restart")
    sends()
    restart()
    sends()
    return {"answers": found, "end": killed.count()}


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(json.dumps(main()) + "\n")
