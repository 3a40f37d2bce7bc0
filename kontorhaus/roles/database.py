"""Which database the house runs on, and what an operator does with it: migrate, back up, restore."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from msgspec import structs

from kontorhaus.kernel.errors import DomainError, NotFound
from kontorhaus.platform import db as database
from kontorhaus.platform import eventlog, postgres, telemetry
from kontorhaus.platform.settings import Settings, home_folder

DATABASE: Final = "kontorhaus"

LOG: Final = telemetry.get_logger(__name__)


class NothingHere(NotFound):
    """There is no database in this home yet, so nothing to back up. KONTORHAUS_HOME may name another folder."""

    code = "nothing_here"
    title = "There is no house in this folder"


@contextlib.asynccontextmanager
async def migrated(settings: Settings) -> AsyncIterator[Settings]:
    """Settings with a database that is up and migrated: the one they name, or an embedded PostgreSQL that lives as
    long as this block, and is nobody else's."""
    async with running(settings, beside=False) as found:
        await _migrate(found)
        yield found


@contextlib.asynccontextmanager
async def running(settings: Settings, *, beside: bool = True) -> AsyncIterator[Settings]:
    """Settings with a database that is up: the one they name; else, for a command that works `beside` a house, the
    embedded one of the house that is running in this home; else one that is started for this block."""
    if settings.database_url is not None:
        yield settings
        return
    home = home_folder(settings)
    admin = postgres.running_at(home / "postgres") if beside else None
    if admin is not None:
        yield structs.replace(
            settings,
            database_url=postgres.another(admin, DATABASE, login=database.LOGIN),
            database_admin_url=postgres.another(admin, DATABASE),
        )
        return
    server = await asyncio.to_thread(_start, settings, home)
    guard = asyncio.create_task(_guard(server))
    try:
        yield structs.replace(
            settings,
            database_url=server.url_for(DATABASE, login=database.LOGIN),
            database_admin_url=server.url_for(DATABASE),
        )
    finally:
        guard.cancel()
        await asyncio.gather(guard, return_exceptions=True)
        await asyncio.to_thread(server.stop)


LOOK_SECONDS: Final = 1.0
"""How often the embedded PostgreSQL is looked after: its recovery takes longer than that."""


async def _guard(server: postgres.Server) -> None:
    """Start the embedded PostgreSQL again when it dies while the house lives: killed for want of memory, most likely.
    Requests meanwhile get 503, and what was acknowledged is there again."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        try:
            # Shielded: a start that is under way is brought to its end, so that `stop` finds what it has to stop.
            revived = await asyncio.shield(asyncio.to_thread(server.revive))
        except DomainError as error:
            LOG.error("postgres_not_revived", code=error.code, detail=error.detail)
        else:
            if revived:
                LOG.error("postgres_revived", folder=str(server.folder))


async def migrate(settings: Settings) -> list[database.Migration]:
    """Bring the named or the embedded database to the newest schema; says which migrations ran."""
    async with running(settings) as found:
        return await _migrate(found)


async def _migrate(settings: Settings) -> list[database.Migration]:
    """With the admin's login where one is named."""
    assert settings.database_url is not None
    login, password = postgres.login_of(settings.database_url)
    admin_url = settings.database_admin_url or settings.database_url
    own_cluster = admin_url != settings.database_url
    return await database.migrate(admin_url, login=login, password=password if own_cluster else None)


async def backup(settings: Settings, file: Path) -> int:
    """Write the database to `file` and say how many bytes it has."""
    if settings.database_url is None and not (home_folder(settings) / "postgres").exists():
        raise NothingHere(f"there is no house in {home_folder(settings)}", home=str(home_folder(settings)))
    async with running(settings) as found:
        binaries = postgres.find(settings.postgres_bin)
        url = found.database_admin_url or found.database_url
        assert url is not None
        return await asyncio.to_thread(postgres.backup, url, file, binaries=binaries)


async def restore(settings: Settings, file: Path, *, replace: bool) -> None:
    """Fill the database from `file`, and bring it to the schema of this code."""
    async with running(settings) as found:
        binaries = postgres.find(settings.postgres_bin)
        url = found.database_admin_url or found.database_url
        assert url is not None
        await database.ensure_roles(url)
        await asyncio.to_thread(postgres.restore, url, file, binaries=binaries, replace=replace)
        await _migrate(found)
        assert found.database_url is not None
        db = await database.Db.connect(found.database_url, connections=1, name="kontorhaus restore")
        try:
            # What was read of the log after the backup was made is not in it any more.
            await eventlog.start_epoch(db)
        finally:
            await db.close()


def _start(settings: Settings, home: Path) -> postgres.Server:
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise postgres.FolderUnusable(f"{home} cannot be made: {error.strerror}", folder=str(home)) from error
    server = postgres.Server.start(home / "postgres", binaries=postgres.find(settings.postgres_bin))
    server.ensure_database(DATABASE)
    return server
