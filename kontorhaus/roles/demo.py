"""The demo organization: founded once in an empty house, so that the first curl works."""

from __future__ import annotations

from collections.abc import Iterator

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
    """The test key of the demo organization, which is founded now if the house is empty.

    The key is kept in the home, since it cannot be read back from the database. A house of other organizations has
    none, and neither has one whose file is gone: `kontorhaus organizations create` founds another.
    """
    kept = home_folder(resources.settings) / "demo.key"
    if await access.organizations(resources.db):
        key = kept.read_text(encoding="ascii").strip() if kept.exists() else ""
        return key or None
    founded = await access.found(resources.db, NAME)
    key = next(organization.secret for organization in founded if organization.mode == "test")
    kept.parent.mkdir(parents=True, exist_ok=True)
    draft = kept.with_suffix(".draft")
    draft.touch(mode=0o600)
    draft.write_text(key, encoding="ascii")
    draft.replace(kept)
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


def welcome(
    settings: Settings, address: str, key: str | None, party: str | None, mail_page: str | None
) -> Iterator[str]:
    """What a person who has just started the house wants to see."""
    yield f"Kontorhaus {__version__} is open."
    yield f"  API        {address}/v1"
    yield f"  Docs       {address}/docs"
    yield f"  Data       {home_folder(settings)}"
    if mail_page is not None:
        yield f"  Mail       {mail_page}"
    if key is not None:
        yield f"  Test key   {key}"
    if party is not None:
        yield f"  Customer   {address}/v1/parties/{party}"
        yield ""
        yield f"  curl {address}/v1/parties/{party} -H 'Authorization: Bearer {key}'"
    yield ""
    yield "Stop it with Ctrl-C."
