"""Who PostgreSQL runs as. It refuses root, so a house that is root must become somebody else for it."""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct

from kontorhaus.platform.postgres import programs
from kontorhaus.platform.postgres.binaries import Binaries
from kontorhaus.platform.postgres.errors import NoAccount

NOBODY: Final = 65534
"""The kernel's "overflow" id (user_namespaces(7)): any number but 0 would do, this one is never a person's."""


class Account(Struct, frozen=True):
    """Who owns the files on the disk, and the words before a command that make it run as that account."""

    uid: int
    gid: int
    prefix: tuple[str, ...] = ()

    def command(self, program: str, *arguments: str, ends_with_parent: bool = False) -> list[str]:
        """The command line that runs a program as this account.

        `ends_with_parent` asks Linux for a fast shutdown (SIGINT) when the starting process dies. It stands last,
        since the kernel clears it whenever a process changes its account.
        """
        setpriv = shutil.which("setpriv") if ends_with_parent else None
        last = [setpriv, "--pdeathsig", "INT", "--"] if setpriv else []
        return [*self.prefix, *last, program, *arguments]

    def own(self, path: Path) -> None:
        """Give a file, or a folder with all that is in it, to this account. Only root's house ever has to."""
        if os.geteuid() != 0 or path.lstat().st_uid == self.uid:
            return
        # The top last: until all is done, its old owner says that something is left to do.
        for folder, folders, files in os.walk(path, topdown=False):
            for name in (*folders, *files):
                os.lchown(Path(folder) / name, self.uid, self.gid)
        os.lchown(path, self.uid, self.gid)


def choose(binaries: Binaries, folder: Path, *, namespaces: bool = True) -> Account:
    """The account under which the programs can be run and the database's folder be entered.

    Not root: this one. Root: the account to which the folder belongs already, if that is another one; else a user
    namespace, in which root is called nobody and owns its files as before; else the account `postgres` or `nobody`.
    An account that may not enter a folder on the way (a checkout under /root) is given the capability to pass through.
    `namespaces=False` leaves the namespace out, as container runtimes do. NoAccount says what to do when none works.
    """
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for account in _unprivileged(folder, namespaces=namespaces):
        if _reaches(account, binaries, folder):
            return account
    raise NoAccount(
        "PostgreSQL does not run as root, and neither a user namespace nor the account postgres or nobody reaches both "
        f"{binaries.folder} and {folder}. Start the house as a plain user, or move both where all accounts may enter",
        programs=str(binaries.folder),
        folder=str(folder),
    )


def _unprivileged(folder: Path, *, namespaces: bool) -> Iterator[Account]:
    owner = folder.stat()
    if owner.st_uid != 0:
        yield from _become(owner.st_uid, owner.st_gid)
    unshare = shutil.which("unshare")
    if namespaces and unshare:
        yield Account(0, 0, (unshare, "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--"))
    entry = _entry("postgres") or _entry("nobody")
    if entry is not None:
        yield from _become(entry.pw_uid, entry.pw_gid)


def _become(uid: int, gid: int) -> Iterator[Account]:
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return
    words = (f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "--")
    yield Account(uid, gid, (setpriv, *words))
    # The narrower right first; Docker's default set has only the wider one. PostgreSQL looks for its own program by
    # access(2), which heeds the capabilities of others than root only under this securebit (capabilities(7)).
    for right in ("+dac_read_search", "+dac_override"):
        rights = ("--securebits=+no_setuid_fixup", "--inh-caps", right, "--ambient-caps", right)
        yield Account(uid, gid, (setpriv, *rights, *words))


def _reaches(account: Account, binaries: Binaries, folder: Path) -> bool:
    """Tried out rather than computed: rights, capabilities, namespaces and security modules all have a say."""
    script = '"$1" --version && "$2" --version && cd "$3"'
    tried = (binaries.program("postgres"), binaries.program("initdb"))
    command = account.command("/bin/sh", "-c", script, "reaches", *tried, str(folder.parent))
    return programs.run(command).returncode == 0


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None
