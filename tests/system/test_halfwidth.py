"""What people are shown is punctuated as Chinese is: ，。：；（）, never , : ; ( )."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from .halfwidth import in_code, in_pack, in_template, wrong
from .test_house import ROOT, tracked

READERS = {".py": in_code, ".html": in_template, ".yaml": in_pack}
BODIES = ROOT / "src/luoshi/packs/jccq/bodies.yaml"

# What stays as it is, by file: strings compared with printed text, or quoting it. Add one only with such a reason.
ALLOWED = {
    "directory/register_file.py": ["村(社区)"],  # a column's head as people type it
    "text/blocks.py": ["(此"],
    "text/duties.py": ["位:", "门:"],
    "text/lines.py": [" ?年 ?"],
    "text/model.py": ["furniture:空白"],
    "text/sentences.py": ["、,和及等"],
    "text/targets": ["、,力争确保 "],
    "text/slips.py": ["(?="],  # patterns of _SOUNDS
    "benefits/views_settings.py": ["如：省(市)级 "],  # the key of a setting as it is typed
    "rules/calls.py": ["(日期, 整数)", "(起, 止)"],  # how a function is written in a rule
    "rules/joining.py": ["(列表, 条件)"],
    "faces/templates/console.html": [" ? "],
    "emergency/forms_drills.py": ["timeline:"],  # a scenario as it is written
    "benefits/demo_imports.py": [",,,", ",2025年,"],  # rows of a file as another system writes them
    "packs/jccq/22/clauses.yaml": ["原文序号印作(7)"],
    "packs/jccq/23/clauses.yaml": ["区、镇(街道)、村(社区)三级养老服务网络建设"],  # the document's own heading
}


def shown() -> list[Path]:
    return [p for p in tracked() if p.suffix in READERS and "src/luoshi/" in str(p) and "/migrations/" not in str(p)]


@pytest.mark.once
def test_no_string_people_see_has_half_width_punctuation() -> None:
    bodies = [str(n) for body in yaml.safe_load(BODIES.read_text()) for n in [body["name"], *body.get("aliases", [])]]
    names = re.compile("|".join(map(re.escape, sorted((n for n in bodies if "(" in n), key=len, reverse=True))))
    found = []
    for path in shown():
        short = str(path.relative_to(ROOT / "src/luoshi"))
        allowed = [text for start, texts in ALLOWED.items() if short.startswith(start) for text in texts]
        for line, text in READERS[path.suffix](path):
            rest = names.sub("", text) if path.suffix == ".yaml" else text
            if wrong(rest) and not any(word in text for word in allowed):
                found.append(f"{short}:{line}: {text[:60]}")
    assert found == []


@pytest.mark.once
@pytest.mark.parametrize("text", ["尚缺:甲", "三项,已办", "镇(街道)", "符合条件；(含本数)", "是否恢复?"])
def test_a_new_one_is_found(text: str, tmp_path: Path) -> None:
    file = tmp_path / "a.py"
    file.write_text(f'"""文件说明, 不算."""\nWORDS = "{text}"\n')
    assert [line for line, _text in in_code(file)] == [2]
    file.write_text(f'name = 1\nwords = f"{{name}}{text}"\n')
    assert [line for line, _text in in_code(file)] == [2]
    page = tmp_path / "a.html"
    page.write_text(f"<p>{{{{ name }}}}{text}</p>")
    assert len(list(in_template(page))) == 1
    pack = tmp_path / "a.yaml"
    pack.write_text(f'- {{key: "25:二(一)", note: "{text}"}}\n')
    assert len(list(in_pack(pack))) == 1


@pytest.mark.once
@pytest.mark.parametrize(
    "text", ["措施，如 25:二(一)", "写法：round(数, 小数位)", "09:30 起，共 3 项", "“镇(街道)”照原文"]
)
def test_citations_calls_times_and_quotations_are_left_alone(text: str) -> None:
    assert wrong(text) == []
