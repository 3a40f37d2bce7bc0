"""Tests of payment connections."""
