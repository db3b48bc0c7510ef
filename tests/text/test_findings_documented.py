"""docs/findings.md and the reader name the same codes; messages are Chinese."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from luoshi.text import read

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = re.compile("^[a-z]+(?:_[a-z]+)*$")


def produced() -> set[str]:
    """First arguments of Finding(…), and the codes that helpers hand on."""
    codes = set()
    for path in (ROOT / "src/luoshi/text").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "id", "") == "Finding"
                and isinstance(node.args[0], ast.Constant)
            ):
                codes.add(node.args[0].value)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("_fault", "Group"):
                codes |= {a.value for a in node.args if isinstance(a, ast.Constant) and CODE.match(str(a.value))}
            if isinstance(node, ast.Tuple) and path.name == "tree.py" and len(node.elts) == 2:
                first = node.elts[0]
                if isinstance(first, ast.Constant) and str(first.value).startswith("number_"):
                    codes.add(first.value)
    return codes


def test_every_code_is_documented_and_every_documented_code_exists() -> None:
    table = [
        row for row in (ROOT / "docs/findings.md").read_text(encoding="utf-8").splitlines() if row.startswith("| `")
    ]
    documented = {code for row in table for code in re.findall("`([a-z_]+)`", row.split("|")[1])}
    assert documented == produced()


def test_messages_are_chinese() -> None:
    text = (ROOT / "tests/conformance/text/faulty.txt").read_text(encoding="utf-8")
    findings = read(text).findings
    assert len(findings) > 12
    assert all(re.search("[\u4e00-\u9fff]", f.message) for f in findings)
    assert all(f.to_json().keys() >= {"code", "document", "path", "message", "raw", "suggestion"} for f in findings)
