"""Search over half a million provisions: ours on SQLite and PostgreSQL, beside FTS5 trigram and Whoosh.

    python -m benchmarks.searching [--rows 500000] [--only sqlite|postgresql] [--text FILE]

Provisions are made of shuffled sentences (of FILE, or of a made-up vocabulary), so that words are as common as they are
in real documents. Answers are compared with brute force before anything is timed; what is missing on the machine is
skipped by name. Times are of one query as a page asks it: the best 50 hits with their text, ranked.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

from benchmarks import databases
from benchmarks.databases import POSTGRES

TARGET_MS = 10.0
LENGTHS = (1, 2, 4, 8)
ISSUERS = ("演示省人民政府", "演示市人民政府", "演示县人民政府", "演示县人民政府办公室", "演示县文旅局")
PER_DOCUMENT = 200
Search = Callable[[str], set[int]]


def sentences(file: Path | None, rng: random.Random) -> list[str]:
    if file and file.exists():
        text = "".join(file.read_text(encoding="utf-8").split())
        return [s for s in re.split(r"(?<=[。;;])", text) if 8 <= len(s) <= 160]
    # a vocabulary with Zipf's law, so that some characters stand everywhere and most hardly anywhere
    han = [chr(0x4E00 + n) for n in range(2500)]
    weights = [1 / (n + 3) for n in range(len(han))]
    vocabulary = ["".join(rng.choices(han, weights, k=rng.choice((1, 2, 2, 2, 3)))) for _ in range(6000)]
    word_weights = [1 / (n + 5) for n in range(len(vocabulary))]
    return ["".join(rng.choices(vocabulary, word_weights, k=rng.randint(6, 24))) + "。" for _ in range(3000)]


def provisions(count: int, pool: list[str], rng: random.Random) -> Iterator[str]:
    for _ in range(count):
        yield "".join(rng.choices(pool, k=rng.randint(1, 3)))


def queries(pool: list[str], rng: random.Random, each: int) -> dict[int, list[str]]:
    """Substrings of real sentences, of every length, wherever they fall; words of one length are all different."""
    found: dict[int, list[str]] = {}
    for length in LENGTHS:
        chosen: set[str] = set()
        while len(chosen) < each:
            sentence = rng.choice(pool)
            start = rng.randrange(max(1, len(sentence) - length))
            if len(word := sentence[start : start + length]) == length:
                chosen.add(word)
        found[length] = sorted(chosen)
    return found


def setup() -> None:
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def fill(texts: list[str]) -> float:
    """Store every text as a provision of one of many documents, through the room's own index; seconds taken."""
    from django.db import connection, transaction

    from luoshi.norms import engine, index
    from luoshi.norms.models import Instrument, SearchEntry

    began = time.perf_counter()
    bulk = connection.vendor == "postgresql"
    if bulk:  # as any bulk load: the index is built when the rows are there
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX norms_searchentry_pairs")
    for number, start in enumerate(range(0, len(texts), PER_DOCUMENT)):
        issued = date(2015, 1, 1) + timedelta(days=number % 3600)
        with transaction.atomic():
            owner = Instrument.objects.create(
                slug=f"b{number}", title=f"演示{number}", issuer=ISSUERS[number % len(ISSUERS)], date=issued
            )
            index.write(
                [
                    SearchEntry(
                        id=engine.entry_id(owner.issuer, owner.date, owner.pk, place), instrument=owner,
                        path=str(start + place), text=text, valid_from=owner.date,
                    )
                    for place, text in enumerate(texts[start : start + PER_DOCUMENT])
                ]
            )  # fmt: skip
    index.tidy()  # as the clocks do every night
    if bulk:
        with connection.cursor() as cursor:
            cursor.execute("SET maintenance_work_mem = '512MB'")
            cursor.execute(
                "CREATE INDEX norms_searchentry_pairs ON norms_searchentry USING gin (norms_pairs(folded))"
                " WITH (fastupdate = off)"
            )
            cursor.execute("ANALYZE norms_searchentry")
    return time.perf_counter() - began


def ours(word: str) -> set[int]:
    from luoshi.norms.search import search

    return {int(hit.path) for hit in search(word, limit=50)}


def every_hit(word: str) -> set[int]:
    """All hits, not only those shown: what is compared with brute force."""
    from django.db import connection

    from luoshi.norms import words

    plain = words.fold(word)
    if connection.vendor == "sqlite":
        sql = "SELECT e.path FROM norms_searchindex f JOIN norms_searchentry e ON e.id = f.rowid"
        sql, values = f"{sql} WHERE f.norms_searchindex MATCH %s", [words.fts5_query(plain)]
    else:
        sql = "SELECT path FROM norms_searchentry WHERE norms_pairs(folded) @> %s AND strpos(folded, %s) > 0"
        values = [words.cover(plain), plain]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return {int(row[0]) for row in cursor.fetchall()}


def check(name: str, find: Search, texts: list[str], wanted: dict[int, list[str]], sample: int) -> bool:
    """Recall and precision against brute force, over `sample` queries of each length."""
    from luoshi.norms import words

    folded = [words.fold(text) for text in texts]
    true = false = missed = 0
    for chosen in wanted.values():
        for word in chosen[:sample]:
            plain = words.fold(word)
            expected = {n for n, text in enumerate(folded) if plain in text}
            found = find(word)
            true += len(found & expected)
            false += len(found - expected)
            missed += len(expected - found)
    recall, precision = true / max(1, true + missed), true / max(1, true + false)
    print(f"  {name:<24} recall {recall:8.3%}   precision {precision:8.3%}")
    return missed == false == 0


