"""What may go wrong with parties. None of these repeats a name, a number or an address."""

from __future__ import annotations

from kontorhaus.kernel.errors import Conflict, Invalid, NotFound, Precondition, Refused


class PartyNotFound(NotFound):
    """There is no party with this id in your organization."""

    code = "party_not_found"
    title = "No such party"


class PartyPartNotFound(NotFound):
    """The party has no address, tax id or bank account with this id."""

    code = "party_part_not_found"
    title = "No such part of the party"


class PartyInvalid(Invalid):
    """A field of the party is of the right form and still wrong: a country that does not exist, a tax id or
    an IBAN whose check digits do not fit, a last day before the first. `errors` names every such field."""

    code = "party_invalid"
    title = "A field of the party is wrong"


class PartySearchInvalid(Invalid):
    """The list cannot be asked like this. A search takes one to five words, one of them of two letters or
    more, and only one of `search`, `reference` and `tax_id` can be given; `role` goes with each."""

    code = "party_search_invalid"
    title = "The search cannot be answered"


class PartyExists(Conflict):
    """There is a party with the id that you chose, and it was created with other content.

    The same id with the same content is the same party, and creating it again is no error. Take a new id for
    a new party, or change the one that exists."""

    code = "party_exists"
    title = "The id belongs to another party"


class PartyReferenceTaken(Conflict):
    """Another party of your organization has this reference. A reference names one party."""

    code = "party_reference_taken"
    title = "The reference belongs to another party"


class PartyChanged(Precondition):
    """The party has changed since you read it. Read it again, and repeat the change on what you find."""

    code = "party_changed"
    title = "The party has moved on"


class PartyErased(Conflict):
    """The personal data of this party was erased, for good. Nothing can be added to it or changed in it."""

    code = "party_erased"
    title = "The party is erased"


class PartyIsLegalEntity(Conflict):
    """The party is a legal entity of your own organization, which invoices and books name as their author. It
    cannot be erased."""

    code = "party_is_legal_entity"
    title = "A legal entity cannot be erased"


class PartyPartEnded(Conflict):
    """The address, tax id or bank account ends on the given day or earlier already. An end can be brought
    forward, not put off: add the part anew instead."""

    code = "party_part_ended"
    title = "It has ended already"


class PartyDatesOverlap(Conflict):
    """Another one of the same kind begins later, within the given time. A party has one registered address,
    one billing address, one tax id of a kind and country, and each bank account once, at a time. End the
    later one first, or give a `valid_to`."""

    code = "party_dates_overlap"
    title = "Two of a kind at the same time"


class PartyPartLimit(Refused):
    """A party keeps at most 100 addresses, 100 tax ids and 100 bank accounts, those that have ended
    included."""

    code = "party_part_limit"
    title = "The party has too many of these"
