"""The demo organization: founded once in an empty house, so that the first curl works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from kontorhaus import __version__
from kontorhaus.people import access
from kontorhaus.platform.settings import Settings, home_folder
from kontorhaus.roles.resources import Resources

NAME = "Demo Kontorhaus"

FIRST_CUSTOMER = {
    "kind": "company",
    "name": "Garage Lumière SARL",
    "roles": ["customer"],
    "country": "FR",
    "reference": "demo-1",
}


async def found(resources: Resources) -> str | None:
    """The test key of the demo organization: founded now if the house is empty, else as it was kept on disk.

    None when other organizations were here first, or the file with the key is gone: a key cannot be read back.
    """
    kept = _key_file(resources.settings)
    if await access.organizations(resources.db):
        return kept.read_text(encoding="ascii") if kept.exists() else None
    founded = await access.found(resources.db, NAME)
    key = next(organization.secret for organization in founded if organization.mode == "test")
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.touch(mode=0o600)
    kept.write_text(key, encoding="ascii")
    return key


async def first_customer(resources: Resources, address: str, key: str) -> str | None:
    """Create the first customer as any client would: over HTTP, with the same key at every start, so once.

    Returns the party's id; None if the API refused, which the caller shows as a missing line and the log explains.
    """
    reply = await resources.outbound.request(
        "POST",
        f"{address}/v1/parties",
        headers={
            "authorization": f"Bearer {key}",
            "content-type": "application/json",
            "idempotency-key": "demo-first-customer",
        },
        body=msgspec.json.encode(FIRST_CUSTOMER),
        timeout_seconds=10,
    )
    if reply.status != 201:
        return None
    return str(msgspec.json.decode(reply.body)["id"])


def welcome(settings: Settings, address: str, key: str | None, party: str | None) -> Iterator[str]:
    """What a person who has just started the house wants to see."""
    yield f"Kontorhaus {__version__} is open."
    yield f"  API        {address}/v1"
    yield f"  Docs       {address}/docs"
    yield f"  Data       {home_folder(settings)}"
    if key is not None:
        yield f"  Test key   {key}"
    if party is not None:
        yield f"  Customer   {address}/v1/parties/{party}"
        yield ""
        yield f"  curl {address}/v1/parties/{party} -H 'Authorization: Bearer {key}'"
    yield ""
    yield "Stop it with Ctrl-C."


def _key_file(settings: Settings) -> Path:
    return home_folder(settings) / "demo.key"
