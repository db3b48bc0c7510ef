"""A small made-up district's pack (演示数据), for tests that then spoil one line of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from luoshi.cli import main

FILES = {
    "pack.yaml": """\
id: yanshi
district: 演示县
title: 演示公报
version: "1"
instruments: ["1"]
""",
    "bodies.yaml": """\
- name: 县发改局
  kind: department
  full_name: 演示县发展和改革局
  aliases: [县发展改革局]
- name: 县住建局
  kind: department
- {name: 各乡镇, kind: town, collective: true}
""",
    "areas.yaml": """\
- {code: yanshi, name: 演示县, sort: district}
- {code: yanshi-a, name: 甲镇, sort: town, parent: yanshi, basis: "1:一"}
""",
    "posts.yaml": "- {body: 县发改局, title: 局长, head: true}\n",
    "1/instrument.yaml": """\
slug: "1"
number: 演政发〔2024〕1号
title: 演示方案
kind: 通知
issuer: 演示县人民政府
date: 2024-03-01
public: true
valid_from: 2024-03-01
summary: 演示用的方案。
relations:
- {kind: basis, cite: "1:一", number: 演市发〔2023〕9号}
""",
    "1/clauses.yaml": """\
- key: "1:一"
  path: 一
  kind: principle
  gist: 说明为什么要办。
- key: "1:二1-1"
  path: 二1
  heading: 新建绿地
  kind: target
  gist: 年底前新建绿地。
  facts: {area: 12.5, unit: 公顷}
- key: "1:二1-2"
  path: 二1
  kind: rule
  gist: 不得占用绿地。
""",
    "1/duties.yaml": """\
- key: "1:二1-1"
  clauses: ["1:二1-1"]
  provision: 二1
  title: 新建绿地
  group: 二 主要任务
  lead: [县住建局]
  cooperate: [各乡镇]
  deadline: {date: 2024-12-31, printed: 2024年底前}
  targets:
  - {indicator: 新建绿地面积, op: ">=", value: 12.5, unit: 公顷, due: 2024-12-31}
""",
    "1/interpretations.yaml": """\
- key: Y1
  question: 屋顶绿化算不算新建绿地?
  options: [{value: "yes", label: 算}, {value: "no", label: 不算}]
  default: "no"
  cites: ["1:二1-1"]
  body: 县住建局
""",
    "1/parameters.yaml": """\
- key: green.share
  label: 绿地率
  unit: "%"
  cite: "1:二1"
  values:
  - {value: 30, valid_from: 2024-01-01, source: 演示文件}
- {key: green.award, label: 奖励标准, kind: fen, cite: "1:二1", awaited_from: 市里}
""",
    "1/findings.yaml": """\
- {key: 1.F1, code: slip, cites: ["1:二1-1"], message: 误识。, raw: 绿的, reading: 绿地}
""",
}


class DemoPack:
    """The pack's folder, and a way to change one line of a file as a person editing it would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in FILES.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> int:
        """Replace the first `old` in a file by `new`; the line (from 1) at which `new` begins."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} is not in {name}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        return text[: text.index(old)].count("\n") + 1

    def write(self, name: str, data: bytes | str) -> None:
        path = self.folder / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())


@pytest.fixture
def demo_pack(tmp_path: Path) -> DemoPack:
    return DemoPack(tmp_path / "yanshi")


@pytest.fixture
def make_pack() -> type[DemoPack]:
    """`make_pack(folder)`: another one, to compare with or to spoil over and over."""
    return DemoPack


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """`run("pack", "check", folder)` as at a shell: exit code, stdout, stderr."""

    def call(*args: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main([str(a) for a in args])
        out, err = capsys.readouterr()
        return int(stopped.value.code or 0), out, err

    return call
