"""Screening: one measure over the whole register, nightly and on demand; findings for all, claims for the eligible.

A screening works on a frozen copy of the settings. Whenever it writes it looks whether they are still those in force;
if somebody settled one meanwhile, it is void (作废) and another begins: no row mixes two readings of the text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import polars as pl
from django.db.models import Count

from luoshi.benefits import engine, opening, rechecking, turning
from luoshi.benefits import pack as packs
from luoshi.benefits.course import COMMITTED, LIVE
from luoshi.benefits.deciding import HUMAN, Decided, decide
from luoshi.benefits.models import Claim, Finding, Matter, Screening
from luoshi.benefits.settling import InForce, in_force
from luoshi.clocks import jobs
from luoshi.clocks.models import Job
from luoshi.kernel import when
from luoshi.kernel.acting import SYSTEM, Actor
from luoshi.kernel.errors import BadInput, Refused
from luoshi.ledger.actions import append, recording

KIND = "benefits.screen"
CHUNK = 2000  # findings written in one transaction
TOGETHER = 25  # claims opened in one transaction, which holds the ledger's lock
FEW = 50_000  # events of which the stored findings are asked for by name
EXPLAINED = 2000  # pending rows of one run whose missing facts are ranked at once; others when somebody looks
TRIES = 3  # a run voided by a change of settings begins again so often
Say = Callable[[str, int, int], None]


class Voided(Exception):
    """The settings changed under a screening."""


def request(
    measure: str,
    *,
    by: Actor,
    as_of: date | None = None,
    since: datetime | None = None,
    night: bool = False,
    key: str = "",
) -> Job:
    """Have a measure screened in the background. The same `key` twice is one job. `night`: see `screen`."""
    rule, _ = engine.rule_of(measure)
    args = {"measure": rule.key, "as_of": as_of, "since": since, "night": night, "by": by.name, "user": by.user_id}
    return jobs.enqueue(KIND, args, by=by, key=key)


@jobs.job(KIND)
def work(running: jobs.Running) -> dict[str, Any]:
    """The background job; safe to run twice: findings are replaced, claims opened once."""
    args = running.args
    day = date.fromisoformat(args["as_of"]) if args.get("as_of") else when.today()
    since = datetime.fromisoformat(args["since"]) if args.get("since") else None
    by = Actor(args.get("by") or SYSTEM.name, user_id=args.get("user"), via="system")
    night = bool(args.get("night"))
    made = screen(args["measure"], as_of=day, since=since, night=night, by=by, job=running.job, say=running.progress)
    running.progress("复查已有事项")
    looked = rechecking.recheck_all(by, claims=rechecking.due().filter(measure=made.measure))
    return {"screening": made.pk, "state": made.state, **made.counts, "rechecked": looked}


def screen(
    measure: str,
    *,
    by: Actor,
    as_of: date | None = None,
    since: datetime | None = None,
    night: bool = False,
    job: Job | None = None,
    say: Say | None = None,
) -> Screening:
    """Screen now. A run voided by a change of settings is done again, at most `TRIES` times; returns the last.

    `since`: only what sources have said since. `night`: only what can have another answer than at the last screening
    (`turning`), everything where that is not known; the result is the same.
    """
    told = say or (lambda text, done, total: None)
    for _ in range(TRIES):
        known = _known(measure, as_of or when.today()) if night else None
        made = _begin(measure, as_of or when.today(), known.since if known else since, by, job)
        if made.state != Screening.State.RUNNING:
            return made
        try:
            _run(made, by, told, night, known)
            return made
        except Voided:
            _end(made, Screening.State.STALE, by, "筛查期间有人裁定了口径，本次结果作废，重新筛查")
        except BadInput as error:
            _end(made, Screening.State.FAILED, by, str(error))
            return made
    return made


def _known(measure: str, as_of: date) -> turning.Known | None:
    rule, measures = engine.rule_of(measure)
    return turning.known(rule.key, as_of, in_force(measures.slug, as_of), measures.digest)


def _begin(measure: str, as_of: date, since: datetime | None, by: Actor, job: Job | None) -> Screening:
    rule, measures = engine.rule_of(measure)
    settings = in_force(measures.slug, as_of)
    state, why = opening.closed_on(rule.key, as_of)
    made = Screening.objects.create(
        measure=rule.key,
        as_of=as_of,
        since=since,
        settings=dict(settings.given),
        settings_digest=settings.digest,
        pack_digest=measures.digest,
        why=why,
        job=job,
        by=by.name,
        started_at=when.now(),
    )
    if state == "closed":
        _end(made, Screening.State.DONE, by, why, closed=1)
    return made


def _end(made: Screening, state: str, by: Actor, why: str = "", **counts: int) -> None:
    made.state, made.why, made.ended_at = state, why or made.why, when.now()
    made.counts = {**made.counts, **counts}
    with recording():
        made.save()
        append(
            "benefits.screened",
            by=by,
            subject=made.subject,
            data={
                "measure": made.measure,
                "as_of": made.as_of,
                "state": state,
                "counts": made.counts,
                "settings": made.settings_digest,
                "pack": made.pack_digest,
                "why": made.why,
            },
        )


def _run(made: Screening, by: Actor, say: Say, night: bool, known: turning.Known | None) -> None:
    from luoshi.benefits import assembling

    say("读取名册", 0, 0)
    frame = assembling.frame_of(made.measure, made.since, matters=known.matters if known else None)
    if night:
        made.ahead = turning.ahead(made.measure, frame, made.as_of, made.settings, known)
    table = _columns(made, frame) if frame.height else None
    if table is None:
        _end(made, Screening.State.DONE, by, made.why, rows=0)
        return
    news = _news(made, table)
    closer, opened = _one_by_one(made, table, news, by, say)
    changed = _write(made, news, closer, say)
    _still(made)
    _end(made, Screening.State.DONE, by, made.why, rows=table.height, changed=changed, claims=opened, **_statuses(made))


def _columns(made: Screening, frame: pl.DataFrame) -> pl.DataFrame:
    """The register at once: subject, matter, status, lo, hi (fen), why, near; `facts`: digest of row and answer."""
    answer = engine.screen(made.measure, frame, made.as_of, made.settings)
    near = pl.Series("near", [False]).new_from_index(0, answer.height)
    human = HUMAN.get(made.measure)
    if human is not None:
        said = pl.col(human.fact).fill_null(pl.lit(human.yes)) if human.fact in frame.columns else pl.lit(human.yes)
        likely = engine.screen(made.measure, frame.with_columns(said.alias(human.fact)), made.as_of, made.settings)
        near = likely.get_column("status").is_in(["eligible", "human_review"]) & ~answer.get_column("eligible")
    table = answer.select(
        "subject",
        "matter",
        "status",
        (pl.col("amount_min_yuan") * 100).cast(pl.Int64).alias("lo"),
        (pl.col("amount_max_yuan") * 100).cast(pl.Int64).alias("hi"),
        "why",
        near.alias("near"),
    )
    asked = frame.hash_rows(seed=25)
    return table.with_columns(facts=(asked ^ table.hash_rows(seed=25)).cast(pl.String))


def _news(made: Screening, table: pl.DataFrame) -> pl.DataFrame:
    """The rows of which the stored finding is absent or says something else."""
    stored = Finding.objects.filter(measure=made.measure, matter__isnull=False).values_list("matter_id", "facts_digest")
    asked = table.get_column("matter").to_list() if table.height < FEW else []
    rows = [row for at in range(0, len(asked), CHUNK) for row in stored.filter(matter__in=asked[at : at + CHUNK])]
    known = pl.DataFrame(
        rows if asked else list(stored),
        schema={"matter": pl.Int64, "facts": pl.String},
        orient="row",
    )
    return table.join(known, on=["matter", "facts"], how="anti")


def _one_by_one(
    made: Screening, table: pl.DataFrame, news: pl.DataFrame, by: Actor, say: Say
) -> tuple[dict[int, Decided], int]:
    """Decide singly, with our own payments and a trace: likely claims, subjects we paid before, the nearly eligible.

    Returns the decisions by matter, and how many claims were opened.
    """
    likely = table.filter(pl.col("status").is_in(["eligible", "human_review"]) | pl.col("near"))
    live = Claim.objects.filter(measure=made.measure, state__in=LIVE).values_list("matter_id", flat=True)
    paid = Claim.objects.filter(state__in=COMMITTED).values_list("subject_id", flat=True).distinct()
    new = set(likely.get_column("matter").to_list()) - set(live)
    again = set(likely.filter(pl.col("subject").is_in(list(paid))).get_column("matter").to_list()) - new
    pending = news.filter(pl.col("status") == "pending").get_column("matter").head(EXPLAINED).to_list()
    wanted = [*sorted(new), *sorted(again), *sorted(set(pending) - new - again)]
    frozen = InForce(made.measure.partition(":")[0], made.as_of, made.settings, made.settings_digest)
    state, words = opening.closed_on(made.measure, made.as_of)
    boundary = words if state == "boundary" else ""
    found: dict[int, Decided] = {}
    opened = 0
    for start in range(0, len(wanted), TOGETHER):
        say("逐件核定", start, len(wanted))
        some = [(matter, decide(matter, made.measure, made.as_of, frozen)) for matter in _matters(wanted, start)]
        found |= {matter.pk: _slim(decided) for matter, decided in some}
        gives = [(matter, decided) for matter, decided in some if matter.pk in new and decided.lines]
        if gives:
            with recording():
                _still(made)
                for matter, decided in gives:
                    opened += len(opening.open_claims(matter, made.measure, decided, by, boundary=boundary))
    return found, opened


def _matters(wanted: list[int], start: int) -> list[Matter]:
    some = wanted[start : start + TOGETHER]
    rows = Matter.objects.filter(pk__in=some).select_related("subject__employer").in_bulk()
    return [rows[pk] for pk in some if pk in rows]


def _slim(decided: Decided) -> Decided:
    """What a finding tells of a decision: the claim has the whole record, and there may be very many."""
    return replace(decided, record={"result": {"missing": decided.result["missing"]}}, provenance={})


def _write(made: Screening, news: pl.DataFrame, closer: dict[int, Decided], say: Say) -> int:
    """Store what is new or different, in chunks; each looks again whether the settings still stand."""
    written = 0
    for piece in news.iter_slices(CHUNK):
        say("写入结果", written, news.height)
        written += _store(made, [_finding(made, row, closer.get(row["matter"])) for row in piece.iter_rows(named=True)])
    have = set(news.get_column("matter").to_list())
    others = [_other(made, pk, decided) for pk, decided in closer.items() if pk not in have]
    return written + _store(made, [found for found in others if found is not None])


def _store(made: Screening, rows: list[Finding]) -> int:
    with recording():
        _still(made)
        Finding.objects.bulk_create(
            rows,
            update_conflicts=True,
            unique_fields=["measure", "key"],
            update_fields=[
                "status", "near", "lo_fen", "hi_fen", "limbs", "missing", "why", "facts_digest", "decided_at",
                "changed_at", "screening",
            ],
        )  # fmt: skip
    return len(rows)


def _finding(made: Screening, row: dict[str, Any], decided: Decided | None) -> Finding:
    now = when.now()
    found = Finding(
        measure=made.measure,
        key=f"m{row['matter']}",
        subject_id=row["subject"],
        matter_id=row["matter"],
        status=row["status"],
        near=row["near"],
        lo_fen=row["lo"],
        hi_fen=row["hi"],
        why=row["why"],
        facts_digest=row["facts"],
        decided_at=now,
        changed_at=now,
        screening=made,
    )
    return _closer(found, decided) if decided else found


def _closer(found: Finding, decided: Decided) -> Finding:
    """What a single decision knows better: missing facts by weight, limbs, the whole reason, our own payments."""
    found.status, found.near, found.why = decided.status, decided.near, decided.why
    found.missing = list(decided.result["missing"])
    found.limbs = [line.limb for line in decided.lines]
    if decided.lines:
        found.lo_fen, found.hi_fen = sum(line.lo for line in decided.lines), sum(line.hi for line in decided.lines)
    return found


def _other(made: Screening, matter: int, decided: Decided) -> Finding | None:
    """A finding the columns saw no news in, but our own payments change."""
    stored = Finding.objects.filter(measure=made.measure, key=f"m{matter}").first()
    if stored is None or (stored.status, stored.why, stored.near) == (decided.status, decided.why, decided.near):
        return None
    stored.decided_at = stored.changed_at = when.now()
    stored.screening = made
    return _closer(stored, decided)


def _still(made: Screening) -> None:
    """Raises Voided when a setting was settled since the screening began, or the rules were replaced."""
    slug = made.measure.partition(":")[0]
    if in_force(slug, made.as_of).digest != made.settings_digest or packs.read(slug).digest != made.pack_digest:
        raise Voided(made.measure)


def _statuses(made: Screening) -> dict[str, int]:
    rows = Finding.objects.filter(measure=made.measure).order_by().values("status").annotate(n=Count("id"))
    return {row["status"]: row["n"] for row in rows}


def open_by_hand(matter: Matter, measure: str, user: Any, *, words: str, via: str = "web") -> list[Claim]:
    """人工立项 outside the screening (the window has closed, a case nobody foresaw): a person must rule on it."""
    if not words.strip():
        raise BadInput("请写明为什么由人工立项", field="words")
    actor: Actor = user.as_actor(via)
    decided = decide(matter, measure, when.today())
    if not decided.lines:
        raise Refused(f"按现在的事实没有可兑现的金额：{decided.why}", cite=measure)
    reason = f"人工立项：{words.strip()}"
    return opening.open_claims(matter, measure, decided, actor, boundary=reason, words=words.strip())
