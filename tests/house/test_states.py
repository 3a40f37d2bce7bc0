"""Every state machine: the whole matrix, what is reachable, what the database allows, and the diagram in
the docs."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING

import asyncpg
import pytest
from msgspec import structs

from kontorhaus.kernel.errors import Conflict, Refused
from tests.house.source import place
from tests.house.states import Machine, machines, page_of, redraw, rooms_with_machines, sample

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

every_machine = pytest.mark.parametrize("machine", machines(), ids=lambda machine: machine.module)


def test_there_are_machines() -> None:
    assert [machine.table for machine in machines()]


@every_machine
def test_every_status_can_be_reached(machine: Machine) -> None:
    unreachable = set(machine.statuses) - machine.follow(machine.initial)

    assert not unreachable, (
        f"{machine.module}: nothing leads to {sorted(unreachable)}; add the arrow, or drop it"
    )


@every_machine
def test_every_step_is_taken_somewhere(machine: Machine) -> None:
    unused = set(machine.steps) - {step for _, step in machine.transitions}

    assert not unused, f"{machine.module}: no status takes the step {sorted(unused)}"


@every_machine
def test_from_every_status_there_is_an_end(machine: Machine) -> None:
    trapped = [
        status for status in machine.statuses if not machine.follow(frozenset({status})) & machine.final
    ]

    assert not trapped, f"{machine.module}: from {trapped} no final status can be reached"


@every_machine
def test_the_whole_matrix(machine: Machine) -> None:
    """Each status with each step: the table's arrow is taken, and where there is none the room's error is
    raised."""
    for status, step in itertools.product(machine.statuses, machine.steps):
        subject = structs.replace(sample(machine.subject), status=status)
        if (status, step) in machine.transitions:
            assert machine.advance(subject, step) is machine.transitions[status, step]
        else:
            with pytest.raises((Conflict, Refused)) as refused:
                machine.advance(subject, step)
            assert type(refused.value) not in {Conflict, Refused}, (
                "raise an error of the room, with a code of its own"
            )


@every_machine
async def test_the_database_knows_the_same_statuses(machine: Machine, catalog: Connection) -> None:
    check = await catalog.fetchval(
        """
        SELECT pg_get_constraintdef(k.oid) FROM pg_constraint k
        WHERE k.conrelid = to_regclass($1) AND k.contype = 'c'
          AND pg_get_constraintdef(k.oid) LIKE 'CHECK ((status = ANY %'
        """,
        f'public."{machine.table}"',
    )

    assert check, f'the table "{machine.table}" of {machine.module} has CHECK (status IN (…))'
    assert set(re.findall(r"'([^']*)'", check)) == {status.value for status in machine.statuses}


@pytest.mark.parametrize("room", rooms_with_machines())
def test_the_diagram_is_drawn_from_the_table(room: str) -> None:
    page = page_of(room)
    assert page.is_file(), f"{place(page)} is missing: every room has its page"

    written = page.read_text(encoding="utf-8")

    assert written == redraw(written, room), f"{place(page)}: the diagram is out of step; run `make docs`"
