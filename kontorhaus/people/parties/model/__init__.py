"""The nouns of parties and what may happen to them. Pure."""
