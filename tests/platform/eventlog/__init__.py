"""The event log on a real PostgreSQL: nothing skipped, nothing twice, nothing out of order."""
