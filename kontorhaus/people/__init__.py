"""Floor 2: who may do what (`access`), and whom the trade is with (`parties`)."""
