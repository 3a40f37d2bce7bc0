"""The generated pages of docs/reference: what the code says of itself, in the order in which a reader looks
it up."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import msgspec
from msgspec import Struct
from msgspec import inspect as kinds

from kontorhaus.cli import main
from kontorhaus.kernel.errors import KINDS, DomainError, every_error
from kontorhaus.platform import settings
from kontorhaus.platform.http.problems import status_of
from tests.house.source import ROOT, rooms
from tests.house.statements import import_everything

FOLDER: Final = ROOT / "docs" / "reference"

GENERATED: Final = "Generated from the code by `make docs`; a test compares."


def pages(schema: str) -> dict[Path, str]:
    """Every page of the reference as it must be; `schema` comes from `dumped`."""
    import_everything()
    return {
        FOLDER / "settings.md": settings_page(),
        FOLDER / "errors.md": errors_page(),
        FOLDER / "events.md": events_page(),
        FOLDER / "cli.md": commands_page(),
        FOLDER / "schema.sql": schema,
        FOLDER / "openapi.json": api_document(),
    }


def settings_page() -> str:
    """One row per setting: its variable, what it takes, what it is by default, what it does."""
    rows = [
        "| Variable | Takes | Default | What it does |",
        "|---|---|---|---|",
    ]
    structure = kinds.type_info(settings.Settings)
    assert isinstance(structure, kinds.StructType)
    for field in structure.fields:
        description, kind = _described(field.type)
        assert description, f"the setting {field.name} has no description"
        default = "none" if field.default is None else f"`{json.dumps(field.default)}`".replace('"', "")
        rows.append(f"| `{settings.PREFIX}{field.name.upper()}` | {kind} | {default} | {description} |")
    return _page("Settings", "Environment variables, read once when a process starts.", "\n".join(rows))


def _described(kind: kinds.Type) -> tuple[str, str]:
    """A field's description, and in words what it takes."""
    if isinstance(kind, kinds.Metadata):
        description, takes = _described(kind.type)
        return str((kind.extra_json_schema or {}).get("description", description)), takes
    if isinstance(kind, kinds.UnionType):
        return _described(next(part for part in kind.types if not isinstance(part, kinds.NoneType)))
    if isinstance(kind, kinds.BoolType):
        return "", "`true` or `false`"
    if isinstance(kind, kinds.IntType) and kind.ge is not None and kind.le is not None:
        return "", f"{kind.ge} to {kind.le}"
    if isinstance(kind, kinds.StrType) and (choice := re.fullmatch(r"\^\(([a-z|]+)\)\$", kind.pattern or "")):
        return "", ", ".join(f"`{word}`" for word in choice[1].split("|"))
    if isinstance(kind, kinds.StrType) and kind.min_length is not None:
        return "", f"text of {kind.min_length} characters at least"
    return "", {kinds.IntType: "a whole number", kinds.StrType: "text"}[type(kind)]


def errors_page() -> str:
    """Every code, by kind: what a caller meets first is what he looks for."""
    found = sorted(house_errors(), key=lambda error: error.code)
    told = []
    for kind in (*KINDS, DomainError):
        own = [error for error in found if _kind(error) is kind]
        if not own:
            continue
        heading = kind.__name__ if kind is not DomainError else "Of the edge"
        told += [f"## {heading}", *(_error(error) for error in own)]
    return _page("Errors", "Every `code` that a caller can meet, by kind.", "\n\n".join(told))


def house_errors() -> set[type[DomainError]]:
    """Every error of the house; not those that a test has made up."""
    import_everything()
    return {error for error in every_error() if error.__module__.startswith("kontorhaus.")}


def _kind(error: type[DomainError]) -> type[DomainError]:
    return next((kind for kind in KINDS if issubclass(error, kind)), DomainError)


def _error(error: type[DomainError]) -> str:
    again = " Trying again may help." if error.should_retry else ""
    return f"### `{error.code}`\n\n**{error.title}.** Status {status_of(error)}.{again}\n\n{_prose(error)}"


def events_page() -> str:
    """Every fact that a room publishes, with its fields."""
    told = []
    for room in rooms():
        facts = [
            fact
            for name in import_everything()
            if name.startswith(f"{room.package}.events")
            for fact in vars(sys.modules[name]).values()
            if inspect.isclass(fact) and issubclass(fact, Struct) and fact.__module__ == name
        ]
        if facts:
            told += [f"## {room.name}", *(_fact(fact) for fact in facts)]
    return _page(
        "Events",
        "Facts in the event log. They carry ids, states, amounts and versions, never personal data.",
        "\n\n".join(told or ["No room publishes a fact yet."]),
    )


def _fact(fact: type[Struct]) -> str:
    named = "\n".join(f"- `{field.encode_name}`" for field in msgspec.structs.fields(fact))
    return f"### `{fact.__struct_config__.tag or fact.__name__}`\n\n{_prose(fact)}\n\n{named}"


def commands_page() -> str:
    """The tree of commands, each with its help, arguments and options."""
    return _page("Commands", main.help or "", "\n\n".join(_commands(main, "kontorhaus")))


def _commands(command: click.Command, path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from _commands(command.commands[name], f"{path} {name}")
        return
    words = [path]
    described = []
    for parameter in command.params:
        if isinstance(parameter, click.Argument):
            word = parameter.make_metavar(click.Context(command))
            words.append(word if parameter.nargs != -1 or "..." in word else f"{word}...")
        elif isinstance(parameter, click.Option):
            words.append(f"[{parameter.opts[0]}]")
            described.append(f"- `{', '.join(parameter.opts)}`: {parameter.help}")
    assert command.help, f"`{path}` has no help"
    about = inspect.cleandoc(command.help)
    yield "\n\n".join(filter(None, [f"## `{' '.join(words)}`", about, "\n".join(described)]))


def api_document() -> str:
    """The OpenAPI document, laid out so that a change of it can be read as a difference of lines."""
    from kontorhaus.roles import api

    return json.dumps(api.document(), indent=2, ensure_ascii=False) + "\n"


UNDATED: Final = ("--exclude-table=event_2*",)
"""Partitions are made by processes, not by migrations, and are others every month."""


def dumped(url: str, pg_dump: Path) -> str:
    """The schema of a migrated database as pg_dump writes it, without what differs from server to server."""
    done = subprocess.run(
        [pg_dump, "--schema-only", "--no-owner", "--schema=public", "--extension=*", *UNDATED, url],
        check=True,
        capture_output=True,
        text=True,
    )
    kept = [
        line
        for line in done.stdout.splitlines()
        if not re.match(r"--|SET |SELECT pg_catalog|\\(un)?restrict|CREATE SCHEMA public|COMMENT ON", line)
    ]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return f"-- {GENERATED}\n\n{text}\n"


def _prose(documented: type) -> str:
    about = inspect.getdoc(documented) if documented.__doc__ else None
    assert about, f"{documented.__name__} has no docstring, which is the text of its page"
    return about


def _page(title: str, about: str, body: str) -> str:
    return f"# {title}\n\n{about} {GENERATED}\n\n{body}\n"


def stray_pages(wanted: dict[Path, Any]) -> list[Path]:
    """Pages that nothing generates any more."""
    return sorted(path for path in FOLDER.glob("*") if path not in wanted)
