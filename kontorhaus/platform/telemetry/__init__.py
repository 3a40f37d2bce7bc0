"""What a process tells about itself: JSON logs, traces and metrics, none of them with personal data in it."""

from kontorhaus.platform.telemetry import metrics as metrics
from kontorhaus.platform.telemetry.logs import get_logger as get_logger
from kontorhaus.platform.telemetry.logs import request_answered as request_answered
from kontorhaus.platform.telemetry.sensitive import card_numbers as card_numbers
from kontorhaus.platform.telemetry.sensitive import find_card_number as find_card_number
from kontorhaus.platform.telemetry.sensitive import may_hold_card_number as may_hold_card_number
from kontorhaus.platform.telemetry.start import set_up as set_up
from kontorhaus.platform.telemetry.statements import sql_span as sql_span
from kontorhaus.platform.telemetry.traces import Span as Span
from kontorhaus.platform.telemetry.traces import Trace as Trace
from kontorhaus.platform.telemetry.traces import current as current
from kontorhaus.platform.telemetry.traces import job_span as job_span
from kontorhaus.platform.telemetry.traces import outgoing_headers as outgoing_headers
from kontorhaus.platform.telemetry.traces import recorded_spans as recorded_spans
from kontorhaus.platform.telemetry.traces import server_span as server_span
from kontorhaus.platform.telemetry.traces import span as span
