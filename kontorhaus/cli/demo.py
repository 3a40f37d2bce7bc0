"""`kontorhaus demo`: sales from the order to the money in the seller's account, as a story."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

import click

from kontorhaus.cli.running import until_stopped
from kontorhaus.platform.settings import Settings

WRONG_ORDERS = 3
"""The exit code where orders of the file were wrong and all else went well. 1 is worse, and 2 is click's own."""


@click.command()
@click.option(
    "--orders",
    "file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Play the orders of this file instead; docs/demo.md describes it.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a step.")
@click.pass_obj
def demo(settings: Settings, file: Path | None, *, as_json: bool) -> None:
    """Play three sales in a house of their own, with a simulated Stripe, and show the books.

    Everything goes through the API, and nothing is left behind. Ends with 1 if the books are not sound or a sale came
    to no end, with 3 if orders of FILE are wrong and all else went well."""
    from kontorhaus.roles.demo import house, orders, sales
    from kontorhaus.roles.demo.telling import Teller

    if file is None:
        found = [orders.Found(f"/orders/{number}", sale) for number, sale in enumerate(sales.BUILT_IN)]
        wrong: list[orders.Wrong] = []
    else:
        found, wrong = orders.read(file)
    page, results = sys.stdout, list[house.Result]()

    def write(line: str) -> None:
        page.write(line + "\n")
        page.flush()

    async def play(stop: asyncio.Event) -> None:
        tell = Teller(write, as_json=as_json)
        playing = asyncio.create_task(house.play(settings, found, wrong, tell, at_once=file is not None))
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        if not playing.done():
            playing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            results.append(await playing)

    # The house writes its log to standard output, where the story stands.
    with contextlib.redirect_stdout(sys.stderr):
        until_stopped(house.quiet(settings), play)
    if not results or not results[0].sound or (results[0].wrong and file is None):
        raise SystemExit(1)
    if results[0].wrong:
        raise SystemExit(WRONG_ORDERS)
