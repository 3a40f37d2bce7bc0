"""PaymentIntents: one amount from one customer, over as many tries as it takes."""
