"""What one can do with payments, by what is done."""
