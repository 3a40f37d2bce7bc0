"""What happens by itself once its instant has come: each in a transaction of its own, in the order of the instants."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kontorhaus.sandbox.stripe import clock
from kontorhaus.sandbox.stripe.call import Books, Call
from kontorhaus.sandbox.stripe.resources import charges, disputes, payouts, refunds
from kontorhaus.sandbox.stripe.resources.accounts import standing
from kontorhaus.sandbox.stripe.resources.payment_intents import machine
from kontorhaus.sandbox.stripe.store import Task

ACTIONS: Final[dict[str, Callable[[Call, str], object]]] = {
    "dispute_charge": disputes.start_by_card,
    "expire_authorization": machine.expire,
    "expire_dispute": disputes.expire,
    "fail_refund": refunds.fail,
    "land_payout": payouts.land,
    "lose_dispute": lambda call, wanted: disputes.decide(call, wanted, "lose"),
    "send_payout": payouts.send,
    "settle_charge": charges.settle_later,
    "settle_refund": refunds.settle,
    "verify_account": standing.judge,
    "win_dispute": lambda call, wanted: disputes.decide(call, wanted, "win"),
}


def run_due(books: Books) -> int:
    """Do everything that is due now; gives how many there were."""
    count = 0
    while (task := books.store.due(books.now_ms // 1000)) is not None:
        _run(books, task)
        count += 1
    return count


def move_clock(books: Books, to_ms: int) -> None:
    """Let the time pass: what falls due on the way sees its own instant, and what follows from it comes in its turn."""
    while (task := books.store.due(to_ms // 1000)) is not None:
        at_ms = max(task.due_at * 1000, books.now_ms)
        books.set_clock(clock.moved(books.clock, at_ms))
        _run(books, task)
    books.set_clock(clock.moved(books.clock, to_ms))


def _run(books: Books, task: Task) -> None:
    with books.store.transaction():
        books.store.done(task)
        call = Call(books, platform=platform_of(books, task.account), account=task.account)
        ACTIONS[task.action](call, task.subject)


def platform_of(books: Books, account: str) -> str:
    """The platform that an account belongs to; a platform belongs to itself."""
    found = books.store.find(account)
    return account if found is None or found[0] == "" else found[0]
