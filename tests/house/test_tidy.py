"""Small functions, small files, and words that the house does without. Each finding names what to write
instead."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.house.source import (
    HOUSE,
    ROOM_FLOORS,
    ROOT,
    dotted,
    functions,
    imports,
    literals,
    place,
    python,
    rooms,
    text,
    tree,
    written,
)
from tests.house.words import CALLS, MONEY, WORDS, Banned

FUNCTION_LINES_MAX: Final = 60
"""What one can read without scrolling, docstring included."""

FILE_LINES_MAX: Final = 500
"""Past about 400 lines a file becomes a folder, a file per noun; 500 leaves room to finish a thought."""

CODE: Final = frozenset({".py", ".sql", ".sh", ".toml", ".yaml", ".yml", ".md", ".css", ".js", ".html", ""})

BINARY: Final = frozenset({".png", ".ico", ".gz", ".woff2", ".pdf"})


def test_functions_are_short() -> None:
    found = [
        f"{place(path)}:{f.lineno}: {f.name} has {lines} lines of {FUNCTION_LINES_MAX}; name a part of it"
        for path in python()
        for f in functions(tree(path))
        if (lines := (f.end_lineno or f.lineno) - f.lineno + 1) > FUNCTION_LINES_MAX
    ]

    assert not found, "\n".join(found)


def test_files_are_short() -> None:
    found = [
        f"{place(path)}: {lines} lines of {FILE_LINES_MAX}; make it a folder, a file per noun"
        for path in written()
        if path.suffix in CODE and (lines := len(text(path).splitlines())) > FILE_LINES_MAX
    ]

    assert not found, "\n".join(found)


def test_no_banned_word_is_used() -> None:
    needles = [(re.compile(needle), banned) for needle, banned in WORDS.items()]
    found = [
        f"{place(path)}:{number}: {match.group()!r}: write instead: {banned.instead}"
        for path in written()
        if path.suffix not in BINARY
        for number, line in enumerate(text(path).splitlines(), 1)
        for needle, banned in needles
        if (match := needle.search(line)) and not _allowed(path, banned)
    ]

    assert not found, "\n".join(found)


def test_no_banned_call_is_made() -> None:
    found = [
        f"{place(path)}:{node.lineno}: {name}: write instead: {CALLS[name].instead}"
        for path in python()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Name | ast.Attribute)
        and (name := _banned_call(dotted(node)))
        and not _allowed(path, CALLS[name])
    ]

    assert not found, "\n".join(found)


def _banned_call(name: str) -> str | None:
    """`datetime.datetime.now` is `datetime.now` too."""
    last_two = ".".join(name.split(".")[-2:])
    return next((known for known in (name, last_two) if known in CALLS), None)


def _allowed(path: Path, banned: Banned) -> bool:
    return any(place(path).startswith(allowed) for allowed in banned.allowed)


def test_a_broad_catch_raises_again() -> None:
    found = [
        f"{place(path)}:{node.lineno}: catch what you can answer by name, or raise again"
        for path in python()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and _is_broad(node)
        and not any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
    ]

    assert not found, "\n".join(found)


def _is_broad(handler: ast.ExceptHandler) -> bool:
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or dotted(kind) in {"Exception", "BaseException"} for kind in caught)


def test_no_float_comes_near_money() -> None:
    found = [
        f"{place(path)}:{node.lineno}: no float and no `/` near money: split(weights) or divide(…, rounding)"
        for path in python("kontorhaus")
        if _works_with_money(path)
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div))
        or (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]

    assert not found, "\n".join(found)


def _works_with_money(path: Path) -> bool:
    return place(path).startswith(MONEY) or any(
        name == "kontorhaus.kernel.money.Money" for _, name in imports(tree(path))
    )


def test_a_status_is_written_by_the_store_alone() -> None:
    """Set by `UPDATE … SET status`, never by assignment; `advance` of the model says what it may become."""
    inside = {path for room in rooms() for path in python(place(room.folder))}
    stores = {path for room in rooms("platform", *ROOM_FLOORS) for path in room.file("store")}
    found = [
        f"{place(path)}:{line}: write it through the store"
        for path in inside
        for line in _assigns_status(path)
    ]
    found += [
        f"{place(path)}:{line}: a status is written in store.py alone"
        for path in python("kontorhaus")
        if path not in stores
        for line, literal in literals(tree(path))
        if re.search(r"UPDATE\s[^;]*?\bSET\b[^;]*?\bstatus\s*=", literal)
    ]

    assert not found, "\n".join(found)


def _assigns_status(path: Path) -> Iterator[int]:
    for node in ast.walk(tree(path)):
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Attribute) and target.attr == "status" for target in targets):
            yield node.lineno  # type: ignore[attr-defined]


def test_a_state_change_names_the_state_it_leaves() -> None:
    """`UPDATE … SET status = $4 WHERE … AND status = $3`: of two that race, the second finds no row."""
    found = [
        f"{place(path)}:{line}: add `AND status = $old` to its WHERE"
        for room in rooms()
        for path in room.file("store")
        for line, literal in literals(tree(path))
        if re.search(r"UPDATE\s.*?\bSET\b(?:(?!\bWHERE\b).)*\bstatus\s*=", literal, re.DOTALL)
        and not re.search(r"\bWHERE\b.*\bstatus\s*(?:=|IN\b)", literal, re.DOTALL)
    ]

    assert not found, "\n".join(found)


def test_constants_of_the_house_have_their_reason_beside_them() -> None:
    """A number of seconds, tries, bytes or rows was chosen: the line before or after it says why that one."""
    unit = re.compile(r"_?[A-Z_]*(?:SECONDS|MINUTES|HOURS|DAYS|TRIES|BYTES|BATCH|MAX|MIN|LIMIT)(?:_[A-Z]+)?")
    found = [
        f"{place(path)}:{node.lineno}: {name} is a number without its reason; say why that number"
        for path in python("kontorhaus")
        for name, node in _numbers(path)
        if unit.fullmatch(name) and not _has_reason(path, node)
    ]

    assert not found, "\n".join(found)


def _numbers(path: Path) -> Iterator[tuple[str, ast.stmt]]:
    for node in tree(path).body:
        if not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
        if isinstance(target, ast.Name) and isinstance(node.value, ast.Constant | ast.BinOp):
            yield target.id, node


def _has_reason(path: Path, node: ast.stmt) -> bool:
    """A comment above or on the line, or a docstring below it; neighbours in one block share theirs."""
    lines = text(path).splitlines()
    block_starts = node.lineno - 1
    while block_starts > 0 and lines[block_starts - 1].strip():
        block_starts -= 1
    block_ends = node.end_lineno or node.lineno
    while block_ends < len(lines) and lines[block_ends].strip():
        block_ends += 1
    return any("#" in line or '"""' in line for line in lines[block_starts:block_ends])


