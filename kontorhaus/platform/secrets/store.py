"""Every SQL statement of secrets."""

from __future__ import annotations

from msgspec import Struct

from kontorhaus.platform.db import Command, Query


class Proof(Struct, frozen=True):
    proof: bytes


KEEP_PROOF = Command("INSERT INTO keyring (proof) VALUES ($1) ON CONFLICT (one) DO NOTHING")

PROOF = Query(Proof, "SELECT proof FROM keyring")
