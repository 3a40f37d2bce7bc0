"""Tests of the gateways: one suite for all of them, and what each does beside."""
