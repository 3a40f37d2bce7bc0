"""Every statement against the migrated schema: it parses, a role may run it, and its columns fill the
struct."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import asyncpg
import pytest
from msgspec import Struct

from kontorhaus.platform.db.query import Query, Statement
from tests.house.columns import differences, nullable_columns
from tests.house.statements import loose_statements, statements

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

ROLES: Final = ("kontorhaus_app", "kontorhaus_system", "kontorhaus_maintenance")

NEVER_NULL: Final = {
    "Claimed.worker": "a job that is running has a worker (a CHECK)",
    "Due.resume_kind": "resume_at, by which it is found, is set only together with a resumer (a CHECK)",
    "Due.subject": "the same",
    "ParkedFact.reason": "a fact that has failed has a reason (a CHECK)",
    "ReadyKey.key": "only the index of jobs that have one is walked",
    "Way.to_at": "only a clock that is being advanced has a runner, and it has an instant to go to (CHECKs)",
    "Running.worker": "a job that is running has a worker (a CHECK)",
}
"""Fields that take no None though their column may be NULL: what the statement's WHERE makes sure of, and
why."""


async def test_there_are_statements() -> None:
    assert any(name.startswith("kontorhaus.people.") for name in statements())


async def test_every_statement_stands_in_a_store_under_a_name() -> None:
    unnamed = [statement.text for name, statement in statements().items() if name.startswith("unnamed")]

    assert not unnamed, f"a statement is a constant of a store.py, so that it is found and checked: {unnamed}"


async def test_every_statement_is_understood_and_fills_its_struct(catalog: Connection) -> None:
    found = [
        f"{name}: {difference}"
        for name, statement in statements().items()
        for difference in await _differences(catalog, statement)
    ]

    assert not found, "\n".join(found)


async def _differences(catalog: Connection, statement: Statement) -> list[str]:
    try:
        prepared = await catalog.prepare(statement.text)
    except asyncpg.PostgresError as error:
        return [f"PostgreSQL refuses it: {error}"]
    columns = prepared.get_attributes()
    if not isinstance(statement, Query):
        return ["returns rows that nobody takes; make it a Query, or drop RETURNING"] if columns else []
    if mismatch := statement.mismatch([column.name for column in columns]):
        return [mismatch]
    nullable = await nullable_columns(catalog, statement.text, prepared.get_parameters())
    if len(nullable) != len(columns):
        return [
            f"the origin of {len(nullable)} of {len(columns)} columns was found: the house's check is broken"
        ]
    found = differences(statement.row, columns, nullable)
    return [line for line in found if not ("takes no None" in line and line.partition(" ")[0] in NEVER_NULL)]


async def test_every_statement_may_be_run_by_a_role_of_the_house(catalog: Connection) -> None:
    found = []
    for name, statement in statements().items():
        refusals = [refusal for role in ROLES if (refusal := await _refusal(catalog, role, statement.text))]
        if len(refusals) == len(ROLES):
            found.append(f"{name}: no role may run it: {refusals[0]}; grant in the migration what it needs")

    assert not found, "\n".join(found)


LEAKY: Final = re.compile(r"\bI?LIKE\b|\bSIMILAR TO\b|~|@>|<@|&&|\?\||\bts_?query\b|@@")
"""Operators that are not leakproof: under row security PostgreSQL applies the wall first and then these, row by row,
so that no index serves them."""

LEAKY_ALL_THE_SAME: Final[Mapping[str, str]] = {}
"""Statements that filter a small table by one, each with its reason."""


def test_no_statement_filters_by_what_row_security_keeps_from_an_index() -> None:
    found = {
        name
        for name, statement in statements().items()
        if LEAKY.search(re.sub(r"'[^']*'", "''", statement.text.partition("WHERE")[2]))
    }

    assert found == LEAKY_ALL_THE_SAME.keys(), (
        "compare with =, <, >= (prefix: term >= $1 AND term < $2) instead"
    )


async def test_statements_before_a_role_is_set_need_nothing_but_functions(
    catalog: Connection, login_of_nothing: str
) -> None:
    found = [
        f"{name}: {refusal}"
        for name, text in loose_statements().items()
        if (refusal := await _refusal(catalog, login_of_nothing, text))
    ]

    assert not found, "\n".join(found)


async def _refusal(catalog: Connection, role: str, text: str) -> str | None:
    """Why a role may not run a statement. EXPLAIN checks rights as running does; PREPARE would not."""
    attempt: Any = catalog.transaction()
    await attempt.start()
    try:
        await catalog.execute(f"SET LOCAL ROLE {role}")
        await catalog.execute(f"EXPLAIN (GENERIC_PLAN) {text}")
    except asyncpg.PostgresError as error:
        return f"{role}: {error}"
    else:
        return None
    finally:
        await attempt.rollback()


class Wrong(Struct, frozen=True):
    amount: str
    name: int | None


async def test_a_wrong_struct_is_noticed(catalog: Connection) -> None:
    """The check itself: a wrong type and a column that may be NULL are both seen."""
    prepared = await catalog.prepare("SELECT 1::bigint AS amount, 'x'::text AS name")

    found = differences(Wrong, prepared.get_attributes(), [True, True])

    assert [line.split(" ")[0] for line in found] == ["Wrong.amount", "Wrong.amount", "Wrong.name"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT id, name, revoked_at FROM api_key", [False, False, True]),
        ("SELECT k.name, k.revoked_at, 1 + 1 FROM api_key k WHERE k.id = $1", [False, True, None]),
        ("UPDATE api_key SET name = $1 RETURNING revoked_at, name", [True, False]),
        (
            "WITH x AS (SELECT revoked_at FROM api_key) SELECT revoked_at, count(*) FROM x GROUP BY 1",
            [True, None],
        ),
    ],
)
async def test_the_origin_of_a_column_is_found(
    catalog: Connection, text: str, expected: list[bool | None]
) -> None:
    prepared = await catalog.prepare(text)

    assert await nullable_columns(catalog, text, prepared.get_parameters()) == expected
