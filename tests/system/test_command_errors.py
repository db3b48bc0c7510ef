"""Words typed wrongly: one line of Chinese on stderr that names what was wrong, exit 2, never a traceback."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from luoshi import cli


def commands() -> Iterator[tuple[list[str], click.Command]]:
    """Every command, groups too, with the words that call it."""

    def walk(words: list[str], command: click.Command) -> Iterator[tuple[list[str], click.Command]]:
        yield words, command
        if isinstance(command, click.Group):
            for name, inner in command.commands.items():
                yield from walk([*words, name], inner)

    for name, place in cli.COMMANDS.items():
        module, _, attribute = place.partition(":")
        yield from walk([name], getattr(importlib.import_module(module), attribute))


ALL = [(words, command) for words, command in commands() if words != ["django"]]


def said(argv: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line on stderr of a command that must refuse before it touches anything."""
    with pytest.raises(SystemExit) as left:
        cli.main(argv)
    out, err = capsys.readouterr()
    assert (left.value.code, out, err.count("\n")) == (2, "", 1), (argv, out, err)
    assert err.startswith("luoshi: ") and re.search("[\u4e00-\u9fff]", err), err
    return err


@pytest.mark.once
@pytest.mark.parametrize(
    ("words", "command"), ALL, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_an_option_nobody_has_is_named(
    words: list[str], command: click.Command, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "--nonesuch" in said([*words, "--nonesuch"], capsys)


@pytest.mark.once
@pytest.mark.parametrize(
    ("words", "command"), ALL, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_what_must_be_given_and_what_is_too_much_are_named(
    words: list[str], command: click.Command, capsys: pytest.CaptureFixture[str]
) -> None:
    if isinstance(command, click.Group):
        assert "请写明子命令" in said(words, capsys)
        assert "nonesuch" in said([*words, "nonesuch"], capsys)
        return
    needed = [p for p in command.params if p.required]
    if needed:
        assert "没有给出" in said(words, capsys)
    valued = [p for p in command.params if isinstance(p, click.Option) and not p.is_flag and not p.count]
    for option in valued:
        assert option.opts[0] in said([*words, option.opts[0]], capsys)


def typed(words: list[str], command: click.Command) -> Iterator[tuple[list[str], str]]:
    """(argv, the option) with a value its type does not take; what else is required is given some word."""
    for option in command.params:
        if not isinstance(option, click.Option) or option.is_flag:
            continue
        if isinstance(option.type, click.Choice | click.types.IntParamType | click.types.FloatParamType):
            yield [*words, option.opts[0], "不成话"], option.opts[0]


TYPED = [case for words, command in ALL for case in typed(words, command)]


@pytest.mark.once
@pytest.mark.parametrize(("argv", "option"), TYPED, ids=lambda value: value if isinstance(value, str) else value[0])
def test_a_value_of_the_wrong_kind_is_named(argv: list[str], option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert option in said(argv, capsys)


@pytest.mark.parametrize(
    ("argv", "named"),
    [
        (["duties", "list", "--as-of", "2024-13-01"], "--as-of: 不是日期"),
        (["duties", "list", "--state", "忙"], "--state: 没有“忙”"),
        (["duties", "list", "--light", "紫"], "--light: 没有“紫”"),
        (["duties", "bulletin", "--month", "2024-13", "--out", "x.docx"], "--month: 不是月份"),
        (["gazette", "search", "字", "--as-of", "昨天"], "--as-of"),
        (["gazette", "parse", "/nonesuch/a.txt"], "a.txt: 没有这个文件"),
        (["benefits", "decide", "--measure", "25:九", "--facts", "/nonesuch", "--as-of", "2025-01-01"], "/nonesuch"),
        (["plan", "propose", "--facts", "/nonesuch"], "没有这个文件"),
        (["plan", "drill", "没有这个演练"], "没有这个演练"),
        (["pack", "check", "/nonesuch"], "/nonesuch"),
        (["ledger", "verify", "/nonesuch.zip"], "没有这个文件"),
        (["calendar", "show", "二〇二五"], "YEAR"),
        (["serve", "--people", "-1"], "--people"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_value_that_cannot_be_used_is_named_with_its_option(
    argv: list[str], named: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert named in said(argv, capsys)


@pytest.mark.django_db
def test_a_document_nobody_has_is_named(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("luoshi.supervision.commands._ready", lambda: None)
    assert "--document: 没有文号为“某某〔2020〕1号”的文件" in said(
        ["duties", "list", "--document", "某某〔2020〕1号"], capsys
    )
