"""What one can read of payments, by noun."""
