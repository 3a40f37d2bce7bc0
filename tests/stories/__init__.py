"""Business stories through HTTP, on the whole house."""
