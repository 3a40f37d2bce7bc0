"""The ledger: accounts that guard or sum, transfers of two legs, holds, and two times. What was posted stands."""

from kontorhaus.money.ledger.actions.gathering import GroupCommit as GroupCommit
from kontorhaus.money.ledger.actions.holding import expire as expire
from kontorhaus.money.ledger.actions.opening import NewAccount as NewAccount
from kontorhaus.money.ledger.actions.opening import allow as allow
from kontorhaus.money.ledger.actions.opening import lock_period as lock_period
from kontorhaus.money.ledger.actions.opening import open_accounts as open_accounts
from kontorhaus.money.ledger.actions.opening import open_books as open_books
from kontorhaus.money.ledger.actions.posting import post as post
from kontorhaus.money.ledger.actions.posting import post_each as post_each
from kontorhaus.money.ledger.model.chart import STANDARD as STANDARD
from kontorhaus.money.ledger.model.chart import AccountType as AccountType
from kontorhaus.money.ledger.model.chart import Chart as Chart
from kontorhaus.money.ledger.model.chart import Side as Side
from kontorhaus.money.ledger.model.entries import HOLD as HOLD
from kontorhaus.money.ledger.model.entries import TRANSFER as TRANSFER
from kontorhaus.money.ledger.model.entries import Entry as Entry
from kontorhaus.money.ledger.model.entries import EntrySet as EntrySet
from kontorhaus.money.ledger.model.entries import Hold as Hold
from kontorhaus.money.ledger.model.entries import HoldId as HoldId
from kontorhaus.money.ledger.model.entries import PostHold as PostHold
from kontorhaus.money.ledger.model.entries import Recorded as Recorded
from kontorhaus.money.ledger.model.entries import Tax as Tax
from kontorhaus.money.ledger.model.entries import Transfer as Transfer
from kontorhaus.money.ledger.model.entries import TransferId as TransferId
from kontorhaus.money.ledger.model.entries import VoidHold as VoidHold
