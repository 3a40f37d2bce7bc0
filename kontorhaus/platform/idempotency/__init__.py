"""Idempotent answers: one key, one effect, the same bytes, whatever is repeated, killed or raced."""

from kontorhaus.platform.idempotency.actions import Resumer as Resumer
from kontorhaus.platform.idempotency.actions import forget_old as forget_old
from kontorhaus.platform.idempotency.actions import one_phase as one_phase
from kontorhaus.platform.idempotency.actions import resume_due as resume_due
from kontorhaus.platform.idempotency.actions import settle as settle
from kontorhaus.platform.idempotency.actions import settle_if_open as settle_if_open
from kontorhaus.platform.idempotency.actions import settled as settled
from kontorhaus.platform.idempotency.actions import two_phase as two_phase
from kontorhaus.platform.idempotency.errors import IdempotencyKeyInFlight as IdempotencyKeyInFlight
from kontorhaus.platform.idempotency.errors import IdempotencyKeyReused as IdempotencyKeyReused
from kontorhaus.platform.idempotency.model import Once as Once
from kontorhaus.platform.idempotency.model import Resume as Resume
