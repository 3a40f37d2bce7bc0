"""Every SQL statement of the house under the name it has in its store."""

from __future__ import annotations

import functools
import importlib
import sys
from collections.abc import Iterator

from kontorhaus.platform.db.query import Statement
from tests.house.source import HOUSE, is_sql, module, python


@functools.cache
def import_everything() -> tuple[str, ...]:
    """Import every module of the house, so that what registers itself on import is registered."""
    names = tuple(
        module(path)
        for path in python("kontorhaus")
        if path.name != "__main__.py" and not path.is_relative_to(HOUSE / "sandbox")
    )
    for name in names:
        importlib.import_module(name)
    return names


@functools.cache
def statements() -> dict[str, Statement]:
    """`kontorhaus.people.access.store.KEYS` and what stands under it. One that has no name goes by its number."""
    named = {id(value): name for name, value in _attributes_of_stores() if isinstance(value, Statement)}
    import_everything()
    own = [statement for statement in Statement.every if id(statement) not in _of_tests()]
    return {named.get(id(s), f"unnamed statement {number}"): s for number, s in enumerate(own, 1)}


def _of_tests() -> set[int]:
    """Statements that tests and benchmarks of the same process made for themselves."""
    modules = [found for name, found in list(sys.modules.items()) if name.startswith(("tests.", "bench."))]
    return {id(value) for found in modules for value in vars(found).values() if isinstance(value, Statement)}


def loose_statements() -> dict[str, str]:
    """Statements of stores that stand as plain text: those that run before a transaction has a role."""
    return {
        name: value for name, value in _attributes_of_stores() if isinstance(value, str) and is_sql(value)
    }


def _attributes_of_stores() -> Iterator[tuple[str, object]]:
    for name in import_everything():
        if "store" in name.split("."):
            for attribute, value in vars(sys.modules[name]).items():
                yield from _flat(f"{name}.{attribute}", value)


def _flat(name: str, value: object) -> Iterator[tuple[str, object]]:
    """A constant itself, or each member of a tuple of statements that belong together."""
    if isinstance(value, tuple):
        for number, member in enumerate(value):
            yield from _flat(f"{name}[{number}]", member)
    else:
        yield name, value