def test_tests_are_never_skipped_without_a_reason() -> None:
    found = [
        f"{place(path)}:{node.lineno}: say why it is skipped, and under which condition"
        for path in python("tests")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.expr)
        and dotted(node.func if isinstance(node, ast.Call) else node)
        in {"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail", "pytest.skip"}
        and not _gives_reason(node, path)
    ]

    assert not found, "\n".join(found)


def _gives_reason(node: ast.expr, path: Path) -> bool:
    if not isinstance(node, ast.Call):
        # The bare name inside a call is judged with its call; one that is not called gives no reason.
        return any(isinstance(call, ast.Call) and call.func is node for call in ast.walk(tree(path)))
    plain = dotted(node.func) == "pytest.skip" and bool(node.args)
    return plain or any(keyword.arg == "reason" for keyword in node.keywords)


def test_every_test_can_fail() -> None:
    found = [
        f"{place(path)}:{function.lineno}: {function.name} asserts nothing, so it cannot fail"
        for path in python("tests", "bench")
        if path.name.startswith("test_")
        for function in functions(tree(path))
        if function.name.startswith("test_") and not _asserts(function, _helpers(path))
    ]

    assert not found, "\n".join(found)


@functools.cache
def _helpers(path: Path) -> dict[str, ast.FunctionDef | ast.AsyncFunctionDef]:
    """The functions of a file, and those that it imports from other files of the tests."""
    found: dict[str, ast.FunctionDef | ast.AsyncFunctionDef] = {}
    for _, name in imports(tree(path)):
        origin, _, imported = name.rpartition(".")
        file = ROOT / f"{origin.replace('.', '/')}.py"
        if origin.startswith("tests.") and file.is_file():
            found |= {f.name: f for f in functions(tree(file)) if f.name == imported}
    return found | {function.name: function for function in functions(tree(path))}


def _asserts(
    function: ast.AST, helpers: dict[str, ast.FunctionDef | ast.AsyncFunctionDef], depth: int = 3
) -> bool:
    """An assert, pytest.raises and the like, a helper called `assert_…`, or one of the same file that
    does."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call) and (name := dotted(node.func) or getattr(node.func, "attr", "")):
            last = name.rpartition(".")[2]
            if last.startswith("assert_") or last in {"raises", "fail", "warns", "call_and_validate"}:
                return True
            if depth and name in helpers and _asserts(helpers[name], helpers, depth - 1):
                return True
    return False


def test_no_two_tests_of_a_file_share_a_name() -> None:
    """The second would silently replace the first."""
    found = [
        f"{place(path)}: {name} stands there twice"
        for path in python("tests")
        for name in _repeated(
            [n.name for n in tree(path).body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        )
    ]

    assert not found, "\n".join(found)


def _repeated(names: list[str]) -> list[str]:
    return sorted({name for name in names if names.count(name) > 1})


def test_every_module_says_what_it_is() -> None:
    found = [place(path) for path in python("kontorhaus", "tests") if not ast.get_docstring(tree(path))]

    assert not found, f"{found}: a module begins with a sentence that says what it is"


def test_the_checks_see_the_house() -> None:
    """The checks themselves: a law over an empty list of files would be kept by everyone."""
    assert HOUSE / "kernel" / "errors.py" in python("kontorhaus")
    assert ROOT / "Makefile" in written()
    assert rooms()
