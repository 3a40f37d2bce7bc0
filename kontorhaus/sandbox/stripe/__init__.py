"""Stripe as a process on this machine: the part of its API that a marketplace uses, with books of its own that add up
to zero, and on demand everything that goes wrong with the real one."""
