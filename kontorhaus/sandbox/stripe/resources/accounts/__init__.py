"""Connected accounts: who may be paid, once Stripe knows who that is."""
