"""Writes the generated pages anew: `python -m tests.house.regenerate`, or `make docs`."""

from __future__ import annotations

import asyncio
import sys

from kontorhaus.platform import postgres
from tests.house import reference, states
from tests.house.source import place
from tests.support import databases
from tests.support.cluster import shared_cluster


def main() -> None:
    """Write what differs, remove what nothing generates any more, and say which pages those were."""
    wanted = reference.pages(asyncio.run(_schema()))
    for room in states.rooms_with_machines():
        page = states.page_of(room)
        if page.is_file():
            wanted[page] = states.redraw(page.read_text(encoding="utf-8"), room)
    reference.FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in wanted.items():
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{place(path)}\n")
    for path in reference.stray_pages(wanted):
        path.unlink()
        sys.stdout.write(f"{place(path)} removed\n")


async def _schema() -> str:
    cluster = shared_cluster()
    database = await databases.clone(cluster)
    try:
        return reference.dumped(database, postgres.find(None).folder / "pg_dump")
    finally:
        await databases.drop(cluster, database)


if __name__ == "__main__":
    main()
