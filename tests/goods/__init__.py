"""Tests of goods: what is sold and how it travels."""
