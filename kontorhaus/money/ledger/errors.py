"""What may go wrong with the ledger."""

from __future__ import annotations

from kontorhaus.kernel.errors import Conflict, Invalid, NotFound, Refused, Unavailable


class LedgerEntityNotFound(NotFound):
    """No books were opened for this legal entity in your organization."""

    code = "ledger_entity_not_found"
    title = "No such books"


class LedgerEntityExists(Conflict):
    """Books were opened for this legal entity already, with another base currency. It can never be changed."""

    code = "ledger_entity_exists"
    title = "The books are open already"


class LedgerEntityUnfit(Refused):
    """Books are kept for a legal entity of your organization: give the party that role first."""

    code = "ledger_entity_unfit"
    title = "Not a legal entity"


class LedgerTransferNotFound(NotFound):
    """There is no transfer with this id in your organization."""

    code = "ledger_transfer_not_found"
    title = "No such transfer"


class LedgerEntrySetNotFound(NotFound):
    """There is no entry set with this id in your organization."""

    code = "ledger_entry_set_not_found"
    title = "No such entry set"


class LedgerDrawingTooLarge(Refused):
    """A drawing shows 100 transfers at most. Read the entries of the set instead."""

    code = "ledger_drawing_too_large"
    title = "Too much for a drawing"


class LedgerSealNotFound(NotFound):
    """There is no seal of this number in the books of the legal entity; the worker makes one every few seconds."""

    code = "ledger_seal_not_found"
    title = "No such seal"


class LedgerExportNotFound(NotFound):
    """There is no export with this id in your organization, or its week is over."""

    code = "ledger_export_not_found"
    title = "No such export"


class LedgerExportPartNotFound(NotFound):
    """The export has no part of this number, or it is not ready yet; `parts` says how many there are."""

    code = "ledger_export_part_not_found"
    title = "No such part"


class LedgerExportTooLarge(Refused):
    """An export has a million transfers at most. Ask for several shorter periods."""

    code = "ledger_export_too_large"
    title = "Too much for an export"


class LedgerAccountNotFound(NotFound):
    """There is no account of this name and currency in the books of the legal entity. Nothing was ever posted to it."""

    code = "ledger_account_not_found"
    title = "No such account"


class LedgerAccountInvalid(Invalid):
    """An account's name is a type of the chart, or such a type, a colon and 1 to 150 visible ASCII characters:
    `revenue:fees`. The chart of the legal entity says which types there are."""

    code = "ledger_account_invalid"
    title = "Not the name of an account"


class LedgerEntryInvalid(Invalid):
    """The entry is of the right form and still wrong: an amount of zero, the same account on both sides, an amount in
    base currency that is missing or differs. `errors` names the field."""

    code = "ledger_entry_invalid"
    title = "The entry is wrong"


class LedgerInstantInvalid(Invalid):
    """The books can be read, and closed, as of any instant that has passed, and of none to come."""

    code = "ledger_instant_invalid"
    title = "The instant has not come"


class LedgerRouteClosed(Refused):
    """The chart of the legal entity does not let these two types of accounts face each other. A balanced transfer
    can still be wrong."""

    code = "ledger_route_closed"
    title = "These accounts do not face each other"


class LedgerBalanceInsufficient(Refused):
    """The account guards its balance: less what is held on it, it may not fall below zero. Nothing was posted."""

    code = "ledger_balance_insufficient"
    title = "The balance does not suffice"


class LedgerPeriodLocked(Refused):
    """The period is closed: nothing takes effect before `locked_before` any more, which is the first instant that is
    open. Post a fact that you hear of too late with that as its effect, under the same ids, or without one: then it
    takes effect when it is recorded. `errors` names the entry."""

    code = "ledger_period_locked"
    title = "The period is closed"


class LedgerIdReused(Conflict):
    """The id was used for something else: `field` names the first field that differs. The same content again would
    have been answered as before.

    `entries` means that the entry set was another one: some of its ids are new, or were posted apart.
    """

    code = "ledger_id_reused"
    title = "The id belongs to another entry"


class LedgerHoldNotFound(NotFound):
    """There is no hold with this id in your organization."""

    code = "ledger_hold_not_found"
    title = "No such hold"


class LedgerHoldEnded(Conflict):
    """The hold was posted, voided or has expired; `outcome` says which. A hold ends once."""

    code = "ledger_hold_ended"
    title = "The hold has ended"


class LedgerHoldExceeded(Refused):
    """More than was held cannot be posted. Post the whole of it, and the rest as a transfer of its own."""

    code = "ledger_hold_exceeded"
    title = "More than was held"


class LedgerBusy(Unavailable):
    """Others are posting to the same accounts for too long. Nothing was posted; the same ids can be sent again."""

    code = "ledger_busy"
    title = "The accounts are in use"


class LedgerBooksFalse(Conflict):
    """The books contradict themselves: a row was changed past the house. `table` and `row` name the first such row.
    Stop posting, and restore what was changed."""

    code = "ledger_books_false"
    title = "The books are false"
