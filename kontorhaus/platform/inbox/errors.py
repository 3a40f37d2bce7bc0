"""What a sender, or an operator, may hear of the inbox."""

from __future__ import annotations

from kontorhaus.kernel.errors import Conflict, Denied, Invalid, NotFound, Unavailable


class ConnectionNotFound(NotFound):
    """Nobody receives at this address: it was never given out, or its connection was closed. Ask whose address it is
    for another one; repeating the delivery does not help."""

    code = "inbox_connection_not_found"
    title = "Nobody receives here"


class DeliveryRefused(Denied):
    """The delivery was not kept, since it does not prove who sent it, or cannot be read. `facts.reason` says why.

    `signature_missing`, `signature_malformed`, `signature_wrong`: sign the bytes as they are sent, with the secret of
    this address. `timestamp_malformed`, `timestamp_outside`: sign anew at each try, with a clock that is right to five
    minutes. `body_unreadable`: the signature is good, and the body has no id or is not of the form of this sender.
    """

    code = "delivery_refused"
    title = "The delivery was not accepted"


class SourceNotServed(Unavailable):
    """This process does not know the kind of sender that the address was given to; another version of the house does.
    Nothing was kept: deliver it again later."""

    code = "source_not_served"
    title = "This kind of sender is not served at the moment"
    retry_after_seconds = 60


class SecretUnfit(Invalid):
    """The secret is not of the form that this kind of sender gives out. Copy it as it is shown, with its prefix."""

    code = "inbox_secret_unfit"
    title = "Not a secret of this sender"


class MessageNotFound(NotFound):
    """There is no such message of this organization: it was never received, or was carried out and forgotten since."""

    code = "inbox_message_not_found"
    title = "No such message"


class MessageOver(Conflict):
    """The message was carried out or discarded already, so there is nothing to replay or to give up."""

    code = "inbox_message_over"
    title = "The message is over"


class MessageTaken(Exception):
    """The message was discarded by a person while it was being carried out: what was done is rolled back."""
