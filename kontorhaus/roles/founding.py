"""The demo organization: founded once in an empty house, so that the first curl works."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kontorhaus import __version__
from kontorhaus.people import access
from kontorhaus.platform.settings import Settings, home_folder
from kontorhaus.roles.resources import Resources

NAME = "Demo Kontorhaus"


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


def welcome(
    settings: Settings, address: str, key: str | None, party: str | None, pages: Mapping[str, str | None]
) -> Iterator[str]:
    """What a person who has just started the house wants to see; `pages` are those of the simulators, by name."""
    yield f"Kontorhaus {__version__} is open."
    yield f"  API        {address}/v1"
    yield f"  Docs       {address}/docs"
    yield f"  Data       {home_folder(settings)}"
    for name, page in pages.items():
        if page is not None:
            yield f"  {name:<10} {page}"
    if key is not None:
        yield f"  Test key   {key}"
    if party is not None:
        yield f"  Customer   {address}/v1/parties/{party}"
        yield ""
        yield f"  curl {address}/v1/parties/{party} -H 'Authorization: Bearer {key}'"
    yield ""
    yield "Stop it with Ctrl-C."
