"""The house works through PgBouncer in transaction mode, the old one of Debian without prepared statements included."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from filelock import FileLock

from kontorhaus.kernel.time import utc_now
from kontorhaus.money.ledger import GroupCommit, LedgerBalanceInsufficient, Transfer
from kontorhaus.money.ledger.actions import alone
from kontorhaus.people import access
from kontorhaus.platform import eventlog, postgres
from kontorhaus.platform.db import Db, Tx, migrations, roles
from tests.money.ledger.books import Books, transfer
from tests.support import databases

CONFIGURATION = """
[databases]
{name} = host=127.0.0.1 port={postgres_port} dbname={name}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = plain
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = 2
"""


async def pgbouncer(tmp: Path) -> str:
    """The program; installed by the system's packages where that is possible."""
    found = shutil.which("pgbouncer", path=os.environ["PATH"] + ":/usr/sbin")
    if found is None and os.getuid() == 0 and shutil.which("apt-get"):
        with FileLock(tmp.parent / "apt.lock"):
            for words in (["update"], ["install", "-y", "pgbouncer"]):
                step = await asyncio.create_subprocess_exec(
                    "apt-get", "-qq", *words, stdout=asyncio.subprocess.DEVNULL
                )
                await step.wait()
        found = shutil.which("pgbouncer", path=os.environ["PATH"] + ":/usr/sbin")
    if found is None:
        pytest.skip("there is no pgbouncer here and no right to install it")
    return found


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextlib.asynccontextmanager
async def bouncer(program: str, folder: Path, postgres_url: str) -> AsyncIterator[str]:
    """PgBouncer with two connections in front of a database; the address for the house's login."""
    parts, port = urlsplit(postgres_url), free_port()
    name = parts.path.lstrip("/")
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "users").write_text(f'"{roles.LOGIN}" "{databases.PASSWORD}"\n')
    (folder / "ini").write_text(
        CONFIGURATION.format(name=name, postgres_port=parts.port, port=port, folder=folder)
    )
    command = [program, "-q", str(folder / "ini")]
    if os.getuid() == 0:
        # It refuses to run as root; nobody cannot enter the folders of pytest, which are root's alone.
        command = ["unshare", "--user", "--map-user=65534", "--map-group=65534", *command]
    running = await asyncio.create_subprocess_exec(*command)
    try:
        for _ in range(100):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            await asyncio.sleep(0.05)
        yield f"postgresql://{roles.LOGIN}:{databases.PASSWORD}@127.0.0.1:{port}/{name}"
    finally:
        running.terminate()
        await running.wait()


async def test_the_house_works_through_pgbouncer_in_transaction_mode(tmp_path: Path) -> None:
    program = await pgbouncer(tmp_path)
    with postgres.Server.start(
        tmp_path / "pg", binaries=postgres.find(None), port=0, durable=False
    ) as server:
        server.ensure_database("bounced")
        url = server.url_for("bounced")
        await migrations.migrate(url, login=roles.LOGIN, password=databases.PASSWORD)
        async with bouncer(program, tmp_path / "bouncer", url) as bounced:
            db = await Db.connect(bounced, connections=10, pooled_elsewhere=True)
            try:
                await eventlog.ensure_partitions(db, now=utc_now())
                await work_through(db)
                await post_through(db)
            finally:
                await db.close()


async def post_through(db: Db) -> None:
    """Transactions of one message, of two organizations over the two server connections, by many at once, some of which
    fail, wait for a lock too long, or are given up: each is posted once under its own organization, and leaves nothing
    that the next would find."""
    both = [await Books.opened(db) for _ in range(2)]
    for books in both:
        for _ in range(2):
            await books.post(
                transfer("clearing:card", "deposit:1", 100), transfer("clearing:card", "deposit:2", 1)
            )
        assert alone.recalled(books.org_id, books.set(transfer("clearing:card", "deposit:1", 1))) is not None
    group = GroupCommit(db)
    sent: list[tuple[Books, Transfer]] = []

    async def post(number: int) -> None:
        books = both[number % 2]
        many = [transfer("clearing:card", f"deposit:{1 + number % 2}", 1) for _ in range(10)]
        for one in many:
            sent.append((books, one))
            await group.post(books.org_id, books.set(one))
        with pytest.raises(LedgerBalanceInsufficient):
            await group.post(books.org_id, books.set(transfer("deposit:1", "clearing:card", 10_000)))

    posting = [asyncio.create_task(post(number)) for number in range(12)]
    await asyncio.sleep(0.05)
    for task in posting[::4]:
        task.cancel()
    await asyncio.gather(*posting, return_exceptions=True)
    await group.close()
    for task in posting:
        assert task.cancelled() or task.exception() is None
    for books, one in sent:
        assert (await group.post(books.org_id, books.set(one))).recorded_at
    for books in both:
        own = [one for whose, one in sent if whose is books]
        assert await books.count() == 4 + len(own)
    left = [db.lookup(LEFT) for _ in range(20)]
    assert {tuple(row) for row in await asyncio.gather(*left) if row} == {(roles.LOGIN, "", "0", "on")}


LEFT = """
    SELECT current_user::text, coalesce(current_setting('app.org', true), ''), current_setting('lock_timeout'),
           current_setting('enable_seqscan')
    FROM pg_sleep(0.02)
"""


async def work_through(db: Db) -> None:
    """Fifty transactions of two organizations over two server connections: none sees the other's."""
    founded = [(await access.found(db, name))[1] for name in ("Eins", "Zwei")]

    async def whose(tx: Tx) -> object:
        await tx.connection.execute("SELECT pg_sleep(0.001)")
        return await tx.connection.fetchval("SELECT org_id FROM api_key")

    seen = await asyncio.gather(*(db.org(founded[number % 2].org_id).run(whose) for number in range(50)))
    assert seen == [founded[number % 2].org_id for number in range(50)]
    for organization in founded:
        actor = await access.authenticate(db, organization.secret)
        assert actor is not None
        assert actor.org_id == organization.org_id
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await db.lookup("SELECT org_id FROM api_key")
