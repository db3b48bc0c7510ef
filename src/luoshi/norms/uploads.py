"""Files as they were brought in: bytes on disk by their SHA-256, kept even when unreadable."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db import IntegrityError, transaction

from luoshi.accounts.models import User
from luoshi.kernel import when
from luoshi.kernel.acting import Actor
from luoshi.kernel.errors import BadInput
from luoshi.kernel.limits import check_size
from luoshi.ledger import actions as ledger
from luoshi.norms.models import Upload

_BLOCK = 1 << 20


def place_of(sha256: str) -> Path:
    """Where the bytes lie: `MEDIA_ROOT/gazette/ab/abcd…`."""
    return Path(settings.MEDIA_ROOT) / "gazette" / sha256[:2] / sha256


def receive(stream: BinaryIO, name: str, *, by: Actor, user: User | None = None) -> Upload:
    """Keep a file. The same bytes are the same upload: it is found again, not stored twice.

    Nothing is judged here but emptiness of the name; size and readability are judged when it is read, so that even
    an unusable file is kept and named. The bytes are on disk before the row is written.
    """
    sha256, size, kept = _keep(stream)
    known = Upload.objects.filter(sha256=sha256).first()
    if known is not None:
        return known
    try:
        with transaction.atomic():
            upload = Upload.objects.create(
                sha256=sha256, name=_plain_name(name), size=size, uploaded_by=user, uploaded_at=when.now()
            )
            ledger.append(
                "norms.uploaded",
                by=by,
                subject=f"upload:{upload.pk}",
                data={"name": upload.name, "size": size, "sha256": sha256, "at": str(kept.name)},
            )
    except IntegrityError:  # another session brought the same bytes at the same moment
        return Upload.objects.get(sha256=sha256)
    return upload


def _plain_name(name: str) -> str:
    return "".join(c for c in Path(name.replace("\\", "/")).name if c.isprintable())[-255:] or "未命名"


def _keep(stream: BinaryIO) -> tuple[str, int, Path]:
    root = Path(settings.MEDIA_ROOT) / "gazette"
    root.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    handle, temporary = tempfile.mkstemp(dir=root, prefix=".incoming-")
    try:
        with os.fdopen(handle, "wb") as out:
            while block := stream.read(_BLOCK):
                digest.update(block)
                size += len(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        final = place_of(digest.hexdigest())
        final.parent.mkdir(exist_ok=True)
        os.replace(temporary, final)  # whole or not at all
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return digest.hexdigest(), size, final


def load(upload: Upload) -> bytes:
    """The bytes of an upload. BadInput when it is over `LUOSHI_UPLOAD_LIMIT`, or its file is gone or altered."""
    check_size(upload.size, upload.name, settings.UPLOAD_LIMIT)
    try:
        data = place_of(upload.sha256).read_bytes()
    except OSError:
        raise BadInput("保存的文件已找不到，请重新上传", file=upload.name) from None
    if hashlib.sha256(data).hexdigest() != upload.sha256:
        raise BadInput("保存的文件与上传时不一致，请重新上传", file=upload.name)
    return data
