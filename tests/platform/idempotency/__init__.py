"""Tests of platform/idempotency."""
