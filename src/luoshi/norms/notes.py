"""This room's own notes in the margin: readings that are not confirmed, and what is questioned in the print."""

from __future__ import annotations

from django.urls import reverse

from luoshi.norms import engine
from luoshi.norms.margin import MarginNote
from luoshi.norms.models import Clause, Finding, Instrument, Interpretation, Provision


def paths_of(instrument: Instrument, cites: list[str]) -> dict[str, str]:
    """For citations into `instrument`: where on its page each stands (a provision path, or the clause's own path
    before the text is imported; "" for the document as a whole). Two queries."""
    own = [cite for cite in cites if engine.split_key(cite)[0] == instrument.slug]
    linked = dict(
        Clause.objects.filter(instrument=instrument, key__in=own, provision__isnull=False).values_list(
            "key", "provision__path"
        )
    )
    known = set(
        Provision.objects.filter(version__instrument=instrument, version__valid_until=None).values_list(
            "path", flat=True
        )
    )
    found = {}
    for cite in own:
        path = engine.split_key(cite)[1]
        found[cite] = linked.get(cite) or (path if path in known or not known else engine.coarser(path, known))
    return found


def interpretation_notes(instrument: Instrument) -> dict[str, list[MarginNote]]:
    """待确认 A01 beside every provision a reading leans on."""
    slug = instrument.slug
    rows = Interpretation.objects.filter(instrument__pack=instrument.pack_id).order_by("key")
    mine = [row for row in rows if any(engine.split_key(cite)[0] == slug for cite in row.cites)]
    places = paths_of(instrument, [cite for row in mine for cite in row.cites])
    notes: dict[str, list[MarginNote]] = {}
    for row in mine:
        confirmed = row.status == Interpretation.Status.CONFIRMED
        note = MarginNote(
            "interpretation",
            row.question,
            url=reverse("norms:interpretation", args=[row.key]),
            label=f"{row.get_status_display()} {row.key}",
            light="" if confirmed else "grey",
            owner=row.body,
            url_public=False,
        )
        for path in dict.fromkeys(places[cite] for cite in row.cites if cite in places):
            notes.setdefault(path, []).append(note)
    return notes


def finding_notes(instrument: Instrument) -> dict[str, list[MarginNote]]:
    """What the reader questions in the print; staff see it, and a correction is seen by everyone."""
    notes: dict[str, list[MarginNote]] = {}
    rows = Finding.objects.filter(instrument=instrument).exclude(state=Finding.State.DISMISSED).order_by("id")
    for row in rows[:500]:
        corrected = row.state == Finding.State.CORRECTED
        notes.setdefault(row.path, []).append(
            MarginNote(
                "finding",
                f"原文“{row.raw}”，更正为“{row.correction}”" if corrected else row.message,
                url="" if corrected else reverse("norms:finding", args=[row.pk]),
                label="更正" if corrected else "核校",
                public=corrected,
            )
        )
    return notes
