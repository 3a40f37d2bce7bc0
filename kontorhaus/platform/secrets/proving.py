"""One database, one set of keys: a process with other keys would seal what nobody else can open."""

from __future__ import annotations

import hmac

from kontorhaus.platform.db import Db
from kontorhaus.platform.secrets import store
from kontorhaus.platform.secrets.errors import KeysDiffer
from kontorhaus.platform.secrets.keyring import Keyring


async def prove(db: Db, keyring: Keyring) -> None:
    """Refuse, with KeysDiffer, keys that are not those of this database; the first to come decides which those are.

    Two processes with key files of their own would otherwise answer each other's calls with 500 and not find each
    other's IBANs, and nobody would know why.
    """
    proof = await keyring.proof()
    async with db.system() as tx:
        await store.KEEP_PROOF.run(tx, proof)
        known = await store.PROOF.one(tx)
    if not hmac.compare_digest(known.proof, proof):
        raise KeysDiffer("the key file is not the one that this database's secrets were sealed with")
