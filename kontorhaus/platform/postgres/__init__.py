"""A PostgreSQL server of our own: found, started and stopped with the house; backups of any PostgreSQL."""

from kontorhaus.platform.postgres.addresses import login_of as login_of
from kontorhaus.platform.postgres.attaching import another as another
from kontorhaus.platform.postgres.attaching import running_at as running_at
from kontorhaus.platform.postgres.backups import backup as backup
from kontorhaus.platform.postgres.backups import restore as restore
from kontorhaus.platform.postgres.binaries import Binaries as Binaries
from kontorhaus.platform.postgres.binaries import find as find
from kontorhaus.platform.postgres.errors import BackupFailed as BackupFailed
from kontorhaus.platform.postgres.errors import DatabaseNotEmpty as DatabaseNotEmpty
from kontorhaus.platform.postgres.errors import DiskFull as DiskFull
from kontorhaus.platform.postgres.errors import FolderHeld as FolderHeld
from kontorhaus.platform.postgres.errors import FolderUnusable as FolderUnusable
from kontorhaus.platform.postgres.errors import MajorVersionDiffers as MajorVersionDiffers
from kontorhaus.platform.postgres.errors import NoAccount as NoAccount
from kontorhaus.platform.postgres.errors import PortTaken as PortTaken
from kontorhaus.platform.postgres.errors import ProgramsMissing as ProgramsMissing
from kontorhaus.platform.postgres.errors import RestoreFailed as RestoreFailed
from kontorhaus.platform.postgres.errors import ServerFailed as ServerFailed
from kontorhaus.platform.postgres.errors import ServerStopping as ServerStopping
from kontorhaus.platform.postgres.errors import SocketPathTooLong as SocketPathTooLong
from kontorhaus.platform.postgres.server import Server as Server
