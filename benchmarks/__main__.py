"""`python -m benchmarks` runs every benchmark, each in a process of its own; `python -m benchmarks NAME …` runs one."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def names() -> dict[str, str]:
    """Benchmarks by name with the first line of what they say of themselves: modules whose `run` or
    `main` asks for nothing."""
    found = {}
    for path in sorted(HERE.glob("[a-z]*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        entries = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in ("run", "main")]
        if any(len(entry.args.args) == len(entry.args.defaults) for entry in entries):
            found[path.stem] = (ast.get_docstring(tree) or "").splitlines()[0]
    return found


def main(argv: list[str]) -> int:
    known = names()
    if argv[:1] == ["--list"]:
        for name, words in known.items():
            print(f"{name:<12} {words}")
        return 0
    if argv and argv[0] not in known:
        print(f"benchmarks: no benchmark {argv[0]!r}; there are: {', '.join(known)}", file=sys.stderr)
        return 2
    failed = []
    for name in argv[:1] or known:
        print(f"\n== {name}: {known[name]}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}", *argv[1:]], cwd=HERE.parent)
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
