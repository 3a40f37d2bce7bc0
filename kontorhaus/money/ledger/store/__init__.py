"""Every SQL statement of the ledger. What writes calls the functions of the migration, which hold its rules."""
