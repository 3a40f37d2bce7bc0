"""Tests of money: what is owed, paid and kept."""
