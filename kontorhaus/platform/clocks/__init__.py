"""Business time: an organization's clock, which a test organization may stop and let run on to any instant."""

from kontorhaus.platform.clocks.actions import arrival as arrival
from kontorhaus.platform.clocks.actions import begin as begin
from kontorhaus.platform.clocks.actions import freeze as freeze
from kontorhaus.platform.clocks.actions import thaw as thaw
from kontorhaus.platform.clocks.errors import TestClockAdvancing as TestClockAdvancing
from kontorhaus.platform.clocks.errors import TestClockAhead as TestClockAhead
from kontorhaus.platform.clocks.errors import TestClockExists as TestClockExists
from kontorhaus.platform.clocks.errors import TestClockInLiveMode as TestClockInLiveMode
from kontorhaus.platform.clocks.errors import TestClockNotFound as TestClockNotFound
from kontorhaus.platform.clocks.errors import TestClockOutOfRange as TestClockOutOfRange
from kontorhaus.platform.clocks.errors import TimeRunsForward as TimeRunsForward
from kontorhaus.platform.clocks.model import QUEUE as QUEUE
from kontorhaus.platform.clocks.model import TEST_CLOCK as TEST_CLOCK
from kontorhaus.platform.clocks.model import TestClock as TestClock
from kontorhaus.platform.clocks.queries import find as find
from kontorhaus.platform.clocks.queries import now as now
from kontorhaus.platform.clocks.queries import test_clock as test_clock
from kontorhaus.platform.clocks.stretch import advancing as advancing
from kontorhaus.platform.clocks.views import TestClockView as TestClockView
from kontorhaus.platform.clocks.views import view as view
