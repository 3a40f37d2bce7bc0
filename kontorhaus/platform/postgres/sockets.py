"""The folder of a server's socket: in the database's own folder, or a short private one when that path is too long."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from kontorhaus.platform.postgres.accounts import Account
from kontorhaus.platform.postgres.errors import SocketPathTooLong

PATH_BYTES_MAX: Final = 100
"""sun_path holds 104 bytes on macOS and 108 on Linux, the ending zero included (unix(4), unix(7))."""

LONGEST_NAME: Final = ".s.PGSQL.65535"


def make(folder: Path, account: Account, *, again: Path | None = None) -> Path:
    """A folder for the socket that its owner alone may enter (0700).

    `folder/socket`, or a new one in a temporary folder to which `folder/socket` is then a link: so that the next start
    finds and removes what a killed house left behind. `again` is the one that addresses were given out for, and which
    is made anew. SocketPathTooLong when no short one can be made.
    """
    remove(folder)
    own = folder / "socket"
    if _fits(own):
        own.mkdir(mode=0o700)
        account.own(own)
        return own
    if again is not None:
        again.mkdir(mode=0o700)
        _link(own, again, account)
        return again
    for place in dict.fromkeys((tempfile.gettempdir(), "/tmp")):  # noqa: S108, the made folder is private
        try:
            short = Path(tempfile.mkdtemp(prefix="kontorhaus-", dir=place))
        except OSError:
            continue
        if _fits(short):
            _link(own, short, account)
            return short
        short.rmdir()
    raise SocketPathTooLong(
        f"a socket in {folder} would have a path of more than {PATH_BYTES_MAX} bytes, and no short temporary folder "
        "can be written; give KONTORHAUS_HOME a shorter path",
        folder=str(folder),
    )


def remove(folder: Path) -> None:
    """Remove the socket's folder, wherever it is. The server must be gone: nobody could reach it any more."""
    own = folder / "socket"
    if own.is_symlink():
        short = own.readlink()
        # A temporary folder may have been swept, and its name taken by another account since.
        if (
            short.name.startswith("kontorhaus-")
            and short.is_dir()
            and short.stat().st_uid == own.lstat().st_uid
        ):
            shutil.rmtree(short)
        own.unlink()
    elif own.exists():
        shutil.rmtree(own)


def _link(own: Path, short: Path, account: Account) -> None:
    try:
        account.own(short)
        own.symlink_to(short)
        os.lchown(own, account.uid, account.gid)
    except OSError:  # the disk is full: nobody would find the short one again
        short.rmdir()
        raise


def _fits(folder: Path) -> bool:
    return len(os.fsencode(folder / LONGEST_NAME)) <= PATH_BYTES_MAX
