"""What one can do with parties, and with their dated parts."""

from kontorhaus.people.parties.actions.parts import add_address as add_address
from kontorhaus.people.parties.actions.parts import add_bank_account as add_bank_account
from kontorhaus.people.parties.actions.parts import add_tax_id as add_tax_id
from kontorhaus.people.parties.actions.parts import end_address as end_address
from kontorhaus.people.parties.actions.parts import end_bank_account as end_bank_account
from kontorhaus.people.parties.actions.parts import end_tax_id as end_tax_id
from kontorhaus.people.parties.actions.parts import iban_of as iban_of
from kontorhaus.people.parties.actions.party import change as change
from kontorhaus.people.parties.actions.party import create as create
from kontorhaus.people.parties.actions.party import erase as erase
