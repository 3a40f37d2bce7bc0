"""How orders look at the edge: the order, its timeline in words, its books."""
