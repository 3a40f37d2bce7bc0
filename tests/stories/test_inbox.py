"""An operator looks after webhooks at the command line, beside a running house that does not know their source."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kontorhaus.kernel.ids import ORG, OrgId, uuid7
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform import inbox, postgres
from kontorhaus.platform.db import Db
from kontorhaus.platform.inbox import CONNECTION, MESSAGE, Delivery, Inbox, store
from kontorhaus.platform.inbox.errors import DeliveryRefused
from kontorhaus.platform.secrets import Keyring, LocalKeyFile
from kontorhaus.roles.database import DATABASE
from tests.stories.test_up import Command
from tests.support.outside import OUTSIDE, address, signature

EVENT = {"id": "evt_1", "type": "payment.captured"}


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path / "home")


async def quarantined(command: Command, org_id: OrgId) -> tuple[str, str]:
    """A message that was received, tried and given up, and a delivery that was refused; the ids of both."""
    admin = postgres.running_at(command.home / "postgres")
    assert admin is not None
    db = await Db.connect(postgres.another(admin, DATABASE, login="kontorhaus"), connections=2)
    keyring = Keyring(LocalKeyFile.opened(command.home / "master.keys"))
    connection = await address(db, keyring, org_id)
    door, at = Inbox((OUTSIDE,)), CONNECTION.parse(connection)
    good = Delivery(((b"x-signature", signature(EVENT).encode()),), json.dumps(EVENT).encode())
    await door.receive(db, keyring, at, good, now=utc_now())
    with pytest.raises(DeliveryRefused):
        await door.receive(db, keyring, at, Delivery((), b"{}"), now=utc_now())
    async with db.org(org_id) as tx:
        (row,) = await inbox.waiting(tx)
        assert await store.QUARANTINE.run(tx, org_id, row.id, 20, "ObjectNotFound object_not_found") == 1
    await db.close()
    return MESSAGE.text(inbox.MessageId(row.id)), connection


async def test_a_quarantined_message_is_seen_replayed_and_given_up(command: Command) -> None:
    org_id = OrgId(uuid7())
    async with command.up():
        message, connection = await quarantined(command, org_id)
        status, said = await command.run("inbox", "list")
        assert (status, message in said, "ObjectNotFound object_not_found" in said) == (0, True, True), said
        status, said = await command.run("inbox", "show", ORG.text(org_id), message)
        assert (status, "evt_1" in said, connection in said, "quarantined" in said) == (
            0,
            True,
            True,
            True,
        ), said
        status, said = await command.run("inbox", "connections")
        assert (status, f"{connection}  outside  open  signature_missing 1" in said) == (0, True), said

        status, said = await command.run("inbox", "replay", "--reason", "SomethingElse")
        assert (status, said) == (0, "0 messages are tried again.\n")
        assert (await command.run("inbox", "replay"))[0] == 2, "which ones must be said"
        status, said = await command.run("inbox", "replay", "--message", message)
        assert (status, said) == (0, "1 messages are tried again.\n")
        _, said = await command.run("inbox", "list", "--state", "waiting")
        assert message in said
        status, said = await command.run("inbox", "discard", ORG.text(org_id), message)
        assert (status, said) == (0, "The message is given up.\n")
        refused, said = await command.run("inbox", "discard", ORG.text(org_id), message)
        assert (refused, "inbox_message_over" in said) == (1, True), said
        wrong, said = await command.run("inbox", "show", "pty_1", message)
        assert (wrong, "give an id such as org_" in said) == (2, True), said
