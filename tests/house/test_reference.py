"""The reference is what the code says: every setting, error, event, command and table stands in it."""

from __future__ import annotations

import difflib
import itertools
from pathlib import Path

import pytest

from kontorhaus.kernel.errors import KINDS
from kontorhaus.platform import postgres
from tests.house import reference
from tests.house.source import place
from tests.house.statements import import_everything


def difference(path: Path, wanted: str) -> str:
    """The first lines in which a page differs from what it must be; empty when it does not."""
    kept = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = difflib.unified_diff(kept.splitlines(), wanted.splitlines(), lineterm="", n=1)
    return "\n".join(itertools.islice(lines, 40))


@pytest.mark.parametrize("name", ["settings", "errors", "events", "cli"])
def test_the_page_is_up_to_date(name: str) -> None:
    import_everything()
    write = {
        "settings": reference.settings_page,
        "errors": reference.errors_page,
        "events": reference.events_page,
        "cli": reference.commands_page,
    }[name]
    path = reference.FOLDER / f"{name}.md"

    shown = difference(path, write())

    assert not shown, f"{place(path)} is out of step with the code; run `make docs`\n{shown}"


def test_the_schema_is_what_the_migrations_make(admin_database_url: str) -> None:
    """docs/reference/schema.sql shows what a migration brings as a difference of lines, to whoever reviews
    it."""
    path = reference.FOLDER / "schema.sql"
    shown = difference(path, reference.dumped(admin_database_url, postgres.find(None).folder / "pg_dump"))

    assert not shown, f"{place(path)} is out of step with migrations/; run `make docs`\n{shown}"


def test_no_page_is_left_behind() -> None:
    names = ("settings.md", "errors.md", "events.md", "cli.md", "schema.sql", "openapi.json")
    stray = reference.stray_pages(dict.fromkeys((reference.FOLDER / name for name in names), ""))

    assert not stray, f"{[place(path) for path in stray]}: nothing generates them; run `make docs`"


def test_codes_are_one_of_a_kind() -> None:
    """A code is a contract: two errors under one code could not be told apart."""
    codes = sorted(error.code for error in reference.house_errors())

    assert codes == sorted(set(codes))


def test_errors_are_explained() -> None:
    """Code, title and page of each: the docstring says what happened and what the caller can do."""
    for error in reference.house_errors():
        assert error.code.replace("_", "").isalnum(), f"{error.__name__}: a code is lower_case_words"
        assert error.code == error.code.lower(), f"{error.__name__}: a code is lower_case_words"
        assert error.__dict__.get("title"), f"{error.__name__} has no title of its own"
        assert not error.title.endswith("."), f"{error.__name__}: a title is no sentence"
        assert len(error.__doc__ or "") > 20, f"{error.__name__}: its docstring is the text of its page"
        assert error not in KINDS
