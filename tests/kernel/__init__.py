"""Floor 0."""
