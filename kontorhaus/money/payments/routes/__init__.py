"""The API of payments, by noun."""
