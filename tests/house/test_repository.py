"""The repository's own habits: two commands, pinned libraries, short decisions, a page per room, no dead
links."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from tests.house.source import ROOT, Room, files, place, rooms, text, written

DECISION_LINES_MAX: Final = 50
"""A decision is read when someone wants to undo it: what does not fit a screen belongs to a page of its
own."""

DECISIONS: Final = tuple(
    p for p in files() if p.parent == ROOT / "docs" / "decisions" and p.name != "template.md"
)

PAGES: Final = tuple(p for p in files() if p.suffix == ".md")


def test_the_readme_shows_the_way() -> None:
    readme = text(ROOT / "README.md")

    for shown in ("make up", "make test", "curl ", "kontorhaus"):
        assert shown in readme, f"README.md does not show `{shown.strip()}`"


def test_continuous_integration_runs_what_a_person_runs() -> None:
    run = ROOT / ".ci" / "run"

    assert re.search(r"^(exec )?make test$", text(run), re.MULTILINE), (
        ".ci/run calls `make test` and nothing beside it"
    )
    assert run.stat().st_mode & 0o111, ".ci/run is not executable"


def test_every_target_of_the_makefile_is_explained() -> None:
    makefile = text(ROOT / "Makefile")
    phony = re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)
    silent = [
        target for target in " ".join(phony).split() if not re.search(rf"^{target}:.*## \w", makefile, re.M)
    ]

    assert phony
    assert not silent, f"{silent}: `target: ## what it does`, so that `make` alone prints it"


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_every_library_is_pinned_by_hash(name: str) -> None:
    pinned = _pinned(ROOT / "requirements" / f"{name}.txt")

    loose = [line for line in pinned if not re.match(r"[\w.\[\]-]+==\S+.*--hash=sha256:[0-9a-f]{64}", line)]

    assert pinned
    assert not loose, f"{loose}: run `make lock`"


@pytest.mark.parametrize("name", ["runtime", "dev"])
def test_every_library_that_is_asked_for_is_pinned(name: str) -> None:
    asked = {
        _plain(line)
        for line in text(ROOT / "requirements" / f"{name}.in").splitlines()
        if line and not line.startswith(("#", "-"))
    }
    pinned = {_plain(line) for line in _pinned(ROOT / "requirements" / f"{name}.txt")}

    assert asked <= pinned, f"{sorted(asked - pinned)}: run `make lock`"


def _pinned(path: Path) -> list[str]:
    """One line per library, with its hashes."""
    whole = text(path).replace("\\\n", " ")
    return [line for line in whole.splitlines() if line.strip() and not line.startswith("#")]


def _plain(line: str) -> str:
    name = re.match(r"[\w.-]+", line)
    assert name, line
    return re.sub(r"[-_.]+", "-", name[0]).lower()


def test_the_two_sets_agree() -> None:
    """What tests run on is what the house runs on."""
    runtime, dev = (dict(_versions(name)) for name in ("runtime", "dev"))
    different = {
        name: (runtime[name], dev[name]) for name in runtime.keys() & dev.keys() if runtime[name] != dev[name]
    }

    assert not different, f"{different}: run `make lock`"


def _versions(name: str) -> list[tuple[str, str]]:
    return [
        (_plain(line), line.split("==")[1].split()[0])
        for line in _pinned(ROOT / "requirements" / f"{name}.txt")
    ]


@pytest.mark.parametrize("path", DECISIONS, ids=place)
def test_a_decision_is_short_and_says_what_was_decided(path: Path) -> None:
    lines = text(path).splitlines()
    number = path.name[:4]

    assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name), f"{place(path)}: 0000-what-is-decided.md"
    assert len(lines) <= DECISION_LINES_MAX, f"{place(path)}: {len(lines)} lines of {DECISION_LINES_MAX}"
    assert lines[0].startswith(f"# {number} "), f"{place(path)}: begins with `# {number} ` and its title"
    assert any(line.startswith("**Decision.** ") for line in lines[:5]), f"{place(path)}: see template.md"


def test_no_two_decisions_share_a_number() -> None:
    numbers = [path.name[:4] for path in DECISIONS]

    assert sorted(numbers) == sorted(set(numbers))


@pytest.mark.parametrize("room", rooms(), ids=lambda room: room.package)
def test_every_room_has_its_page(room: Room) -> None:
    page = ROOT / "docs" / "rooms" / f"{room.name}.md"

    assert page.is_file(), f"{place(page)} is missing: what the room is for, what it guarantees, an example"
    assert len(text(page).splitlines()) > 10, f"{place(page)} says too little"


def test_the_changelog_is_kept() -> None:
    changelog = text(ROOT / "CHANGELOG.md")

    assert re.search(r"^## \[?Unreleased\]?$", changelog, re.MULTILINE), (
        "CHANGELOG.md has no `## [Unreleased]`"
    )


def test_the_licence_is_apache_2() -> None:
    licence = text(ROOT / "LICENSE")

    assert "Apache License" in licence
    assert "Version 2.0, January 2004" in licence
    assert 'license = "Apache-2.0"' in text(ROOT / "pyproject.toml")


@pytest.mark.parametrize("path", PAGES, ids=place)
def test_links_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text(path))
    dead = [t for t in targets if not re.match(r"[a-z]+:", t) and not (path.parent / t).exists()]

    assert not dead, f"{place(path)}: {dead} lead nowhere"


def test_pages_that_are_spoken_of_exist() -> None:
    """Code and prose name pages by their path from the root; a renamed page must not leave its name
    behind."""
    dead = {
        f"{place(path)}: {named}"
        for path in written()
        if path.suffix in {".py", ".md", ".sql", ".toml", ""}
        for named in re.findall(r"\bdocs/(?:[\w-]+/)*[\w-]+\.(?:md|sql|json)\b", text(path))
        if not (ROOT / named).exists()
    }

    assert not dead, "\n".join(sorted(dead))
