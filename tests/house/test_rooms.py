"""The same names in every room, always with the same meaning; what each file may not do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from kontorhaus.platform.db.query import Statement
from tests.house.source import (
    HOUSE,
    ROOM_FLOORS,
    Room,
    dotted,
    files,
    functions,
    imports,
    is_sql,
    literals,
    place,
    python,
    rooms,
    text,
    tree,
)
from tests.house.statements import statements

PARTS: Final = (
    "model",
    "errors",
    "events",
    "views",
    "store",
    "queries",
    "actions",
    "routes",
    "reactions",
    "jobs",
)

FORBIDDEN_IMPORTS: Final = {
    "model": (
        r"asyncio|asyncpg|aiohttp|litestar|socket|subprocess|time|os"
        r"|kontorhaus\.kernel\.time\.(utc_now|monotonic)"
        r"|kontorhaus\.platform\.(db|http|idempotency|outbound|postgres|secrets|telemetry)",
        "a model decides purely: hand the instant in as a parameter, and let actions do what waits or reads",
    ),
    "errors": (
        r"http|litestar|kontorhaus\.platform\.http",
        "an error's kind decides its status; it knows no HTTP",
    ),
    "views": (
        r"litestar|kontorhaus\.platform\.(http|idempotency|outbound)",
        "a view renders and nothing else",
    ),
    "store": (
        r"litestar|aiohttp|kontorhaus\.platform\.(db\.(Db|Scope)|http|idempotency|outbound)",
        "a store is handed an open `tx`; transactions belong to actions, and reads to queries",
    ),
    "gateways": (
        r"asyncpg|kontorhaus\.platform\.db",
        "a gateway talks to a provider and never touches the database",
    ),
    "queries": (r"litestar|kontorhaus\.platform\.(http|outbound)", "a query knows no HTTP"),
    "actions": (
        r"litestar|kontorhaus\.platform\.http",
        "an action knows no HTTP; routes.py decodes and answers",
    ),
}

WRITING_QUERIES: Final = {
    "kontorhaus.people.access": {
        "TOUCH_KEY": "a key's last use is noted where the key is looked up, hourly at most"
    },
}
"""Reads that write all the same, each with its reason."""

room_by_room = pytest.mark.parametrize("room", rooms(), ids=lambda room: room.package)


def parts(*names: str) -> Iterator[tuple[str, Path]]:
    """Files of the named parts, over all rooms and those of platform's packages that are built like rooms."""
    for room in rooms("platform", *ROOM_FLOORS):
        for name in names:
            yield from ((name, path) for path in room.file(name))


@room_by_room
def test_a_room_has_only_the_files_with_a_meaning(room: Room) -> None:
    own = [path.relative_to(room.folder) for path in files() if path.is_relative_to(room.folder)]
    names = {path.parts[0] if len(path.parts) > 1 else path.stem for path in own}

    strange = sorted(names - {"__init__", "gateways", *PARTS})

    assert not strange, (
        f"{room.package}: {strange}; a room consists of __init__, gateways/, {', '.join(PARTS)}"
    )


@room_by_room
def test_a_part_is_a_file_or_a_folder_but_not_both(room: Room) -> None:
    both = [part for part in PARTS if (room.folder / part).is_dir() and (room.folder / f"{part}.py").exists()]

    assert not both, f"{room.package}: {both} exist twice; what has grown into a folder leaves no file behind"


@pytest.mark.parametrize("path", [p for p in python("kontorhaus") if p.name == "__init__.py"], ids=place)
def test_a_door_holds_no_code(path: Path) -> None:
    doc = ast.get_docstring(tree(path))
    assert doc, f"{place(path)}: a door says in 1 to 5 lines what is behind it"
    assert len(doc.splitlines()) <= 5, f"{place(path)}: a door's docstring has 5 lines at the most"

    for node in tree(path).body[1:]:
        assert _is_re_export(node) or (path.parent == HOUSE and _is_version(node)), (
            f"{place(path)}:{node.lineno}: a door holds `from x import y as y` and nothing else"
        )


