"""The demo room as a process: API and resumer, killed from inside at the point named in CHARGES_DIE_AT."""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

from kontorhaus.people.access import authenticate
from kontorhaus.platform import http, idempotency
from kontorhaus.platform.db import Db
from kontorhaus.platform.http import Drain
from kontorhaus.platform.outbound import Outbound
from kontorhaus.platform.secrets import Keyring, LocalKeyFile
from kontorhaus.platform.settings import Settings
from tests.platform.idempotency import charges


async def main(url: str, network: str, keys: str, patience_seconds: float) -> None:
    settings = Settings(port=0, drain_seconds_max=1)
    db = await Db.connect(url)
    async with Outbound() as outbound:
        means = charges.Means(
            db=db,
            keyring=Keyring(LocalKeyFile.opened(Path(keys))),
            outbound=outbound,
            network=network,
            patience=timedelta(seconds=patience_seconds),
        )
        drain = Drain()
        application = http.application(
            charges.ROUTES,
            resources=means,
            authenticate=lambda credential: authenticate(db, credential),
            settings=settings,
            drain=drain,
        )
        resume = asyncio.create_task(_resume(means))
        await http.serve(application, settings, drain=drain, stop=asyncio.Event(), listening=_say)
        resume.cancel()


async def _resume(means: charges.Means) -> None:
    while True:
        await idempotency.resume_due(
            means.db, {"demo.charge": lambda org_id, subject: charges.finish(means, org_id, subject)}
        )
        await asyncio.sleep(0.05)


def _say(address: str) -> None:
    sys.stdout.write(address + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _, NETWORK, KEYS, PATIENCE = sys.argv
    asyncio.run(main(os.environ["CHARGES_DATABASE"], NETWORK, KEYS, float(PATIENCE)))
