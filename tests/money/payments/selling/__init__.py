"""Tests of seller accounts and payouts."""
