"""Large files are read in the background: the page can be left and found again."""

from __future__ import annotations

from django.conf import settings

from luoshi.accounts.models import User
from luoshi.clocks import jobs
from luoshi.clocks.models import Job
from luoshi.kernel.acting import SYSTEM, Actor
from luoshi.norms import gazette
from luoshi.norms.models import Upload

KIND = "norms.import"
AT_ONCE = 2 * 1024 * 1024  # bytes read while the person waits: a second or two


def wanted(upload: Upload) -> bool:
    """Whether the file is too large to be read while somebody waits; one over the limit is refused at once."""
    return AT_ONCE < upload.size <= settings.UPLOAD_LIMIT


def start(upload: Upload, *, by: Actor, again: bool) -> Job:
    """Have the upload read by a worker (`luoshi clocks`). One job per attempt."""
    args = {"upload": upload.pk, "again": again, "user": by.user_id}
    return jobs.enqueue(KIND, args, by=by, key=f"{KIND}:{upload.pk}:{upload.attempts}")


def running(upload: Upload) -> bool:
    """Whether a worker has it, or will."""
    return Job.objects.filter(key__startswith=f"{KIND}:{upload.pk}:", state__in=("queued", "running")).exists()


@jobs.job(KIND)
def read_upload(job: jobs.Running) -> dict[str, object]:
    """The work itself; safe to run twice, for every document is stored whole or not at all."""
    upload = Upload.objects.get(pk=job.args["upload"])
    user = User.objects.filter(pk=job.args["user"]).first()
    report = gazette.import_upload(upload, by=user.as_actor("web") if user else SYSTEM, again=job.args["again"])
    return {"documents": len(report.documents), "state": report.state}
