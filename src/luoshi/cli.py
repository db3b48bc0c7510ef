"""`luoshi`: every command loads its room only when called, so that deciding needs no database and starts fast."""

from __future__ import annotations

import importlib
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
    """落实:让政府公报里写的事情真正办起来。"""


def main(argv: list[str] | None = None) -> Any:
    """Exit 0 when answered, 2 when the request is unusable (one line on stderr), 1 for anything else."""
    try:
        code = root.main(args=argv, prog_name="luoshi", standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except (BadInput, Refused) as error:
        _stop(str(error), 2)
    except click.exceptions.Abort:
        _stop("interrupted", 1)
    except click.ClickException as error:
        _stop(error.format_message(), 2)
    except BrokenPipeError:
        sys.exit(1)
    except Exception as error:
        if "LUOSHI_TRACEBACK" in __import__("os").environ:
            raise
        _stop(f"internal error: {type(error).__name__}: {error} (set LUOSHI_TRACEBACK=1 for details)", 1)


def _stop(message: str, code: int) -> None:
    print("luoshi: " + " ".join(message.split()), file=sys.stderr)  # noqa: T201
    sys.exit(code)


if __name__ == "__main__":
    main()
