"""`luoshi`: every command loads its room only when called, so that deciding needs no database and starts fast."""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any

import click

from luoshi import __version__
from luoshi.kernel.errors import BadInput, Refused

# name -> module:attribute. A system test checks that each one loads and is documented.
COMMANDS = {
    "benefits": "luoshi.benefits.commands:benefits",
    "serve": "luoshi.server.commands:serve",
    "web": "luoshi.server.commands:web",
    "clocks": "luoshi.server.commands:clocks",
    "init": "luoshi.server.commands:init",
    "check": "luoshi.server.commands:check",
    "gazette": "luoshi.norms.commands:gazette",
    "coverage": "luoshi.norms.commands_coverage:coverage",
    "plan": "luoshi.emergency.commands:plan",
    "pack": "luoshi.norms.commands_pack:pack",
    "calendar": "luoshi.directory.commands:calendar",
    "user": "luoshi.accounts.commands:user",
    "token": "luoshi.accounts.commands:token",
    "ledger": "luoshi.ledger.commands:ledger",
    "duties": "luoshi.supervision.commands:duties",
    "django": "luoshi.server.commands:django_admin",
}


class Rooms(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.group(cls=Rooms, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="luoshi")
def root() -> None:
    """落实：让政府公报里写的事情真正办起来。"""


def main(argv: list[str] | None = None) -> Any:
    """Exit 0 when answered, 2 when the request is unusable (one line on stderr), 1 for anything else."""
    try:
        code = root.main(args=argv, prog_name="luoshi", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except (BadInput, Refused) as error:
        _stop(str(error), 2)
    except click.exceptions.Abort:
        _stop("已中断", 1)
    except click.ClickException as error:
        _stop(said(error), 2)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        if "LUOSHI_TRACEBACK" in __import__("os").environ:
            raise
        _stop(f"内部错误 {type(error).__name__}: {error}（设 LUOSHI_TRACEBACK=1 可看详情）", 1)


# What click says of a value → the same in Chinese; a message it does not know is passed on.
_REASONS = [
    (re.compile(pattern), words)
    for pattern, words in (
        (r"^(.+) is not one of (.+)\.$", r"没有\1这个选择，可用：\2"),
        (r"^(.+) is not a valid integer( range)?\.$", r"应为整数，现为 \1"),
        (r"^(.+) is not a valid float( range)?\.$", r"应为数，现为 \1"),
        (r"^(.+) is not in the range (.+)\.$", r"\1 超出范围 \2"),
        (r"^(?:File|Path|Directory) (.+) does not exist\.$", r"没有这个文件：\1"),
        (r"^(?:File|Path) (.+) is a directory\.$", r"这是文件夹，不是文件：\1"),
        (r"^Directory (.+) is a file\.$", r"这是文件，不是文件夹：\1"),
        (r"^(?:File|Path|Directory) (.+) is not readable\.$", r"文件不能读取：\1"),
        (r"^(?:File|Path|Directory) (.+) is not writable\.$", r"文件不能写入：\1"),
        (r"^No such command (.+)\.$", r"没有这个命令：\1"),
        (r"^Missing command\.?$", "请写明子命令（-h 可看有哪些）"),
        (r"^Got unexpected extra arguments? \((.+)\)$", r"多余的参数：\1"),
        (r"^Option (.+) does not take a value\.$", r"选项 \1 不带值"),
        (r"^Option (.+) requires (?:an argument|\d+ arguments)\.$", r"选项 \1 须带值"),
        (r"^Got unexpected extra argument (.+)$", r"多余的参数：\1"),
    )
]


def said(error: click.ClickException) -> str:
    """What was wrong with the words typed, in Chinese: the option or argument first, then the reason."""
    if isinstance(error, click.NoSuchOption):
        close = f"，是不是 {'、'.join(error.possibilities)}" if error.possibilities else ""
        return f"{error.option_name}：没有这个选项{close}"
    if isinstance(error, click.MissingParameter):
        return f"{_name(error)}：没有给出"
    if isinstance(error, click.FileError):
        return f"{error.ui_filename}：打不开（{error.message}）"
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and isinstance(error.ctx.command, click.Group):
        names = error.ctx.command.list_commands(error.ctx)
        return f"{error.ctx.command_path}：请写明子命令，可用：{'、'.join(names)}"
    reason = _chinese(error.message)
    return f"{_name(error)}：{reason}" if isinstance(error, click.BadParameter) and _name(error) else reason


def _name(error: click.BadParameter) -> str:
    hint = error.param_hint or (error.param.get_error_hint(error.ctx) if error.param and error.ctx else "")
    return (hint if isinstance(hint, str) else " / ".join(hint)).replace("'", "")


def _chinese(message: str) -> str:
    for pattern, words in _REASONS:
        if pattern.match(message):
            return pattern.sub(words, message)
    return message


def _stop(message: str, code: int) -> None:
    print("luoshi: " + " ".join(message.split()), file=sys.stderr)  # noqa: T201
    sys.exit(code)


if __name__ == "__main__":
    main()
