"""What the ledger keeps, and what may be posted. Pure."""
