"""Secrets at rest: sealed per organization and purpose under master keys that rotate; and card numbers refused."""

from kontorhaus.platform.secrets.cards import card_pointer as card_pointer
from kontorhaus.platform.secrets.cards import refuse_cards as refuse_cards
from kontorhaus.platform.secrets.cards import refuse_cards_in as refuse_cards_in
from kontorhaus.platform.secrets.errors import CardNumberRefused as CardNumberRefused
from kontorhaus.platform.secrets.errors import KeyFileBroken as KeyFileBroken
from kontorhaus.platform.secrets.errors import KeyFileTooOpen as KeyFileTooOpen
from kontorhaus.platform.secrets.errors import KeysDiffer as KeysDiffer
from kontorhaus.platform.secrets.errors import MasterKeyInUse as MasterKeyInUse
from kontorhaus.platform.secrets.errors import SealedValueUnreadable as SealedValueUnreadable
from kontorhaus.platform.secrets.keyring import Keyring as Keyring
from kontorhaus.platform.secrets.keyring import Signature as Signature
from kontorhaus.platform.secrets.kms import Kms as Kms
from kontorhaus.platform.secrets.kms import Secret as Secret
from kontorhaus.platform.secrets.kms import Wrapped as Wrapped
from kontorhaus.platform.secrets.local import LocalKeyFile as LocalKeyFile
from kontorhaus.platform.secrets.proving import prove as prove
from kontorhaus.platform.secrets.signatures import signed_by_ed25519 as signed_by_ed25519
