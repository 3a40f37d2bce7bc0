"""PostgreSQL: who owns a transaction is visible in the type. `Db` opens one, `Tx` is inside one."""

from kontorhaus.platform.db.database import Db as Db
from kontorhaus.platform.db.database import Scope as Scope
from kontorhaus.platform.db.database import Tx as Tx
from kontorhaus.platform.db.effects import attempt as attempt
from kontorhaus.platform.db.errors import DatabaseConnectionLost as DatabaseConnectionLost
from kontorhaus.platform.db.errors import DatabaseContended as DatabaseContended
from kontorhaus.platform.db.errors import DatabaseTooSlow as DatabaseTooSlow
from kontorhaus.platform.db.errors import DatabaseUnavailable as DatabaseUnavailable
from kontorhaus.platform.db.migrations import Migration as Migration
from kontorhaus.platform.db.migrations import ensure_roles as ensure_roles
from kontorhaus.platform.db.migrations import migrate as migrate
from kontorhaus.platform.db.migrations import refuse_old_schema as refuse_old_schema
from kontorhaus.platform.db.query import Command as Command
from kontorhaus.platform.db.query import Ending as Ending
from kontorhaus.platform.db.query import Query as Query
from kontorhaus.platform.db.roles import LOGIN as LOGIN
