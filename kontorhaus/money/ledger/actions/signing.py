"""A seal, signed: what an auditor keeps outside, so that the books cannot be told anew with new seals."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from kontorhaus.kernel.ids import ORG, OrgId
from kontorhaus.kernel.time import instant_text
from kontorhaus.money.ledger.actions.showing import books_in
from kontorhaus.money.ledger.errors import LedgerSealNotFound
from kontorhaus.money.ledger.store import sealing as store
from kontorhaus.people.parties import PARTY, PartyId
from kontorhaus.platform.db import Db
from kontorhaus.platform.secrets import Keyring

PURPOSE = "ledger.seal"


class SignedSeal(Struct, frozen=True):
    """`signed` is the exact text that the signature is over: a JSON object with organization, legal entity, number,
    instant up to which, number of entries, and the hash of the batch chained to all before. The signature is Ed25519
    (RFC 8032); key and signature are in hexadecimal."""

    signed: str
    public_key: str
    signature: str


async def signed_seal(
    db: Db, keyring: Keyring, org_id: OrgId, entity: PartyId, number: int | None = None
) -> SignedSeal:
    """A seal, by default the last one, signed with the organization's key for seals.

    Guaranteed: whoever holds it and finds another hash under its number later knows that the books were changed.
    Not guaranteed: who holds the key; note it when it is first handed over. Raises LedgerEntityNotFound,
    LedgerSealNotFound.
    """
    async with db.org(org_id, read_only=True) as tx:
        books = await books_in(tx, org_id, entity)
        if number is None:
            found = await store.LAST_SEAL.maybe(tx, org_id, books.number)
        else:
            found = await store.NEXT_SEAL.maybe(tx, org_id, books.number, number - 1)
    if found is None or number not in (None, found.number):
        raise LedgerSealNotFound("there is no such seal")
    told = {
        "organization": ORG.text(org_id),
        "entity": PARTY.text(entity),
        "number": found.number,
        "upto": instant_text(found.upto),
        "entries": found.entries,
        "hash": found.hash.hex(),
    }
    text = msgspec.json.encode(told)
    signature = await keyring.sign(text, org_id=org_id, purpose=PURPOSE)
    return SignedSeal(text.decode(), signature.public_key.hex(), signature.signature.hex())
