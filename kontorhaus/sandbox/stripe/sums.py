"""The books from outside, for tests and people: what was taken, given back, passed on and paid out, per object.

Worked out from the postings alone, not from what the objects say of themselves.
"""

from __future__ import annotations

from collections import defaultdict

from kontorhaus.sandbox.stripe.call import Books, Call
from kontorhaus.sandbox.stripe.errors import Object


def books(given: Books, platform: str | None = None) -> Object:
    """`sound` is whether the postings of each movement, and all together, add up to zero in each currency, and no money
    is stuck between two accounts."""
    owners = {account["id"]: owner or account["id"] for owner, account in given.store.accounts()}
    by_movement: dict[tuple[str, str], int] = defaultdict(int)
    by_account: dict[tuple[str, str], int] = defaultdict(int)
    moved: dict[tuple[str, str], int] = defaultdict(int)
    for posting in given.store.postings():
        by_movement[posting.movement, posting.currency] += posting.amount
        by_account[posting.account, posting.currency] += posting.amount
        if posting.account == "stripe":
            moved[posting.object, "fee"] += posting.amount
        elif not posting.account.startswith("balance:"):
            moved[posting.object, posting.account.partition(":")[0]] -= posting.amount
    stuck = [name for (name, _), amount in by_account.items() if name.startswith("transit:") and amount]
    sums: dict[str, int] = defaultdict(int)
    for (_, currency), amount in by_account.items():
        sums[currency] += amount
    totals = {(name, currency): amount for name, currency, amount in given.store.totals()}
    return {
        "sound": not any(by_movement.values()) and not stuck and totals == dict(by_account),
        "sums": dict(sums),
        "stuck": stuck,
        "accounts": _accounts(given, owners, platform),
        "payments": _payments(given, moved, owners, platform),
        "refunds": _plain(given, "refund", moved, owners, platform),
        "disputes": _plain(given, "dispute", moved, owners, platform),
        "transfers": _transfers(given, moved, owners, platform),
        "payouts": _payouts(given, moved, owners, platform),
    }


def brief(given: Books, payments: list[tuple[str, Object]]) -> Object:
    """What the page shows of some PaymentIntents, and of the accounts, without reading all there is."""
    sums: dict[str, int] = defaultdict(int)
    for _, currency, amount in given.store.totals():
        sums[currency] += amount
    owners = {account["id"]: owner or account["id"] for owner, account in given.store.accounts()}
    found = {}
    for account, body in payments:
        call = Call(given, platform=owners[account], account=account)
        linked = {kind: call.linked(kind, payment_intent=body["id"]) for kind in ("charge", "refund")}
        found[body["id"]] = {
            "taken": sum(given.store.cards(one["id"]) for one in linked["charge"]),
            "refunded": -sum(given.store.cards(one["id"]) for one in linked["refund"]),
        }
    return {"balanced": not any(sums.values()), "accounts": _accounts(given, owners, None), "payments": found}


def _mine(account: str, owners: dict[str, str], platform: str | None) -> bool:
    return platform is None or owners.get(account) == platform


def _accounts(given: Books, owners: dict[str, str], platform: str | None) -> Object:
    now = given.now_ms // 1000
    found = {}
    for account, owner in owners.items():
        if _mine(account, owners, platform):
            total = given.store.total(f"balance:{account}")
            pending = given.store.pending(f"balance:{account}", now)
            found[account] = {
                "platform": owner,
                "available": {c: amount - pending.get(c, 0) for c, amount in total.items()},
                "pending": pending,
                "paid_out": given.store.total(f"bank:{account}"),
            }
    return found


def _payments(
    given: Books, moved: dict[tuple[str, str], int], owners: dict[str, str], platform: str | None
) -> Object:
    """Per PaymentIntent. `taken` left the card, `refunded` came back to it; disputes stand by themselves."""
    charges: dict[str, list[str]] = defaultdict(list)
    refunds: dict[str, list[str]] = defaultdict(list)
    disputes: dict[str, list[str]] = defaultdict(list)
    for kind, found in (("charge", charges), ("refund", refunds), ("dispute", disputes)):
        for _, body in given.store.newest(kind, -1):
            if body["payment_intent"] is not None:
                found[body["payment_intent"]].append(body["id"])
    return {
        body["id"]: {
            "account": account,
            "amount": body["amount"],
            "currency": body["currency"],
            "status": body["status"],
            "taken": sum(moved[one, "cards"] for one in charges[body["id"]]),
            "charges": sum(1 for one in charges[body["id"]] if moved[one, "cards"]),
            "fees": sum(moved[one, "fee"] for one in charges[body["id"]]),
            "refunded": -sum(moved[one, "cards"] for one in refunds[body["id"]]),
            "disputed": -sum(moved[one, "cards"] for one in disputes[body["id"]]),
            "metadata": body["metadata"],
            "transfer_group": body["transfer_group"],
        }
        for account, body in given.store.newest("payment_intent", -1)
        if _mine(account, owners, platform)
    }


def _plain(
    given: Books,
    kind: str,
    moved: dict[tuple[str, str], int],
    owners: dict[str, str],
    platform: str | None,
) -> Object:
    return {
        body["id"]: {
            "account": account,
            "payment_intent": body["payment_intent"],
            "charge": body["charge"],
            "currency": body["currency"],
            "amount": body["amount"],
            "status": body["status"],
            "gone": -moved[body["id"], "cards"],
            "fees": moved[body["id"], "fee"],
            "metadata": body["metadata"],
        }
        for account, body in given.store.newest(kind, -1)
        if _mine(account, owners, platform) and body["payment_intent"] is not None
    }


def _transfers(
    given: Books, moved: dict[tuple[str, str], int], owners: dict[str, str], platform: str | None
) -> Object:
    reversals: dict[str, list[str]] = defaultdict(list)
    for _, body in given.store.newest("transfer_reversal", -1):
        reversals[body["transfer"]].append(body["id"])
    return {
        body["id"]: {
            "account": account,
            "destination": body["destination"],
            "currency": body["currency"],
            "sent": -moved[body["id"], "transit"],
            "arrived": moved[body["destination_payment"], "transit"],
            "reversed": sum(moved[one, "transit"] for one in reversals[body["id"]]),
            "source_transaction": body["source_transaction"],
            "transfer_group": body["transfer_group"],
            "metadata": body["metadata"],
        }
        for account, body in given.store.newest("transfer", -1)
        if _mine(account, owners, platform)
    }


def _payouts(
    given: Books, moved: dict[tuple[str, str], int], owners: dict[str, str], platform: str | None
) -> Object:
    return {
        body["id"]: {
            "account": account,
            "currency": body["currency"],
            "amount": body["amount"],
            "status": body["status"],
            "gone": -moved[body["id"], "bank"],
            "metadata": body["metadata"],
        }
        for account, body in given.store.newest("payout", -1)
        if _mine(account, owners, platform)
    }
