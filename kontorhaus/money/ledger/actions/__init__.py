"""What one can do with the ledger: open books and accounts, post, hold, close periods, and seal."""
