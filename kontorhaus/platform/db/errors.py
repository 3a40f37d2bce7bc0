"""What the database may answer that a caller or an operator can act on."""

from __future__ import annotations

from kontorhaus.kernel.errors import Conflict, Invalid, Unavailable


class DatabaseUnavailable(Unavailable):
    """The database could not be reached, or had no connection free in time. Nothing was done; try again."""

    code = "database_unavailable"
    title = "The database is not available"


class DatabaseLoginRefused(Unavailable):
    """The database refused the login, its password, or the name of the database in KONTORHAUS_DATABASE_URL.

    A new login gets its password from the address when `kontorhaus db migrate` runs with KONTORHAUS_DATABASE_ADMIN_URL.
    """

    code = "database_login_refused"
    title = "The database refused the login"
    should_retry = False


class DatabaseUrlInvalid(Invalid):
    """The database's address is not of the form `postgresql://login:password@host:port/database`.

    Characters such as `/`, `@` and `#` in a password are written as %2F, %40 and %23.
    """

    code = "database_url_invalid"
    title = "Not the address of a database"


class DatabaseConnectionLost(Unavailable):
    """The connection to the database was lost at work, so it is not known whether the change was made.

    Repeat the call with the same idempotency key: it is carried out if it was not, and answered as before if it was.
    """

    code = "database_connection_lost"
    title = "The connection to the database was lost"


class DatabaseTooSlow(Unavailable):
    """A statement ran longer than the house allows and was ended. Nothing was done.

    A search with very common words is the usual reason: make it narrower. Otherwise try again later.
    """

    code = "database_too_slow"
    title = "The database took too long"


class DatabaseContended(Unavailable):
    """The transaction met others again and again and was given up after a bounded number of tries. Nothing was done.

    Trying again after a moment is safe and usually works.
    """

    code = "database_contended"
    title = "Too many changes at once to the same objects"


class LoginTooPowerful(Conflict):
    """The house refuses a database login that is a superuser or bypasses row-level security: no wall would hold.

    Create a login of its own (`CREATE ROLE kontorhaus LOGIN PASSWORD '…'`), name it in KONTORHAUS_DATABASE_URL, and
    give the powerful login as KONTORHAUS_DATABASE_ADMIN_URL for migrations.
    """

    code = "database_login_too_powerful"
    title = "The database login walks through walls"


class PostgresTooOld(Conflict):
    """The house needs PostgreSQL 16 or newer: memberships with `WITH INHERIT FALSE, SET TRUE` came with 16."""

    code = "postgres_too_old"
    title = "PostgreSQL is too old"


class MigrationChanged(Conflict):
    """A migration that has run already differs from its file. Migrations are never edited; write a new one."""

    code = "migration_changed"
    title = "A migration was edited after it had run"


class MigrationsPending(Unavailable):
    """The schema is older than the code. Run `kontorhaus db migrate`, then start again."""

    code = "migrations_pending"
    title = "Migrations are pending"
