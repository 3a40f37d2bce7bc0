"""What an order is, and what follows from its sums: values and pure decisions."""
