"""How the ledger looks at the edge: its objects, and an entry set as a drawing."""
