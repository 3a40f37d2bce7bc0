"""What one can do with an order: place, pay, hand over, cancel, cut, release."""
