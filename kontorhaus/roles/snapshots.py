"""Which room shows the objects of which noun as they are now."""

from __future__ import annotations

from collections.abc import Mapping

from kontorhaus.goods import orders
from kontorhaus.kernel.ids import ORG
from kontorhaus.money import ledger, payments
from kontorhaus.people import access, notices, parties
from kontorhaus.platform.clocks import TEST_CLOCK
from kontorhaus.wire.feed import Snapshot


def every_snapshot() -> Mapping[str, Snapshot]:
    """The snapshot of every noun that facts speak of, by the prefix of its ids."""
    return {
        orders.ORDER.prefix: orders.order_snapshots,
        ORG.prefix: access.organization_snapshots,
        access.API_KEY.prefix: access.api_key_snapshots,
        TEST_CLOCK.prefix: access.test_clock_snapshots,
        parties.PARTY.prefix: parties.party_snapshots,
        notices.NOTICE.prefix: notices.notice_snapshots,
        ledger.HOLD.prefix: ledger.hold_snapshots,
        ledger.EXPORT.prefix: ledger.export_snapshots,
        payments.PAYMENT_CONNECTION.prefix: payments.connection_snapshots,
        payments.PAYMENT.prefix: payments.payment_snapshots,
        payments.REFUND.prefix: payments.refund_snapshots,
        payments.OPERATION.prefix: payments.operation_snapshots,
        payments.SELLER_ACCOUNT.prefix: payments.seller_account_snapshots,
        payments.PAYOUT.prefix: payments.payout_snapshots,
    }
