"""What commands have in common: how they end in an error, how they reach the house, and how a role is stopped."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kontorhaus.kernel.errors import DomainError
from kontorhaus.platform.settings import Settings

if TYPE_CHECKING:
    from kontorhaus.roles.resources import Resources

T = TypeVar("T")


class House(click.Group):
    """Shows a domain error as one sentence and a code, never as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DomainError as error:
            raise click.ClickException(f"{error.detail} [{error.code}]") from error
        except ExceptionGroup as group:
            # Roles run side by side in a group; one that cannot start is told like any other.
            told, rest = group.split(DomainError)
            if told is None or rest is not None:
                raise
            first: BaseException = told
            while isinstance(
                first, ExceptionGroup
            ):  # `up` is a group of roles, and the worker one of its own
                first = first.exceptions[0]
            assert isinstance(first, DomainError), "nothing else was told apart"
            raise click.ClickException(f"{first.detail} [{first.code}]") from group


class Name(click.ParamType[str]):
    """A name of 1 to 200 characters."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not 1 <= len(value.strip()) <= 200 or not value.isprintable():
            self.fail("give a name of 1 to 200 printable characters", param, ctx)
        return value.strip()


def at_the_house(settings: Settings, work: Callable[[Resources], Coroutine[Any, Any, T]]) -> T:
    """Run a command's work beside the house that is running in this home, or on the database that is named. Where
    there is neither, on the embedded database of this home, which is started for it; NothingHere if it has none."""
    from kontorhaus.roles import database
    from kontorhaus.roles.resources import opened

    database.refuse_empty_home(settings)

    async def run() -> T:
        async with database.running(settings) as found, opened(found, role="command") as resources:
            return await work(resources)

    return asyncio.run(run())


def until_stopped(settings: Settings, role: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run a role until SIGTERM or SIGINT, which ask it to end what it has begun; a second one ends it at once."""
    from kontorhaus.platform import failpoints, telemetry

    telemetry.set_up(settings)
    failpoints.arm(settings)

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def ask() -> None:
            if stop.is_set():
                raise SystemExit(1)
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ask)
        await role(stop)

    _run(run())


def _run(work: Awaitable[None]) -> None:
    """On uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(_as_coroutine(work))
    else:
        uvloop.run(_as_coroutine(work))


async def _as_coroutine(work: Awaitable[None]) -> None:
    await work
