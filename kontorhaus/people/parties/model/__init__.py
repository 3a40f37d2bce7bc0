"""The nouns of parties, what callers send of them, and what may happen to them. Pure."""

from kontorhaus.people.parties.model.party import ADDRESS as ADDRESS
from kontorhaus.people.parties.model.party import BANK_ACCOUNT as BANK_ACCOUNT
from kontorhaus.people.parties.model.party import PARTY as PARTY
from kontorhaus.people.parties.model.party import TAX_ID as TAX_ID
from kontorhaus.people.parties.model.party import Address as Address
from kontorhaus.people.parties.model.party import AddressId as AddressId
from kontorhaus.people.parties.model.party import BankAccount as BankAccount
from kontorhaus.people.parties.model.party import BankAccountId as BankAccountId
from kontorhaus.people.parties.model.party import Contact as Contact
from kontorhaus.people.parties.model.party import Party as Party
from kontorhaus.people.parties.model.party import PartyId as PartyId
from kontorhaus.people.parties.model.party import PartyKind as PartyKind
from kontorhaus.people.parties.model.party import Role as Role
from kontorhaus.people.parties.model.party import Summary as Summary
from kontorhaus.people.parties.model.party import TaxId as TaxId
from kontorhaus.people.parties.model.party import TaxIdId as TaxIdId
