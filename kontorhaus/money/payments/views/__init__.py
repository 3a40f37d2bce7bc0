"""How payments look at the edge, by noun."""
