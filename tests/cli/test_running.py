"""How a command ends in an error: one sentence and a code, never a traceback."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from kontorhaus.cli.running import House
from kontorhaus.platform.db import DatabaseUnavailable

AWAY = DatabaseUnavailable("the database is away")


@pytest.mark.parametrize(
    "error",
    [
        AWAY,
        ExceptionGroup("a role", [AWAY]),
        ExceptionGroup("roles", [ExceptionGroup("the worker", [AWAY, AWAY])]),
    ],
)
def test_however_deep_it_happened_it_is_told_in_one_sentence(error: Exception) -> None:
    @click.group(cls=House)
    def house() -> None: ...

    @house.command()
    def up() -> None:
        raise error

    result = CliRunner().invoke(house, ["up"])

    assert (result.exit_code, result.output) == (1, "Error: the database is away [database_unavailable]\n")


def test_a_mistake_of_ours_beside_it_is_not_hidden() -> None:
    @click.group(cls=House)
    def house() -> None: ...

    @house.command()
    def up() -> None:
        raise ExceptionGroup("roles", [AWAY, ZeroDivisionError()])

    result = CliRunner().invoke(house, ["up"])

    assert isinstance(result.exception, ExceptionGroup)
