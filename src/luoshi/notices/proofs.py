"""How a recipient proves, without signing in, that a message reached them: a signed link, or a code read out."""

from __future__ import annotations

from django.core import signing
from django.utils.crypto import salted_hmac

from luoshi.kernel.errors import Refused
from luoshi.notices.models import Delivery

_SALT = "luoshi.notices.confirm"
LINK_DAYS = 30


def link_token(delivery: Delivery) -> str:
    """What a signed confirmation link carries."""
    return signing.dumps(delivery.pk, salt=_SALT)


def delivery_of(token: str) -> Delivery:
    """The delivery behind a signed link. Refused when the link was altered or is older than 30 days."""
    try:
        pk = signing.loads(token, salt=_SALT, max_age=LINK_DAYS * 86400)
    except signing.BadSignature:
        raise Refused("确认链接无效或已过期") from None
    found = Delivery.objects.select_related("notice").filter(pk=pk).first()
    if found is None:
        raise Refused("确认链接无效或已过期")
    return found


def code_of(delivery: Delivery) -> str:
    """Six digits carried by the message, which the recipient reads out on the telephone."""
    digest = salted_hmac(_SALT, str(delivery.pk), algorithm="sha256").digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"
