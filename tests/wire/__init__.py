"""Tests of the readers of the log."""
