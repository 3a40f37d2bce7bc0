"""Posts that are a transaction by themselves, in one message: nothing is looked up before, nothing is beside them."""

from __future__ import annotations

from collections.abc import Sequence

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.ledger.actions import finding
from kontorhaus.money.ledger.actions.posting import trusted
from kontorhaus.money.ledger.actions.preparing import prepare
from kontorhaus.money.ledger.model.entries import EntrySet, Recorded
from kontorhaus.money.ledger.model.lines import Lines
from kontorhaus.money.ledger.store import posting as store
from kontorhaus.platform.db import Scope


def recalled(org_id: OrgId, one: EntrySet) -> Lines | None:
    """A set of transfers with its accounts, from memory alone. None where something has to be looked up, which holds
    always have, and where anything is wrong, which `post_each` tells apart."""
    found = finding.recalled(org_id, one)
    lines = None if found is None else prepare(org_id, one, found)
    if not isinstance(lines, Lines) or any(line.places or line.ends is not None for line in lines.lines):
        return None
    return lines


async def post(scope: Scope, sets: Sequence[Lines]) -> list[Recorded] | None:
    """Post sets that were recalled, all of them, each with an instant of its own. None, and nothing was written, when
    anything is in the way of one: a guard, a period, an id that has been used, an account that others hold."""
    if len(sets) == 1 and len(sets[0].lines) == 1:
        posting = store.POST_TRANSFER_ALONE.alone(scope, False, *store.columns(sets[0].lines[0]))
    elif (plan := trusted(sets)) is not None:
        posting = store.POST_ALONE.alone(scope, *store.arrays(plan), False)
    else:
        return None
    posted = await store.unless_repeated(posting)
    if posted.outcome != "posted":
        return None
    assert posted.first is not None
    return [Recorded(posted.first + number * store.MICROSECOND) for number in range(len(sets))]
