"""The processes of a house that are killed and come again, and the record of each death."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from kontorhaus.kernel.time import monotonic
from kontorhaus.platform.failpoints import Acted
from tests.support.balancer import Balancer, balancing
from tests.support.processes import Process, Processes, forking, processes

SEATS: Final = ("api", "api", "worker", "worker", "relay")
"""Two of what answers and of what works, so that the house goes on; one relay, which nobody stands in for."""

APART_SECONDS: Final = (1.0, 1.5)
"""Between two kills. Sooner there would be no house left to be killed: a start takes most of a second."""


AT_RANDOM: Final = "at random"


class Death(Struct, frozen=True):
    """One kill -9: after how many seconds, of whom, and where he was: a failpoint, or whatever he did then."""

    at: float
    seat: str
    place: str


class Seat(Struct):
    """A place in the house that is always taken again."""

    name: str
    role: str
    plans: Plans
    process: Process | None = None
    armed: str | None = None
    """Where it is to die by its own hand."""

    @property
    def taken(self) -> bool:
        return self.process is not None and self.process.alive


class Plans:
    """Where those of a role are to die: each place in turn, again and again, at the first time that it is reached and
    later at another. A place at which nobody died, since he was killed before, is the next one's."""

    def __init__(self, places: Sequence[str]) -> None:
        self._due = deque(places)
        self._turn = 0
        self._each = len(places)

    def draw(self) -> tuple[str, str]:
        """A place, and the order to die there."""
        place = self._due.popleft()
        self._due.append(place)
        self._turn += 1
        reached = 1 if self._turn <= 2 * self._each else random.randint(1, 3)
        return place, f"{place}=kill@{reached}"

    def missed(self, place: str) -> None:
        self._due.remove(place)
        self._due.appendleft(place)


class Fleet:
    """Starts the seats, fills those whose process died, and kills."""

    def __init__(self, roles: Processes, balancer: Balancer, trail: Path, seats: Sequence[Seat]) -> None:
        self._roles, self._balancer, self._trail = roles, balancer, trail
        self._seats: Final = seats
        self._began: Final = monotonic()
        self._killed: dict[int, str] = {}
        self._stopping = False
        self.deaths: list[Death] = []
        self.unexpected: list[str] = []

    @property
    def address(self) -> str:
        return self._balancer.address

    async def open(self) -> None:
        for seat in self._seats:
            await self._fill(seat, armed=False)
            assert seat.taken, seat.process.said.read_text() if seat.process else seat.name
        for seat in self._seats:
            if seat.role == "api" and seat.process is not None:
                await self._balancer.ready(seat.process.address)

    async def keep_filled(self) -> None:
        """For ever: whoever died comes again, every second time with an order to die at a named place."""
        async with asyncio.TaskGroup() as watches:
            for seat in self._seats:
                watches.create_task(self._keep(seat))

    async def kill_until(self, over: Callable[[], bool]) -> None:
        """Kill somebody at random, again and again; a self-made death counts as one, and the pause begins anew."""
        while not over():
            seen = len(self.deaths)
            until = monotonic() + random.uniform(*APART_SECONDS)
            while monotonic() < until and not over():
                await asyncio.sleep(0.02)
            if len(self.deaths) > seen or over():
                continue
            alive = [seat for seat in self._seats if seat.taken]
            if len(alive) > 1:
                # Who is to die at a place that is seldom reached is left to reach it, as far as there are others.
                victim = random.choice([seat for seat in alive if seat.armed is None] or alive)
                assert victim.process is not None
                self._killed[victim.process.running.pid] = AT_RANDOM
                await victim.process.kill()

    async def stop(self) -> list[int]:
        """End all of them in good order; their exit codes."""
        self._stopping = True
        return [await seat.process.stop() for seat in self._seats if seat.process is not None]

    async def _keep(self, seat: Seat) -> None:
        while True:
            assert seat.process is not None
            status = await seat.process.running.wait()
            if self._stopping:
                return
            self._note(seat, seat.process, status)
            await self._fill(seat, armed=seat.armed is None)

    async def _fill(self, seat: Seat, *, armed: bool) -> None:
        """Start it anew; an armed one kills itself at a named place, unless somebody else does before."""
        seat.armed, environ = None, {}
        if armed:
            seat.armed, environ["KONTORHAUS_FAILPOINTS"] = seat.plans.draw()
        if seat.process is not None and seat.role == "api":
            self._balancer.remove(seat.process.address)
        seat.process = await self._roles.start(seat.role, **environ)
        if seat.role == "api" and seat.process.address:
            self._balancer.add(seat.process.address)

    def _note(self, seat: Seat, process: Process, status: int) -> None:
        pid = process.running.pid
        place = self._killed.get(pid) or self._place_of(pid)
        if status != -9 or place is None:
            self.unexpected.append(f"{seat.name} ended with {status}: {process.said.read_text()[-2000:]}")
        if seat.armed is not None and place != seat.armed:
            seat.plans.missed(seat.armed)
        self.deaths.append(Death(round(monotonic() - self._began, 3), seat.name, place or "unexpected"))

    def _place_of(self, pid: int) -> str | None:
        if not self._trail.exists():
            return None
        acts = [msgspec.json.decode(line, type=Acted) for line in self._trail.read_bytes().splitlines()]
        return next((act.place for act in acts if act.pid == pid and act.act == "kill"), None)

    def told(self) -> str:
        """The record in short: how many died where."""
        places = Counter((death.seat.rpartition(" ")[0], death.place) for death in self.deaths)
        lines = [f"{number:4}  {role:7} {place}" for (role, place), number in sorted(places.items())]
        return "\n".join([f"{len(self.deaths)} kills", *lines])


@contextlib.asynccontextmanager
async def fleet(
    folder: Path, url: str, places: Mapping[str, Sequence[str]], **environ: str
) -> AsyncIterator[Fleet]:
    """A house of several processes behind a balancer. `places` are the failpoints of each role, taken in turn."""
    trail = folder / "trail"
    plans = {role: Plans(failpoints) for role, failpoints in places.items()}
    seats = [Seat(f"{role} {number}", role, plans[role]) for number, role in enumerate(SEATS)]
    async with balancing() as balancer, contextlib.AsyncExitStack() as opened:
        named = {"KONTORHAUS_FAILPOINTS_TRAIL": str(trail), "KONTORHAUS_PUBLIC_URL": balancer.address}
        starter = await opened.enter_async_context(forking())
        roles = await opened.enter_async_context(processes(folder, url, starter=starter, **named, **environ))
        found = Fleet(roles, balancer, trail, seats)
        await found.open()
        filling = asyncio.create_task(found.keep_filled())
        try:
            yield found
            assert not filling.done(), f"nobody fills the seats any more: {filling.exception()!r}"
        finally:
            filling.cancel()
            await asyncio.gather(filling, return_exceptions=True)
