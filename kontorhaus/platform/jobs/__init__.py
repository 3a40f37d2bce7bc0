"""Jobs: work that outlives its request, enqueued in the transaction that decided it and carried out by any worker."""

from kontorhaus.platform.jobs.actions import complete as complete
from kontorhaus.platform.jobs.actions import enqueue as enqueue
from kontorhaus.platform.jobs.actions import enqueue_many as enqueue_many
from kontorhaus.platform.jobs.actions import fire as fire
from kontorhaus.platform.jobs.actions import park as park
from kontorhaus.platform.jobs.actions import promote as promote
from kontorhaus.platform.jobs.actions import retry as retry
from kontorhaus.platform.jobs.actions import sweep as sweep
from kontorhaus.platform.jobs.dispatch import Dispatch as Dispatch
from kontorhaus.platform.jobs.errors import LeaseLost as LeaseLost
from kontorhaus.platform.jobs.handlers import Effect as Effect
from kontorhaus.platform.jobs.handlers import Handler as Handler
from kontorhaus.platform.jobs.handlers import Phases as Phases
from kontorhaus.platform.jobs.model import HOUSE as HOUSE
from kontorhaus.platform.jobs.model import Clock as Clock
from kontorhaus.platform.jobs.model import Job as Job
from kontorhaus.platform.jobs.model import Kind as Kind
from kontorhaus.platform.jobs.model import Priority as Priority
from kontorhaus.platform.jobs.model import Queue as Queue
from kontorhaus.platform.jobs.model import Running as Running
from kontorhaus.platform.jobs.queries import depths as depths
from kontorhaus.platform.jobs.queries import list_jobs as list_jobs
from kontorhaus.platform.jobs.timetable import Daily as Daily
from kontorhaus.platform.jobs.timetable import Every as Every
from kontorhaus.platform.jobs.timetable import Timetable as Timetable
from kontorhaus.platform.jobs.worker import Worker as Worker
