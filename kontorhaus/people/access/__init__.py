"""Access: organizations, API keys and the audit log. Who may call, and what every change leaves behind."""

from kontorhaus.people.access.actions import Founded as Founded
from kontorhaus.people.access.actions import found as found
from kontorhaus.people.access.actions import record as record
from kontorhaus.people.access.actions import record_command as record_command
from kontorhaus.people.access.model import API_KEY as API_KEY
from kontorhaus.people.access.model import Organization as Organization
from kontorhaus.people.access.queries import api_key_snapshots as api_key_snapshots
from kontorhaus.people.access.queries import authenticate as authenticate
from kontorhaus.people.access.queries import organization_snapshots as organization_snapshots
from kontorhaus.people.access.queries import organizations as organizations
from kontorhaus.people.access.queries import test_clock_snapshots as test_clock_snapshots
