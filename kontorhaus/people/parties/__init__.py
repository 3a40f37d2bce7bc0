"""Parties: who one trades with, and the organization's own legal entities. What is personal can be erased for
good; what is dated is never changed, only ended."""

from kontorhaus.people.parties.actions import create as create
from kontorhaus.people.parties.actions import iban_of as iban_of
from kontorhaus.people.parties.errors import PartyErased as PartyErased
from kontorhaus.people.parties.errors import PartyNotFound as PartyNotFound
from kontorhaus.people.parties.model import BANK_ACCOUNT as BANK_ACCOUNT
from kontorhaus.people.parties.model import PARTY as PARTY
from kontorhaus.people.parties.model import BankAccountId as BankAccountId
from kontorhaus.people.parties.model import Party as Party
from kontorhaus.people.parties.model import PartyId as PartyId
from kontorhaus.people.parties.model import Role as Role
from kontorhaus.people.parties.model.requests import NewParty as NewParty
from kontorhaus.people.parties.queries import party_in as party_in
from kontorhaus.people.parties.queries import party_snapshots as party_snapshots
