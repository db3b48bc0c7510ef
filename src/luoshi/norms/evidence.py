"""What evidence packages say about the texts that acts cite."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from luoshi.kernel import when
from luoshi.ledger.evidence import norm_source
from luoshi.norms import engine, queries
from luoshi.norms.models import InstrumentVersion


@norm_source
def cited_texts(cites: Sequence[str], moment: datetime) -> Iterator[dict[str, Any]]:
    """The text behind each citation in the version in force now, and whether that is the version of `moment`."""
    texts = queries.provision_texts(cites)
    slugs = {engine.split_key(cite)[0] for cite in texts}
    current = InstrumentVersion.objects.filter(instrument__slug__in=slugs, valid_until__isnull=True)
    versions = {version.instrument.slug: version for version in current.select_related("instrument")}
    day = when.aware(moment).date()
    for cite, text in texts.items():
        version = versions.get(engine.split_key(cite)[0])
        yield {
            "cite": cite,
            "text": text,
            "version": version.no if version else 0,  # 0: not imported, the text is our own gist of the clause
            "in_force_then": bool(version and (version.valid_from is None or version.valid_from <= day)),
        }
