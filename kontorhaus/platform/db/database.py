"""Db, Scope and Tx: how a transaction begins, ends, and is tried again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import TYPE_CHECKING, Final, TypeVar

import asyncpg
from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform import telemetry
from kontorhaus.platform.db import literals
from kontorhaus.platform.db.connections import (
    ACQUIRE_SECONDS,
    Connections,
    OwnConnection,
    PooledConnection,
    known_as,
    named_failures,
    usable,
)
from kontorhaus.platform.db.errors import (
    DatabaseConnectionLost,
    DatabaseContended,
    DatabaseTooSlow,
    DatabaseUnavailable,
    LoginTooPowerful,
    PostgresTooOld,
)

if TYPE_CHECKING:
    from kontorhaus.platform.db.connections import Connection

T = TypeVar("T")

POSTGRES_OLDEST: Final = 160_000

TRIES: Final = 6
"""A deadlock or serialization failure is nearly always gone at the second try; six with growing pauses span about
a third of a second, after which waiting longer would only hold the caller's connection."""

PAUSE_SECONDS: Final = 0.005
"""The longest first pause: about as long as the other transaction still needs; it doubles with every try."""

GONE: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
)
"""The server, or the network, ended the connection: a restart, a fail-over, an operator."""

LOST: Final = (*GONE, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What the connection's own statements raise when it is gone. The last three may come from elsewhere, too."""

READY_SECONDS: Final = 2.0
"""How long the database may take to say that it is there; balancers ask every few seconds."""

CONTENDED: Final = (asyncpg.SerializationError, asyncpg.DeadlockDetectedError)


class Tx:
    """An open transaction. Whoever receives one must not commit, roll back, or leave for the network."""

    __slots__ = ("_ending", "connection")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._ending: list[str] = []

    async def end_with(self, statement: str, *values: object) -> None:
        """Have a statement carried out at the end, in the message of COMMIT, after those that were given before it.

        It costs no round trip. The values are the code's own: ids, numbers, names and bytes (see `literals`).
        """
        known = await known_as(self.connection, statement)
        literal = [literals.written(value) for value in values]
        call = f"EXECUTE {known}({', '.join(literal)})" if known else literals.filled(statement, literal)
        self._ending.append(call)

    def take_ending(self) -> list[str]:
        """The statements that wait for the end, which are the taker's from now on."""
        ending, self._ending = self._ending, []
        return ending


class Alone(Struct, frozen=True):
    """What a call needs to know that is a transaction by itself."""

    org_id: OrgId
    wait_ms: int
    pooled_elsewhere: bool


class Scope:
    """One way to begin a transaction: under which role, for which organization, with which time-out.

    `async with scope as tx` runs the block once. `await scope.run(work)` runs `work(tx)` and tries it again, from its
    beginning and in a new transaction, when PostgreSQL chose it as the victim of a deadlock or of serialization; so
    `work` must have no effect but those in `tx`. A lost connection is never retried here: whether the commit
    happened is not known (DatabaseConnectionLost), and the idempotency key is what makes the caller's retry safe.
    """

    def __init__(self, connections: Connections, begin: str, *, alone: Alone | None = None) -> None:
        self._connections = connections
        self._begin = begin
        self._alone = alone
        self._tx: Tx | None = None

    async def __aenter__(self) -> Tx:
        # A connection that died while it was idle shows it only now. Nothing was done on it yet, so the next one is
        # tried; after a restart of the database all may be dead, and each try does away with one.
        for left in reversed(range(self._connections.usage()["max"] + 1)):
            connection = await self._connections.take()
            try:
                await connection.execute(self._begin)
            except BaseException as error:
                await self._connections.give_back(connection, clean=False)
                if not isinstance(error, LOST):
                    raise
                if left == 0:
                    raise DatabaseUnavailable("the database closed the connection") from error
            else:
                self._tx = Tx(connection)
                return self._tx
        raise AssertionError("unreachable: the last try returns or raises")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        tx, self._tx = self._tx, None
        assert tx is not None
        connection = tx.connection
        if error is None:
            try:
                await _commit(tx)
            except BaseException as failure:
                await self._roll_back(connection, failure)
                if isinstance(failure, LOST):
                    raise DatabaseConnectionLost("the database closed the connection") from failure
                _raise_named(connection, failure)
                raise
            await self._connections.give_back(connection, clean=True)
        else:
            await self._roll_back(connection, error)
            _raise_named(connection, error)

    async def _roll_back(self, connection: Connection, error: BaseException) -> None:
        """What went wrong in the block is the news; a connection that cannot even roll back is only thrown away.

        After a cancellation the server may hang, so nothing more is asked of it: the pool resets or ends it.
        """
        clean = False
        try:
            if isinstance(error, Exception) and not isinstance(error, GONE) and usable(connection):
                await connection.execute("ROLLBACK")
                clean = True
        except LOST:
            pass
        finally:
            await self._connections.give_back(connection, clean=clean)

    async def run(self, work: Callable[[Tx], Awaitable[T]]) -> T:
        for attempt in range(TRIES):
            try:
                async with Scope(self._connections, self._begin) as tx:
                    return await work(tx)
            except CONTENDED as error:
                await _pause(attempt, error)
        raise AssertionError("unreachable: the last try returns or raises")

    async def alone(self, statement: str, *values: object) -> asyncpg.Record | None:
        """Carry out a call that is a whole transaction, commit included, in one round trip instead of three.

        `statement` calls a function of the database that takes the organization as $1 and the longest wait for a lock
        in milliseconds as $2, takes the role and the organization itself before it does anything (as
        `ledger_post_alone` does), and takes `values` as the rest. What it raises undoes it. Retried, and a lost
        connection named, as by `run`; also a connection that died while it was idle is DatabaseConnectionLost, since
        what was sent may have arrived. A wait that is too long is DatabaseContended. Only of `Db.org`.
        """
        assert self._alone is not None, "only an organization's transaction that writes is one message"
        values = (self._alone.org_id, self._alone.wait_ms, *values)
        if self._alone.pooled_elsewhere:
            # Without prepared statements it takes two messages, and the pooler may change the server in between.
            return await self.run(lambda tx: _row(tx.connection, statement, values))
        for attempt in range(TRIES):
            try:
                return await self._sent_alone(statement, values)
            except CONTENDED as error:
                await _pause(attempt, error)
        raise AssertionError("unreachable: the last try returns or raises")

    async def _sent_alone(self, statement: str, values: tuple[object, ...]) -> asyncpg.Record | None:
        connection = await self._connections.take()
        clean = False
        try:
            found = await _row(connection, statement, values)
            clean = True
        except Exception as error:
            # What the server itself answers has ended the transaction, too.
            clean = isinstance(error, asyncpg.PostgresError) and not isinstance(error, GONE)
            _raise_named(connection, error)
            raise
        finally:
            await self._connections.give_back(connection, clean=clean)
        return found


async def _row(connection: Connection, statement: str, values: tuple[object, ...]) -> asyncpg.Record | None:
    with telemetry.sql_span(statement):
        return await connection.fetchrow(statement, *values)


async def _pause(attempt: int, error: Exception) -> None:
    """Wait before a whole transaction is tried again; after the last try it is given up."""
    telemetry.metrics.transaction_retries.labels(type(error).__name__).inc()
    if attempt == TRIES - 1:
        raise DatabaseContended("too many changes at once to the same objects") from error
    # Full jitter: two victims that pause equally long would meet again.
    await asyncio.sleep(random.uniform(0, PAUSE_SECONDS * 2**attempt))  # noqa: S311


async def _commit(tx: Tx) -> None:
    ending = tx.take_ending()
    try:
        if ending:
            with telemetry.sql_span(COMMIT_WITH_ENDING):
                done = await tx.connection.execute("; ".join([*ending, "COMMIT"]))
        else:
            done = await tx.connection.execute("COMMIT")
    except asyncpg.InFailedSQLTransactionError:
        done = "ROLLBACK"
    if done != "COMMIT":
        # PostgreSQL rolls back, and says so only here, when an error inside was caught and passed over.
        raise RuntimeError("a transaction with a failed statement was committed")


COMMIT_WITH_ENDING: Final = "COMMIT, with the statements that waited for it"
"""What traces and metrics call that message: its time is that of the statements and of the disk together."""


def _raise_named(connection: Connection, error: BaseException) -> None:
    """Raise what the house calls an error of the database's; nothing if it is none."""
    if isinstance(error, GONE) or (isinstance(error, LOST) and not usable(connection)):
        raise DatabaseConnectionLost("the database closed the connection") from error
    if isinstance(error, asyncpg.LockNotAvailableError):
        raise DatabaseContended("a lock was not free in time") from error
    if isinstance(error, asyncpg.QueryCanceledError):
        raise DatabaseTooSlow("a statement took too long and was ended") from error


class Db:
    """A bounded pool of connections of one login, which by itself may read and write nothing.

    Every transaction takes one of three roles (see `docs/decisions/0007-walls.md`): `org` sees one organization's
    rows, `system` every organization's (sequencer, claims, key lookup), `maintenance` makes and drops partitions.
    All of a transaction's settings are SET LOCAL and travel in one message with BEGIN, so nothing leaks to the next
    user of the connection and PgBouncer in transaction mode is fine.
    """

    def __init__(
        self, connections: Connections, *, statement_timeout_ms: int, pooled_elsewhere: bool
    ) -> None:
        self._connections = connections
        self._timeout_ms = int(statement_timeout_ms)
        self._timeout = f"SET LOCAL statement_timeout = {self._timeout_ms}"
        self._pooled_elsewhere = pooled_elsewhere

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        connections: int = 10,
        statement_timeout_ms: int = 5_000,
        pooled_elsewhere: bool = False,
        name: str = "kontorhaus",
    ) -> Db:
        """Open the pool and refuse a server or a login that cannot hold the walls.

        `connections` is this process's budget. `pooled_elsewhere` is for PgBouncer older than 1.21, which knows no
        prepared statements in transaction mode.
        """
        with named_failures():
            pool = await asyncpg.create_pool(
                url,
                min_size=1,
                max_size=connections,
                connection_class=PooledConnection if pooled_elsewhere else OwnConnection,
                statement_cache_size=0 if pooled_elsewhere else 512,
                server_settings={"application_name": name},
                timeout=ACQUIRE_SECONDS,
            )
        db = cls(
            Connections(pool), statement_timeout_ms=statement_timeout_ms, pooled_elsewhere=pooled_elsewhere
        )
        try:
            async with pool.acquire() as connection:
                await _refuse_unfit(connection)
        except BaseException:
            await pool.close()
            raise
        return db

    def org(self, org_id: OrgId, *, read_only: bool = False) -> Scope:
        """A transaction that sees and writes the rows of one organization, whatever its statements say."""
        mode = "BEGIN READ ONLY" if read_only else "BEGIN"
        # A UUID prints as hex digits and dashes alone, so it is safe inside the quotes; SET takes no parameters.
        return Scope(
            self._connections,
            f"{mode}; SET LOCAL ROLE kontorhaus_app; SET LOCAL app.org = '{org_id}'; {self._timeout}",
            alone=None if read_only else Alone(org_id, self._timeout_ms, self._pooled_elsewhere),
        )

    def system(self, *, read_only: bool = False) -> Scope:
        """A transaction across organizations: for claims, lookups and commands of the operator, never for a request."""
        mode = "BEGIN READ ONLY" if read_only else "BEGIN"
        return Scope(self._connections, f"{mode}; SET LOCAL ROLE kontorhaus_system; {self._timeout}")

    def snapshot(self) -> Scope:
        """A system transaction in which every statement sees the same instant (REPEATABLE READ), and which loses with
        a serialization failure to whoever changed a row since: for the sequencer of the event log, and for whoever must
        see that nothing is left to be done. No time-out of statements: after a long stop it has much to do at once, and
        could never come to its end otherwise. By index alone: statistics of a month that is filling are always behind,
        and would have every look read it whole."""
        return Scope(
            self._connections,
            "BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL ROLE kontorhaus_system; "
            "SET LOCAL statement_timeout = 0; SET LOCAL enable_seqscan = off",
        )

    def maintenance(self) -> Scope:
        """A transaction that may create and drop partitions; it waits at most a second for a lock, so that a
        partition being made never stands in front of every writer."""
        return Scope(
            self._connections,
            "BEGIN; SET LOCAL ROLE kontorhaus_maintenance; SET LOCAL lock_timeout = 1000; "
            "SET LOCAL statement_timeout = 0",
        )

    async def lookup(self, statement: str, *values: object) -> asyncpg.Record | None:
        """One statement with no role set, in one round trip: reaches only the functions granted to every login,
        such as the lookup of an API key by its hash."""
        if self._pooled_elsewhere:
            async with Scope(self._connections, "BEGIN READ ONLY") as tx:
                return await tx.connection.fetchrow(statement, *values)
        for left in reversed(range(self._connections.usage()["max"] + 1)):
            try:
                return await self._looked_up(statement, values)
            except LOST as error:
                if left == 0:
                    raise DatabaseUnavailable("the database closed the connection") from error
        raise AssertionError("unreachable: the last try returns or raises")

    async def _looked_up(self, statement: str, values: tuple[object, ...]) -> asyncpg.Record | None:
        connection = await self._connections.take()
        clean = False
        try:
            found = await connection.fetchrow(statement, *values)
            clean = True
        finally:
            await self._connections.give_back(connection, clean=clean)
        return found

    async def reachable(self) -> bool:
        """Whether a statement gets through now; never raises for a database that is away."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                return await self.lookup("SELECT 1") is not None
        except (DatabaseUnavailable, asyncpg.PostgresError, OSError):
            return False

    def usage(self) -> dict[str, int]:
        """How the connections of this process stand: size, idle, and the budget."""
        return self._connections.usage()

    async def close(self) -> None:
        """Wait for transactions in flight, ten seconds at most, then close."""
        try:
            await asyncio.wait_for(self._connections.close(), CLOSE_SECONDS)
        except TimeoutError:
            self._connections.terminate()


CLOSE_SECONDS: Final = 10
"""Twice the statement time-out: whatever was running has ended by then, or hangs."""


async def _refuse_unfit(connection: Connection) -> None:
    version = int(await connection.fetchval("SELECT current_setting('server_version_num')"))
    if version < POSTGRES_OLDEST:
        raise PostgresTooOld(
            f"PostgreSQL {version // 10_000} is too old; 16 or newer is needed", found=version
        )
    if await connection.fetchval(
        "SELECT rolsuper OR rolbypassrls FROM pg_catalog.pg_roles WHERE rolname = current_user"
    ):
        raise LoginTooPowerful("the login in KONTORHAUS_DATABASE_URL is a superuser or bypasses row security")
