"""What may go wrong with secrets. None of these shows a key or what was sealed."""

from __future__ import annotations

from kontorhaus.kernel.errors import Conflict, Invalid


class SealedValueUnreadable(Exception):
    """A sealed value does not open: its bytes were changed or cut, it was sealed for another organization or purpose,
    or its master key was retired. Which of these it is cannot be told, and is not.

    No caller can do anything about it, so it is no domain error: it ends as an internal error and wakes somebody.
    """

    def __init__(self) -> None:
        super().__init__("a sealed value does not open")


class KeyFileTooOpen(Conflict):
    """The file with the master keys can be read by others than its owner, or by the owner's group. Whoever has read
    it can open every sealed value of the database.

    Take their rights away (`chmod 600`), and if others were on the machine, rotate the keys and reseal.
    """

    code = "key_file_too_open"
    title = "The file with the master keys is readable by others"


class KeyFileBroken(Conflict):
    """The file with the master keys is not as the house wrote it. Nothing that was sealed opens without it.

    Restore it from your backup; it is never repaired or made anew over an existing one.
    """

    code = "key_file_broken"
    title = "The file with the master keys is broken"


class MasterKeyInUse(Conflict):
    """The master key is the newest, and new secrets are sealed with it; or there is none with this id.

    Rotate first, reseal what the old key sealed, then retire the old one.
    """

    code = "master_key_in_use"
    title = "The master key cannot be retired"


class CardNumberRefused(Invalid):
    """A field holds what looks like the number of a payment card: its brand range, its length and its check digit fit.

    The house never takes card numbers: send the id of a payment method that a payment provider gave you. If it is
    another number that looks like one, put something in front of it that tells what it is, such as `INV-`, with no
    blank between. `errors` names the field; the number is neither stored, logged nor repeated.
    """

    code = "card_number_refused"
    title = "Card numbers are not accepted"


class KeysDiffer(Conflict):
    """The key file of this process is not the one of this database. All processes of a house share one `master.keys`.

    Copy the file from the process that made it, or from its backup, or name it by KONTORHAUS_KEY_FILE. If it is lost,
    so is what was sealed.
    """

    code = "keys_differ"
    title = "Another key file belongs to this database"
