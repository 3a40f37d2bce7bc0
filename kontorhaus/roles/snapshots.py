"""Which room shows the objects of which noun as they are now."""

from __future__ import annotations

from collections.abc import Mapping

from kontorhaus.kernel.ids import ORG
from kontorhaus.money import ledger
from kontorhaus.people import access, notices, parties
from kontorhaus.platform.clocks import TEST_CLOCK
from kontorhaus.wire.feed import Snapshot


def every_snapshot() -> Mapping[str, Snapshot]:
    """The snapshot of every noun that facts speak of, by the prefix of its ids."""
    return {
        ORG.prefix: access.organization_snapshots,
        access.API_KEY.prefix: access.api_key_snapshots,
        TEST_CLOCK.prefix: access.test_clock_snapshots,
        parties.PARTY.prefix: parties.party_snapshots,
        notices.NOTICE.prefix: notices.notice_snapshots,
        ledger.HOLD.prefix: ledger.hold_snapshots,
        ledger.EXPORT.prefix: ledger.export_snapshots,
    }
