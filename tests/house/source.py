"""What the house is made of, read as text and syntax trees: the tests of the house look through these
functions."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

ROOT: Final = Path(__file__).parents[2]

HOUSE: Final = ROOT / "kontorhaus"

ROOM_FLOORS: Final = ("people", "money", "goods", "wire")
"""Floors that consist of rooms. Platform's packages have doors too, but their files carry names of their
own."""

NOT_OURS: Final = ("LICENSE", "requirements/*.txt", "docs/reference/*")
"""Files that nobody writes by hand; what generates them is under the law instead."""


@functools.cache
def files() -> tuple[Path, ...]:
    """Every file that belongs to the repository, committed or not yet; ignored ones are not part of it."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found = {ROOT / name for name in listed.stdout.split("\0") if name}
    return tuple(sorted(path for path in found if path.is_file()))


def place(path: Path) -> str:
    """How a message names a file: from the repository's root, with slashes."""
    return path.relative_to(ROOT).as_posix()


def written() -> tuple[Path, ...]:
    """The files that people write."""
    return tuple(path for path in files() if not any(path.relative_to(ROOT).match(p) for p in NOT_OURS))


def python(*folders: str) -> tuple[Path, ...]:
    """The Python files in some folders of the repository; all of them when none is named."""
    under = tuple(ROOT / folder for folder in folders) or (ROOT,)
    return tuple(
        p for p in files() if p.suffix == ".py" and any(p.is_relative_to(folder) for folder in under)
    )


@functools.cache
def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@functools.cache
def tree(path: Path) -> ast.Module:
    return ast.parse(text(path), filename=str(path))


class Room(Struct, frozen=True):
    """A package with a door: `kontorhaus/people/access` is `kontorhaus.people.access`."""

    floor: str
    name: str

    @property
    def package(self) -> str:
        return f"kontorhaus.{self.floor}.{self.name}"

    @property
    def folder(self) -> Path:
        return HOUSE / self.floor / self.name

    def file(self, part: str) -> tuple[Path, ...]:
        """A part of the room, such as `store`: one file, or all files of the folder it has grown into."""
        if (single := self.folder / f"{part}.py").is_file():
            return (single,)
        return tuple(p for p in files() if p.is_relative_to(self.folder / part) and p.suffix == ".py")


def rooms(*floors: str) -> tuple[Room, ...]:
    """The packages of some floors; without an argument those that are rooms in the full sense."""
    return tuple(
        Room(floor=floor, name=door.parent.name)
        for floor in floors or ROOM_FLOORS
        for door in files()
        if door.name == "__init__.py" and door.parent.parent == HOUSE / floor
    )


def module(path: Path) -> str:
    """The dotted name under which a file is imported."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def functions(found: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(found):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def dotted(node: ast.expr) -> str:
    """`a.b.c` of a name or of attributes of a name; empty for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def imports(found: ast.AST) -> Iterator[tuple[int, str]]:
    """Every imported name with its line: `from a import b` is `a.b`, `import a` is `a`."""
    for node in ast.walk(found):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def literals(found: ast.AST) -> Iterator[tuple[int, str]]:
    """Every string that the code works with: no docstrings, and an f-string as one with `{}` in its gaps."""
    skipped: set[int] = set()
    for node in ast.walk(found):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant | ast.JoinedStr):
            skipped.add(id(node.value))
        if isinstance(node, ast.JoinedStr):
            skipped.update(id(part) for part in node.values)
            if id(node) not in skipped:
                pieces = (p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
                yield node.lineno, "".join(str(piece) for piece in pieces)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node.lineno, node.value


_SQL: Final = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*"
    r"(?:SELECT\s|INSERT\s+INTO\s|UPDATE\s[^$]*?\sSET\s|DELETE\s+FROM\s|MERGE\s+INTO\s|WITH\s+\w+[^:]*?\sAS\s*\("
    r"|TRUNCATE\s|LOCK\s+TABLE\s|(?:CREATE|ALTER|DROP)\s+(?:TABLE|INDEX|ROLE|FUNCTION|POLICY|SCHEMA|DATABASE)\s"
    r"|BEGIN\b|COMMIT\b|ROLLBACK\b|SAVEPOINT\s|SET\s+(?:LOCAL|ROLE)\s)",
    re.DOTALL,
)


def is_sql(literal: str) -> bool:
    """Whether a string reads like a statement. Keywords are written in capitals in this house, so prose is
    not met."""
    return _SQL.match(literal) is not None
