"""The inbox: raw webhooks kept before they are answered, then carried out once and in order.

A room registers a `Source`: how its sender is believed, and what is done with a message."""

from kontorhaus.platform.inbox.actions import OVERLAP as OVERLAP
from kontorhaus.platform.inbox.actions import close as close
from kontorhaus.platform.inbox.actions import connect as connect
from kontorhaus.platform.inbox.actions import discard as discard
from kontorhaus.platform.inbox.actions import forget_old as forget_old
from kontorhaus.platform.inbox.actions import replay as replay
from kontorhaus.platform.inbox.actions import rotate as rotate
from kontorhaus.platform.inbox.carrying import Carrier as Carrier
from kontorhaus.platform.inbox.errors import ConnectionNotFound as ConnectionNotFound
from kontorhaus.platform.inbox.errors import SecretUnfit as SecretUnfit
from kontorhaus.platform.inbox.model import CONNECTION as CONNECTION
from kontorhaus.platform.inbox.model import MESSAGE as MESSAGE
from kontorhaus.platform.inbox.model import Accepted as Accepted
from kontorhaus.platform.inbox.model import ConnectionId as ConnectionId
from kontorhaus.platform.inbox.model import Delivery as Delivery
from kontorhaus.platform.inbox.model import Message as Message
from kontorhaus.platform.inbox.model import MessageId as MessageId
from kontorhaus.platform.inbox.model import Reason as Reason
from kontorhaus.platform.inbox.model import Refused as Refused
from kontorhaus.platform.inbox.model import Verifier as Verifier
from kontorhaus.platform.inbox.queries import connections as connections
from kontorhaus.platform.inbox.queries import gauge as gauge
from kontorhaus.platform.inbox.queries import message as message
from kontorhaus.platform.inbox.queries import quarantined as quarantined
from kontorhaus.platform.inbox.queries import waiting as waiting
from kontorhaus.platform.inbox.receiving import Inbox as Inbox
from kontorhaus.platform.inbox.sources import Effect as Effect
from kontorhaus.platform.inbox.sources import Finish as Finish
from kontorhaus.platform.inbox.sources import Phases as Phases
from kontorhaus.platform.inbox.sources import Source as Source
from kontorhaus.platform.inbox.store import ConnectionStatus as ConnectionStatus
from kontorhaus.platform.inbox.store import MessageRow as MessageRow
from kontorhaus.platform.inbox.verifying import plain as plain
from kontorhaus.platform.inbox.verifying import standard as standard
from kontorhaus.platform.inbox.verifying import standard_secret_fits as standard_secret_fits
from kontorhaus.platform.inbox.verifying import stripe as stripe
from kontorhaus.platform.inbox.verifying import stripe_event as stripe_event
from kontorhaus.platform.inbox.verifying import stripe_secret_fits as stripe_secret_fits
from kontorhaus.platform.inbox.work import INBOX as INBOX
