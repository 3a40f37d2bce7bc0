"""The connections of a process: bounded, and handed on without ceremony."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import asyncpg

from kontorhaus.kernel.time import monotonic
from kontorhaus.platform import telemetry
from kontorhaus.platform.db.errors import DatabaseLoginRefused, DatabaseUnavailable, DatabaseUrlInvalid

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

    Connection = PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]

ACQUIRE_SECONDS: Final = 5.0
"""How long a request waits for a connection: past it the pool is the bottleneck and 503 tells callers to back off."""


@contextlib.contextmanager
def named_failures() -> Iterator[None]:
    """What may go wrong while a connection is made, as errors that say what to do. An address is never quoted: it may
    hold a password."""
    try:
        yield
    except (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError) as error:
        raise DatabaseLoginRefused("the database refused the login or knows no such database") from error
    except (asyncpg.exceptions.ClientConfigurationError, ValueError):
        # `from None`: the cause quotes the address.
        raise DatabaseUrlInvalid("the database's address is not of the right form") from None
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise DatabaseUnavailable("the database does not accept connections") from error


RESET_SECONDS: Final = 2.0
"""How long a connection that was cut off may take to come to rest, before it is ended instead."""


def usable(connection: Connection) -> bool:
    """Whether the other end is still there, as far as this end has heard."""
    try:
        return not connection.is_closed()
    except asyncpg.InterfaceError:
        # The server ended it while it was idle, and asyncpg has taken it back already.
        return False


class OwnConnection(asyncpg.Connection):
    """A connection that is handed back without a round trip: we set nothing that outlives a transaction."""

    def __init__(self, *values: Any, **named: Any) -> None:
        super().__init__(*values, **named)
        self._known: dict[str, str | None] = {}
        self._kept: list[object] = []  # a prepared statement lives as long as its object

    def get_reset_query(self) -> str:
        return ""

    async def known_as(self, statement: str) -> str | None:
        """The name under which the server has the statement prepared on this connection, so that EXECUTE runs it;
        None if it has no such name there.

        Asked once on each connection: a PgBouncer that keeps prepared statements keeps them under names of its own.
        """
        if statement not in self._known:
            prepared = await self.prepare(statement)
            name = prepared.get_name()
            self._kept.append(prepared)
            self._known[statement] = name if await self.fetchval(LISTED, name) else None
        return self._known[statement]


async def known_as(connection: Connection, statement: str) -> str | None:
    """The same, of a connection as the pool hands it out."""
    own: OwnConnection = connection._con  # type: ignore[attr-defined]  # it wraps the methods of asyncpg alone
    return await own.known_as(statement)


LISTED: Final = "SELECT EXISTS (SELECT FROM pg_catalog.pg_prepared_statements WHERE name = $1)"


class PooledConnection(OwnConnection):
    """A connection to a pooler that keeps no prepared statements: the server behind it changes."""

    async def known_as(self, statement: str) -> str | None:
        del statement
        return None


class Connections:
    """asyncpg's pool opens, bounds and replaces connections; this keeps the ones that came back clean at hand.

    Going through the pool costs a task and a turn of the event loop each time, about 50 µs, which is as much as a
    short statement. The last one used is the first one taken, so that few stay warm. Nobody starves: while somebody
    waits in the pool, what comes back goes to the pool.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._at_hand: list[Connection] = []
        self._waiting = 0

    async def take(self) -> Connection:
        """A connection that is outside a transaction. DatabaseUnavailable if none was free in time."""
        while self._at_hand:
            connection = self._at_hand.pop()
            if usable(connection):
                return connection
            await self._pool.release(connection)
        return await self._from_pool()

    async def give_back(self, connection: Connection, *, clean: bool) -> None:
        """Hand a connection on. One that is not `clean` (cut off, or of unknown state) is reset or closed first."""
        if clean and not self._waiting and usable(connection):
            self._at_hand.append(connection)
        else:
            try:
                await self._pool.release(connection, timeout=RESET_SECONDS)
            except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                return  # asyncpg has ended it; the pool opens another when one is wanted

    def usage(self) -> dict[str, int]:
        """How many there are, how many of them idle, and how many there may be."""
        return {
            "size": self._pool.get_size(),
            "idle": self._pool.get_idle_size() + len(self._at_hand),
            "max": self._pool.get_max_size(),
        }

    async def close(self) -> None:
        """Wait for those in use, then close all."""
        while self._at_hand:
            await self._pool.release(self._at_hand.pop())
        self._waiting += 1  # what comes back from now on goes to the pool, which waits for it
        await self._pool.close()

    def terminate(self) -> None:
        """Close all at once, whatever they are doing."""
        self._pool.terminate()

    async def _from_pool(self) -> Connection:
        began = monotonic()
        self._waiting += 1
        telemetry.metrics.pool_waiting.inc()
        try:
            return await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            raise DatabaseUnavailable("no database connection was free in time") from error
        finally:
            self._waiting -= 1
            telemetry.metrics.pool_waiting.dec()
            telemetry.metrics.acquire_seconds.observe(monotonic() - began)
