"""The demo in a house of its own: a database, a simulated Stripe and all roles, in a folder that is gone afterwards."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct, structs

from kontorhaus.kernel.errors import Unavailable
from kontorhaus.platform.settings import Settings
from kontorhaus.roles import database, founding, sandbox, together
from kontorhaus.roles.demo import books
from kontorhaus.roles.demo.calendar import Calendar
from kontorhaus.roles.demo.desk import SECRET_KEY, CallRefused, Desk, NotSoInTime, Provider
from kontorhaus.roles.demo.orders import Found, Wrong
from kontorhaus.roles.demo.playing import Played
from kontorhaus.roles.demo.sale import Sale
from kontorhaus.roles.demo.stage import Stage
from kontorhaus.roles.demo.telling import Teller
from kontorhaus.roles.resources import Resources, opened


class Result(Struct, frozen=True):
    """How the demo ended. `sound`: the books and every invariant are as they must be; `wrong`: orders that were not
    played to their end, with the reason."""

    sound: bool
    wrong: Sequence[Wrong]


def quiet(settings: Settings) -> Settings:
    """The story stands on the same page: what the house notes by the way would bury it."""
    return structs.replace(
        settings, log_level="error" if settings.log_level == "info" else settings.log_level, failpoints=None
    )


def _of_its_own(settings: Settings, home: Path) -> Settings:
    """Nothing of a house that is there already is touched, whatever the environment says."""
    return structs.replace(
        quiet(settings),
        home=str(home),
        database_url=None,
        database_admin_url=None,
        key_file=None,
        host="127.0.0.1",
        # Known before the house listens, so that the provider can be told where to deliver.
        port=free_port(),
        public_url=None,
        webhook_url=None,
        stripe_url=None,
        smtp_url=None,
        failpoints_trail=None,
    )


def free_port() -> int:
    """One that nobody listens on now. Should somebody take it before the house does, the house does not start."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
    return port


async def play(
    settings: Settings, sales: Sequence[Found], wrong: Sequence[Wrong], tell: Teller, *, at_once: bool
) -> Result:
    """Open a house, play the sales, tell the books, and clear up. `at_once`: time passes once for all of them."""
    with tempfile.TemporaryDirectory(prefix="kontorhaus-demo-") as folder:
        own = _of_its_own(settings, Path(folder))
        async with (
            sandbox.stripe(own) as (simulated, _),
            database.migrated(simulated) as found,
            opened(found, role="all") as resources,
        ):
            return await _in_the_house(resources, sales, wrong, tell, at_once=at_once)


async def _in_the_house(
    resources: Resources, sales: Sequence[Found], wrong: Sequence[Wrong], tell: Teller, *, at_once: bool
) -> Result:
    stop = asyncio.Event()
    key = await founding.found(resources)
    assert key is not None, "a new house has a demo organization"
    listening: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    running = asyncio.create_task(together.run(resources, stop, listening=listening.set_result))
    # A house that fails to open ends first, and its failure is the better message.
    running.add_done_callback(lambda _: listening.cancel())
    try:
        desk = Desk(resources.outbound, await listening, key, "demo")
        result = await Story(resources, desk, tell).play(sales, wrong, at_once=at_once)
    finally:
        stop.set()
        await running
    return result


class Story:
    """All sales, from the opening of the books to the invariants."""

    def __init__(self, resources: Resources, desk: Desk, tell: Teller) -> None:
        assert resources.settings.stripe_url is not None, "the demo has a simulator"
        self._resources: Final = resources
        self._tell: Final = tell
        self._calendar: Final = Calendar(desk)
        provider = Provider(resources.outbound, resources.settings.stripe_url, SECRET_KEY)
        self._stage: Final = Stage(desk, provider, tell)
        self._wrong: Final[list[Wrong]] = []
        self._played: Final[list[Played]] = []
        self._stuck = 0

    async def play(self, found: Sequence[Found], wrong: Sequence[Wrong], *, at_once: bool) -> Result:
        for refused in wrong:
            self._refuse(refused, None)
        sound = False
        try:
            await self._sell(found, at_once=at_once)
            sound = await books.tell(self._stage, self._played, self._resources.db)
        except (CallRefused, NotSoInTime, Unavailable) as error:
            self._stop(f"The story does not go on: {error}.", None)
        sound = sound and not self._stuck
        self._end(sound=sound)
        return Result(sound, self._wrong)

    async def _sell(self, found: Sequence[Found], *, at_once: bool) -> None:
        days = [one.sale.inspection_days + 1 for one in found]
        await self._calendar.open(max(days, default=0) if at_once else sum(days))
        await self._stage.open()
        for one in found:
            self._tell("sale", f"{one.sale.reference}: {_title(one.sale)}", sale=one.sale.reference)
            sale = Played(self._stage, one.sale)
            self._played.append(sale)
            await self._act(one, sale.begin)
            if not at_once and sale.paid:
                await self._pass(one.sale.inspection_days)
                await self._act(one, sale.finish)
        if at_once and any(sale.paid for sale in self._played):
            await self._pass(max(one.sale.inspection_days for one in found))
            for one, sale in zip(found, self._played, strict=True):
                if sale.paid:
                    await self._act(one, sale.finish)

    async def _act(self, found: Found, act: Callable[[], Awaitable[None]]) -> None:
        """A sale that is refused, or does not go on, does not stop the others."""
        sale = found.sale.reference
        try:
            await act()
        except CallRefused as refused:
            for pointer, detail in refused.faults or [("", f"{refused.detail} [{refused.code}]")]:
                self._refuse(Wrong(found.pointer + pointer, detail), sale)
        except (NotSoInTime, Unavailable) as error:
            self._stop(f"{sale} does not go on: {error}.", sale)

    def _stop(self, text: str, sale: str | None) -> None:
        self._stuck += 1
        self._tell("stuck", text, sale=sale)

    def _refuse(self, wrong: Wrong, sale: str | None) -> None:
        self._wrong.append(wrong)
        text = f"Wrong: {wrong.pointer}: {wrong.detail}"
        self._tell("wrong", text, sale=sale, pointer=wrong.pointer, detail=wrong.detail)

    async def _pass(self, days: int) -> None:
        now = await self._calendar.pass_days(days)
        text = f"{days} days pass by the test clock: it is the {now:%-d %B %Y}."
        self._tell("time.passed", text, days=days, now=now)

    def _end(self, *, sound: bool) -> None:
        completed = sum(one.completed for one in self._played)
        declined = sum(one.declined for one in self._played)
        wrong = len({"/".join(one.pointer.split("/")[:3]) for one in self._wrong})
        text = f"{completed} sales completed, {declined} declined by the bank, {wrong} orders wrong. "
        self._tell(
            "end",
            text + ("The books are sound." if sound else "THE BOOKS ARE NOT SOUND."),
            completed=completed,
            declined=declined,
            wrong=wrong,
            stuck=self._stuck,
            sound=sound,
        )


def _title(sale: Sale) -> str:
    sellers = ", ".join(f"{one.name} ({one.country})" for one in sale.sellers)
    return f"{sale.buyer.name} ({sale.buyer.country}) buys" + (f" from {sellers}." if sellers else ".")
