"""What payments are made of: values and pure decisions."""