def _is_re_export(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and all(alias.asname == alias.name for alias in node.names)


def _is_version(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__version__"


def test_no_file_is_empty() -> None:
    empty = [place(path) for path in files() if not path.read_bytes().strip()]

    assert not empty, f"{empty}: a file that says nothing is not there"


def test_each_part_imports_only_what_its_duty_needs() -> None:
    found = [
        f"{place(path)}:{line}: {name}: {FORBIDDEN_IMPORTS[part][1]}"
        for part, path in parts(*FORBIDDEN_IMPORTS)
        if not path.is_relative_to(HOUSE / "platform")
        for line, name in imports(tree(path))
        if re.match(rf"(?:{FORBIDDEN_IMPORTS[part][0]})(?:\.|$)", name)
    ]

    assert not found, "\n".join(found)


def test_a_model_is_pure() -> None:
    found = [
        f"{place(path)}:{node.lineno}: a model waits for nothing; move it to actions"
        for _, path in parts("model")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.AsyncFunctionDef | ast.Await)
        or (
            isinstance(node, ast.Attribute)
            and dotted(node) in {"datetime.now", "datetime.utcnow", "date.today"}
        )
    ]

    assert not found, "\n".join(found)


def test_routes_reactions_and_jobs_never_catch() -> None:
    found = [
        f"{place(path)}:{node.lineno}: never catch here; one table in platform/http turns errors into answers"
        for _, path in parts("routes", "reactions", "jobs")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Try | ast.TryStar)
        or (isinstance(node, ast.Call) and "suppress" in dotted(node.func))
    ]

    assert not found, "\n".join(found)


def test_statements_stand_in_stores_alone() -> None:
    """Also below the rooms: platform/db and platform/postgres speak to the server itself, nobody else
    does."""
    free = (HOUSE / "platform" / "db", HOUSE / "platform" / "postgres")
    # A simulator keeps books of its own, and its statements in a store.py as well.
    simulators = {path for path in python("kontorhaus/sandbox") if path.name == "store.py"}
    stores = {path for _, path in parts("store")} | simulators
    found = [
        f"{place(path)}:{line}: a statement outside store.py; make it a Query or a Command there"
        for path in python("kontorhaus")
        if path not in stores and not any(path.is_relative_to(folder) for folder in free)
        for line, literal in literals(tree(path))
        if is_sql(literal)
    ]

    assert not found, "\n".join(found)


def test_stores_open_no_transaction() -> None:
    found = [
        f"{place(path)}:{node.lineno}: a store works inside the transaction it is handed"
        for _, path in parts("store")
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in {"transaction", "maintenance", "acquire"})
        or (
            isinstance(node, ast.Constant)
            and re.match(r"\s*(BEGIN|COMMIT|ROLLBACK|SAVEPOINT)\b", str(node.value))
        )
    ]

    assert not found, "\n".join(found)


def test_a_function_is_handed_a_transaction_or_the_right_to_open_one() -> None:
    """`tx` says: neither commits nor leaves for the network. `db` says: owns its phases. Both would say
    nothing."""
    found = [
        f"{place(path)}:{function.lineno}: {function.name} takes both `tx` and `db`"
        for path in python("kontorhaus")
        for function in functions(tree(path))
        if {"tx", "db"}
        <= {a.arg for a in (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)}
    ]

    assert not found, "\n".join(found)


@room_by_room
def test_queries_do_not_write(room: Room) -> None:
    writes = {
        name.rpartition(".")[2]: statement
        for name, statement in statements().items()
        if name.startswith(f"{room.package}.store") and _writes(statement)
    }
    used = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for path in room.file("queries")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute | ast.Name)
    }
    listed = WRITING_QUERIES.get(room.package, {})

    assert used & writes.keys() == listed.keys(), (
        f"{room.package}.queries may write only {list(listed)}; use actions"
    )


def _writes(statement: Statement) -> bool:
    return (
        re.search(r"\b(INSERT\s+INTO|UPDATE\s+\w+|DELETE\s+FROM|MERGE\s+INTO)\b", statement.text) is not None
    )


@pytest.mark.parametrize("room", rooms("platform", *ROOM_FLOORS), ids=lambda room: room.package)
def test_a_room_has_tests_of_its_own(room: Room) -> None:
    wing = f"tests/{room.floor}/{room.name}"

    assert any(place(p).startswith(wing) for p in python("tests")), f"{room.package} has no tests in {wing}"


def test_text_files_end_with_a_line() -> None:
    found = [place(path) for path in python() if not text(path).endswith("\n") or text(path).endswith("\n\n")]

    assert not found, f"{found}: a file ends with one newline"
