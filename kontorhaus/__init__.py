"""Kontorhaus: order-to-cash on one PostgreSQL, one ledger and one event log."""

__version__ = "0.1.0"
