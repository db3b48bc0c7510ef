"""How fast official documents are read, whether time grows with length, and how much memory a long stream takes.

`python -m benchmarks.reading [MEGABYTES …]` (default 1 8 60). The text is the documents of a real issue when one is
beside the checkout, else the made-up ones of tests/conformance, in shuffled order until the size is reached.
"""

from __future__ import annotations

import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
REQUIRED = 1.0  # MB of UTF-8 text per second on one core
SHARED = Path(os.environ.get("LUOSHI_SHARED", ROOT.parent / "shared"))


def documents() -> list[str]:
    """The originals of single documents."""
    from luoshi.text import read

    issues = sorted((SHARED / "gazette").glob("*.txt")) if SHARED.is_dir() else []
    issues = issues or sorted((ROOT / "tests/conformance/text").glob("*.txt"))
    found = []
    for path in issues:
        issue = read(path.read_bytes(), path.name)
        found += [issue.text[d.start : d.end] for d in issue.documents]
    return found


def write(path: Path, megabytes: float, seed: int = 20240930) -> int:
    """Shuffled documents until the size is reached; the number of documents written."""
    rng, pool, count, size = random.Random(seed), documents(), 0, 0
    with path.open("w", encoding="utf-8") as out:
        while size < megabytes * 1e6:
            rng.shuffle(pool)
            for text in pool:
                size += len((text + "\n\n").encode())
                out.write(text + "\n\n")
                count += 1
    return count


def measure(path: str) -> dict[str, Any]:
    """In a process of its own: CPU seconds and peak memory of reading a file document by document."""
    from luoshi.text import read_documents

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, count, provisions = time.process_time(), 0, 0
    with open(path, "rb") as stream:
        for document in read_documents(stream, path):
            count += 1
            provisions += sum(1 for _ in document.walk())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = time.process_time() - began
    return {"seconds": seconds, "documents": count, "provisions": provisions, "grown_mb": (peak - before) / 1024}


def hostile() -> list[tuple[str, float]]:
    """Text that no person wrote: seconds for four times the length ÷ seconds for once. Linear is 4."""
    from luoshi.text import read

    cases = {
        "brackets never closed": lambda n: "一、" + "(" * n,
        "brackets of every kind, nested": lambda n: "一、" + "[(〔「" * (n // 8) + ")〕」]" * (n // 8),
        "figures without end": lambda n: "一、完成" + "1家、" * (n // 3),
        "one bureau after another": lambda n: "\n".join(f"一、甲。[责任单位:区第{i}局]" for i in range(n // 16)),
        "the same label again": lambda n: "一、事项内容如下。\n" * (n // 9),
        "paragraphs of one article": lambda n: "第一条 总则。\n" + "这是一款。\n" * (n // 6),
        "lines that never end": lambda n: "一、总则\n" + "这是一行正文,内容没有结束的标点呢\n" * (n // 18),
        "document numbers alone": lambda n: "某政发[2024]1号\n" * (n // 12),
        "spaces": lambda n: "一、" + "甲 " * (n // 2),
    }
    ratios = []
    for name, make in cases.items():
        times = []
        for length in (50_000, 200_000):
            text = make(length)
            began = time.process_time()
            read(text)
            times.append(time.process_time() - began)
        ratios.append((name, times[1] / max(times[0], 1e-6)))
    return ratios


def run(sizes: tuple[float, ...] = (1, 8, 60)) -> dict[str, Any]:
    """Every size is checked for its number of documents before its time is printed."""
    rows = []
    print(f"{'MB':>6} {'documents':>10} {'provisions':>11} {'seconds':>8} {'MB/s':>6} {'of 1 MB/s':>10} {'memory':>9}")
    with tempfile.TemporaryDirectory(prefix="luoshi-reading-") as folder:
        for size in sizes:
            path = Path(folder) / f"{size}.txt"
            written = write(path, size)
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.reading", "--measure", str(path)],
                cwd=ROOT, capture_output=True, text=True, check=True,
            )  # fmt: skip
            row = json.loads(done.stdout)
            if row["documents"] != written:
                raise SystemExit(f"{written} documents written, {row['documents']} read: no time is worth printing")
            row["mb"] = path.stat().st_size / 1e6
            row["speed"] = row["mb"] / row["seconds"]
            rows.append(row)
            print(
                f"{row['mb']:>6.1f} {row['documents']:>10,} {row['provisions']:>11,} {row['seconds']:>8.2f} "
                f"{row['speed']:>6.2f} {row['speed'] / REQUIRED:>9.2f}x {row['grown_mb']:>6.1f} MB"
            )
    first, last = rows[0], rows[-1]
    growth = (last["seconds"] / first["seconds"]) / (last["mb"] / first["mb"])
    print(f"time per MB, longest ÷ shortest: {growth:.2f} (1 is linear)")
    odd = hostile()
    for name, ratio in odd:
        print(f"  hostile, 4 × the length: {ratio:>5.1f} × the time (4 is linear)  {name}")
    return {"rows": rows, "growth": growth, "hostile": odd}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(sys.argv[2])))
    else:
        run(tuple(float(n) for n in sys.argv[1:]) or (1, 8, 60))
