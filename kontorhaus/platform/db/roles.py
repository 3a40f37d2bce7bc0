"""The house's database roles, which belong to the whole cluster and so stand outside the migrations of one database.

kontorhaus_app           one organization's rows, by row-level security
kontorhaus_system        every organization's rows: claims, sequencer, lookups
kontorhaus_maintenance   owns partitioned tables; makes and drops their partitions
<login>                  what processes connect as: nothing of its own, may SET ROLE to the three
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import re
import secrets
import unicodedata
from typing import TYPE_CHECKING, Final

import asyncpg

from kontorhaus.kernel.errors import Invalid

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

ROLES: Final = ("kontorhaus_app", "kontorhaus_system", "kontorhaus_maintenance")

LOGIN: Final = "kontorhaus"

TRIES: Final = 20
"""Roles are shared by all databases of a cluster and cannot be guarded by a database's own lock; another migration
that touches them at the same instant is waited out."""

RACES: Final = (
    asyncpg.DuplicateObjectError,
    asyncpg.UniqueViolationError,
    asyncpg.InternalServerError,  # "tuple concurrently updated"
)


class LoginNameInvalid(Invalid):
    """A database login must be a plain lower-case name of at most 63 characters."""

    code = "login_name_invalid"
    title = "The login's name is not plain"


async def ensure(admin: Connection, login: str = LOGIN, password: str | None = None) -> None:
    """Create the roles and the login where they are missing; change nothing that is right already.

    `admin` needs CREATEROLE. If `login` is the admin itself, it only receives the memberships.
    """
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", login):
        raise LoginNameInvalid("give the login a plain lower-case name")
    for role in ROLES:
        await _patiently(admin, f"CREATE ROLE {role} NOLOGIN", unless=await _exists(admin, role))
    if not await _exists(admin, login):
        await _patiently(admin, f"CREATE ROLE {login} LOGIN NOINHERIT", unless=False)
    if password is not None:
        await _patiently(admin, f"ALTER ROLE {login} PASSWORD '{_verifier(password)}'", unless=False)
    me = await admin.fetchval("SELECT current_user")
    for role in ROLES:
        for member in dict.fromkeys((login, me)):
            granted = await admin.fetchval(_MAY_SET_ONLY, member, role)
            grant = f'GRANT {role} TO "{member}" WITH INHERIT FALSE, SET TRUE'
            await _patiently(admin, grant, unless=bool(granted))


_MAY_SET_ONLY: Final = """
    SELECT count(*) > 0 AND bool_and(NOT inherit_option) AND bool_or(set_option)
    FROM pg_catalog.pg_auth_members
    WHERE member = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $1)
      AND roleid = (SELECT oid FROM pg_catalog.pg_roles WHERE rolname = $2)
"""


SCRAM_ROUNDS: Final = 4096
"""PostgreSQL's own number (scram_iterations); a login's password is random, so more would only slow each connection."""


def _verifier(password: str) -> str:
    """What PostgreSQL keeps of a password (RFC 5803), made here, so that no server log ever sees the password."""
    salt = secrets.token_bytes(16)
    plain = unicodedata.normalize(
        "NFKC", password
    ).encode()  # the part of SASLprep (RFC 4013) that changes letters
    salted = hashlib.pbkdf2_hmac("sha256", plain, salt, SCRAM_ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    texts = [base64.b64encode(part).decode("ascii") for part in (salt, stored, server)]
    return f"SCRAM-SHA-256${SCRAM_ROUNDS}:{texts[0]}${texts[1]}:{texts[2]}"


async def _exists(admin: Connection, role: str) -> bool:
    return bool(await admin.fetchval("SELECT true FROM pg_catalog.pg_roles WHERE rolname = $1", role))


async def _patiently(admin: Connection, statement: str, *, unless: bool) -> None:
    for attempt in range(0 if unless else TRIES):
        try:
            await admin.execute(statement)
        except asyncpg.DuplicateObjectError:
            return
        except RACES:
            if attempt == TRIES - 1:
                raise
            await asyncio.sleep(0.05)
        else:
            return
