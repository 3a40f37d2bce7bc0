"""A process that goes to the provider with one operation, and is told where to kill itself."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money import payments
from kontorhaus.money.payments import Means
from kontorhaus.money.payments.model.ids import OperationId
from kontorhaus.platform import failpoints
from kontorhaus.platform.db import Db
from kontorhaus.platform.outbound import Outbound
from kontorhaus.platform.secrets import Keyring, LocalKeyFile
from kontorhaus.platform.settings import load


async def drive() -> None:
    settings = load(os.environ)
    failpoints.arm(settings)
    assert settings.database_url is not None
    db = await Db.connect(settings.database_url)
    keyring = Keyring(LocalKeyFile.opened(Path(os.environ["MORTAL_KEYS"])))
    async with Outbound() as outbound:
        gateways = {"stripe": payments.Stripe(outbound, test_base=os.environ["MORTAL_STRIPE"])}
        await payments.drive(
            Means(db, keyring, gateways),
            OrgId(UUID(os.environ["MORTAL_ORG"])),
            OperationId(UUID(os.environ["MORTAL_OPERATION"])),
        )
    await db.close()


if __name__ == "__main__":
    asyncio.run(drive())
