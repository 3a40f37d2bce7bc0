"""Every SQL statement of payments, by noun."""
