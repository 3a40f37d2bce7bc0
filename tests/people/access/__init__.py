"""Tests of people/access."""
