"""`POST /api/v1/gazette/parse`: an issue read, nothing stored; the answer of `luoshi gazette parse --json`."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import File, Router
from ninja.files import UploadedFile

from luoshi import text
from luoshi.accounts.auth import api_auth, require
from luoshi.kernel.limits import check_size, upload_limit

router = Router(tags=["norms"], auth=api_auth)
AT_ONCE = 8 * 1024 * 1024  # bytes; more would hold a worker of the web for too long: it is imported, or read by command


@router.post("/gazette/parse", summary="识读一期公报，不入库")
def parse(request: HttpRequest, file: File[UploadedFile]) -> dict[str, Any]:
    """Documents, provisions, responsibilities, targets and findings. 422 names the file and why it cannot be read."""
    require(request, "norms.import")
    name = file.name or ""
    limit = min(AT_ONCE, upload_limit())
    check_size(file.size or 0, name, limit, movable=limit < AT_ONCE)
    return text.read(file.read(), name=name, limit=limit).to_json()
