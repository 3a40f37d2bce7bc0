"""What carries a job out: a function in the job's own transaction, or one that owns its phases."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.db import Db, Scope, Tx
from kontorhaus.platform.jobs.actions import complete
from kontorhaus.platform.jobs.model import HOUSE, Kind, Running

Args = TypeVar("Args", bound=Struct)


class Handler(Protocol):
    """Carries out the jobs of one kind."""

    name: str
    deadline: timedelta

    async def carry_out(self, db: Db, running: Running) -> bool:
        """Do the work; True when the job was completed with it, False when it still must be."""


class Effect(Handler):
    """A job whose whole effect is one transaction, under its organization. The effect is there exactly once, whoever
    is killed whenever; the function itself may run more than once, so it must touch nothing but `tx`."""

    def __init__(self, kind: Kind[Args], work: Callable[[Tx, Args, Running], Awaitable[None]]) -> None:
        self.name, self.deadline = kind.name, kind.deadline

        async def carry_out(tx: Tx, running: Running) -> None:
            await work(tx, kind.args_of(running), running)
            await complete(tx, running)

        self._carry_out = carry_out

    async def carry_out(self, db: Db, running: Running) -> bool:
        await scope_of(db, running).run(lambda tx: self._carry_out(tx, running))
        return True


class Phases(Handler):
    """A job that leaves for the network, between transactions of its own. Its last one should call `complete(tx,
    running)`, which makes that one's effect exactly once; if none does, the job is completed when the function
    returns, and its effects are there at least once."""

    def __init__(self, kind: Kind[Args], work: Callable[[Db, Args, Running], Awaitable[None]]) -> None:
        self.name, self.deadline = kind.name, kind.deadline
        self._work: Callable[[Db, Any, Running], Awaitable[None]] = work
        self._args_of: Callable[[Running], Any] = kind.args_of

    async def carry_out(self, db: Db, running: Running) -> bool:
        await self._work(db, self._args_of(running), running)
        return False


def scope_of(db: Db, running: Running) -> Scope:
    """The transaction that a job may have: its organization's, or the system's for a job of the house itself."""
    return db.system() if running.org_id == HOUSE else db.org(OrgId(running.org_id))
