"""The house keeps its own rules: migrations, documents, sizes, nothing of one machine in what everyone gets."""

from __future__ import annotations

import importlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db.models import FloatField

import luoshi
from luoshi.cli import COMMANDS, root

from .routes import operations

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(luoshi.__file__).parent
DOCS = ROOT / "docs"
LONGEST = 400


def tracked() -> list[Path]:
    """Files that everyone gets; outside a checkout, what lies in the folders."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    names = listed.stdout.splitlines()
    if not names:
        names = [
            str(p.relative_to(ROOT)) for d in ("src", "tests", "docs") for p in (ROOT / d).rglob("*") if p.is_file()
        ]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


@pytest.mark.django_db
def test_no_model_has_changed_without_its_migration() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("name", COMMANDS)
def test_command_loads_and_is_documented(name: str) -> None:
    module, _, attribute = COMMANDS[name].partition(":")
    command = getattr(importlib.import_module(module), attribute)
    assert isinstance(command, click.Command)
    written = (DOCS / "commands.md").read_text()
    missing = [path for path in _leaves(command, f"luoshi {name}") if not re.search(rf"`{re.escape(path)}\b", written)]
    assert missing == [], f"docs/commands.md lacks {missing}"


def _leaves(command: click.Command, path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from _leaves(inner, f"{path} {name}")
    else:
        yield path


def test_documented_commands_exist() -> None:
    written = re.findall(r"^\| `luoshi ([a-z-]+)(?: ([a-z-]+))?", (DOCS / "commands.md").read_text(), re.M)
    context = click.Context(root)
    for name, inner in written:
        command = root.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            assert inner in command.commands, f"{name} {inner}"


@pytest.mark.parametrize("name", COMMANDS)
def test_command_says_what_it_is_for(name: str) -> None:
    module, _, attribute = COMMANDS[name].partition(":")
    assert (getattr(importlib.import_module(module), attribute).help or "").strip()


def test_every_setting_is_documented_and_every_documented_one_read() -> None:
    code = "\n".join(p.read_text() for p in [*SOURCE.rglob("*.py"), *(ROOT / "tests").rglob("*.py"), ROOT / "Makefile"])
    used = set(re.findall(r"\bLUOSHI_[A-Z][A-Z_]*[A-Z]\b", code))
    written = set(re.findall(r"^\| `(LUOSHI_[A-Z_]+)`", (DOCS / "settings.md").read_text(), re.M))
    assert used - written == set(), "in docs/settings.md these are missing"
    assert written - used == set(), "nobody reads these"


def test_every_api_operation_is_documented() -> None:
    written = (DOCS / "api.md").read_text()
    assert [f"{m} {p}" for m, p, _ in operations() if f"`{m} {p}`" not in written] == [], (
        "run: python -m tests.system.api"
    )


def test_no_table_holds_a_float() -> None:
    """What decides is a whole number or a decimal; a float has no one spelling and no one sum."""
    found = [
        f"{model.__name__}.{field.name}"
        for config in apps.get_app_configs()
        if config.name.startswith("luoshi.")
        for model in config.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, FloatField)
    ]
    assert found == []


def test_no_file_is_two_things() -> None:
    long = {
        str(p.relative_to(ROOT)): count
        for p in tracked()
        if p.suffix == ".py" and "migrations" not in p.parts and (count := len(p.read_text().splitlines())) > LONGEST
    }
    assert long == {}


@pytest.mark.parametrize("word", ["/wo" + "rk/", "/ro" + "ot/", "." + "library", "/tmp/" + "bash_jobs"])
def test_nothing_names_the_machine_it_was_made_on(word: str) -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        if word in text:
            found.append(str(path.relative_to(ROOT)))
    assert found == []


def test_every_clock_that_is_started_has_someone_who_acts_when_it_breaks() -> None:
    """A promise nobody acts on is a defect. Kinds are written out where clocks are started."""
    from luoshi.clocks import registry

    pattern = re.compile(r"\bclocks(?:\.actions)?\.start\(\s*\"([a-z_.0-9]+)\"")
    started = {(p.name, kind) for p in SOURCE.rglob("*.py") for kind in pattern.findall(p.read_text())}
    assert [one for one in sorted(started) if not registry.has_handler(one[1])] == []


def test_every_room_in_the_settings_is_a_package_with_an_app() -> None:
    from django.conf import settings

    for room in settings.ROOMS:
        assert importlib.import_module(f"luoshi.{room}.apps")