def timed(find: Search, wanted: dict[int, list[str]]) -> dict[int, tuple[float, float]]:
    """Median and p95 in milliseconds for each length."""
    result = {}
    for length, chosen in wanted.items():
        find(chosen[0])
        spent = []
        for word in chosen:
            began = time.perf_counter()
            find(word)
            spent.append((time.perf_counter() - began) * 1000)
        result[length] = (statistics.median(spent), statistics.quantiles(spent, n=20)[18])
    return result


def trigram(texts: list[str], path: str) -> tuple[Search, Search]:
    """SQLite's own answer to CJK: FTS5 with the trigram tokenizer; (all hits, first fifty)."""
    db = sqlite3.connect(path)
    db.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize='trigram')")
    with db:
        db.executemany("INSERT INTO t (rowid, text) VALUES (?, ?)", enumerate(texts))

    def run(limit: str) -> Search:
        sql = f"SELECT rowid, text FROM t WHERE t MATCH ? ORDER BY rowid {limit}"
        return lambda word: {row[0] for row in db.execute(sql, ('"' + word.replace('"', '""') + '"',))}

    return run(""), run("LIMIT 50")


def whoosh(texts: list[str], path: str) -> tuple[Search, Search] | None:
    try:
        from whoosh import fields, index
        from whoosh.analysis import NgramTokenizer
        from whoosh.query import Phrase, Term
    except ImportError:
        return None
    schema = fields.Schema(n=fields.STORED, text=fields.TEXT(analyzer=NgramTokenizer(2), stored=True, phrase=True))
    kept = index.create_in(path, schema)
    writer = kept.writer(limitmb=512)
    for number, text in enumerate(texts):
        writer.add_document(n=number, text=text)
    writer.commit()
    searcher = kept.searcher()

    def run(limit: int | None) -> Search:
        def find(word: str) -> set[int]:
            pairs = [word[i : i + 2] for i in range(len(word) - 1)] or [word]
            query = Phrase("text", pairs) if len(pairs) > 1 else Term("text", pairs[0])
            return {hit["n"] for hit in searcher.search(query, limit=limit)}

        return find

    return run(None), run(50)


def show(results: dict[str, dict[int, tuple[float, float]]], base: str) -> bool:
    print(f"\n{'':<26}" + "".join(f"{f'{n} 字':>22}" for n in LENGTHS))
    for name, times in results.items():
        cells = "".join(f"{median:9.2f} /{p95:8.2f} ms" for median, p95 in times.values())
        print(f"{name:<26}{cells}")
    print("\nratio of p95 to ours on " + base)
    for name, times in results.items():
        print(f"{name:<26}" + "".join(f"{times[n][1] / results[base][n][1]:>21.1f}x" for n in LENGTHS))
    own = [times for name, times in results.items() if name.startswith("luoshi")]
    return all(p95 < TARGET_MS for times in own for _, p95 in times.values())


def one(engine: str, texts: list[str], wanted: dict[int, list[str]], sample: int) -> None:
    """One database, in this process (Django knows one at a time); results to stdout."""
    setup()
    name = "luoshi SQLite" if engine == "sqlite" else "luoshi PostgreSQL"
    print(f"\n{name}: stored and indexed in {fill(texts):.0f} s")
    exact = check(name, every_hit, texts, wanted, sample)
    results = {name: timed(ours, wanted)}
    if engine == "sqlite":  # the rivals know no database: once is enough
        with tempfile.TemporaryDirectory(prefix="luoshi-bench-") as folder:
            all_hits, first = trigram(texts, f"{folder}/trigram.sqlite3")
            check("FTS5 trigram", all_hits, texts, wanted, sample)
            results["FTS5 trigram"] = timed(first, wanted)
            small = texts[: max(1, len(texts) // 25)]  # Whoosh writes some hundred documents a second
            pair = whoosh(small, folder)
            if pair is None:
                print("  Whoosh: not installed, skipped")
            else:
                check(f"Whoosh ({len(small):,} rows)", pair[0], small, wanted, sample)
                results[f"Whoosh ({len(small):,} rows)"] = timed(pair[1], wanted)
    met = show(results, name)
    said = {True: "yes", False: "NO"}
    print(f"\np95 < {TARGET_MS:g} ms at every length: {said[met]}; every answer exact: {said[exact]}")
    sys.exit(0 if met and exact else 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=500_000)
    parser.add_argument("--queries", type=int, default=200, help="of each length")
    parser.add_argument("--check", type=int, default=6, help="queries of each length compared with brute force")
    parser.add_argument("--text", type=Path, help="whose sentences are shuffled")
    parser.add_argument("--only", choices=("sqlite", "postgresql"), help="one database alone")
    given = parser.parse_args()
    rng = random.Random(20240930)
    pool = sentences(given.text, rng)
    texts = list(provisions(given.rows, pool, rng))
    wanted = queries(pool, rng, given.queries)
    print(f"{len(texts):,} provisions, {sum(map(len, texts)) / 1e6:.1f} million characters, {len(pool):,} sentences")
    failed = False
    for engine, server in (("sqlite", ""), ("postgresql", POSTGRES)):
        if given.only not in (None, engine):
            continue
        if server and not databases.reachable(server):
            print("PostgreSQL skipped: not reachable")
            continue
        with databases.empty(server) as (_, environment):
            sys.stdout.flush()
            child = os.fork()
            if child == 0:
                os.environ.update(environment)
                one(engine, texts, wanted, given.check)
            failed |= os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
