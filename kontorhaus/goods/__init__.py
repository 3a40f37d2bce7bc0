"""Floor 4: what is sold and how it travels."""
