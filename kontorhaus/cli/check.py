"""`kontorhaus check`: whether everything is true that must be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click
import msgspec

from kontorhaus.cli.running import at_the_house
from kontorhaus.kernel.time import monotonic
from kontorhaus.platform.settings import Settings

if TYPE_CHECKING:
    from kontorhaus.platform.checks import Check, Finding
    from kontorhaus.roles.resources import Resources


@click.command()
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object an invariant.")
@click.pass_obj
def check(settings: Settings, names: tuple[str, ...], *, as_json: bool) -> None:
    """Check the invariants NAMES (all by default): a line each, until the first that is false, with rows that break it.

    The house may go on working meanwhile. Ends with 1 when one is false."""
    from kontorhaus.roles.checks import every_check

    known = every_check()
    strange = set(names) - {one.name for one in known}
    if strange:
        raise click.BadParameter(f"known are {', '.join(one.name for one in known)}", param_hint="NAMES")

    async def run(house: Resources) -> bool:
        for one in known:
            if names and one.name not in names:
                continue
            began = monotonic()
            broken = await one.broken(house.db)
            click.echo(_line(one, broken, round((monotonic() - began) * 1000), as_json=as_json))
            if broken:
                return False
        return True

    if not at_the_house(settings, run):
        raise SystemExit(1)


def _line(one: Check, broken: Sequence[Finding], milliseconds: int, *, as_json: bool) -> str:
    if as_json:
        seconds = f"{milliseconds // 1000}.{milliseconds % 1000:03}"
        told = {"name": one.name, "ok": not broken, "seconds": seconds, "rows": broken}
        return msgspec.json.encode(told).decode()
    head = f"{'true ' if not broken else 'FALSE'} {one.name}  {milliseconds} ms  {one.says}"
    return "\n".join([head, *(f"      {row.subject}: {row.detail}" for row in broken)])
