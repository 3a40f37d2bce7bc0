"""Money: what is owed, paid and kept, as the books have it."""
