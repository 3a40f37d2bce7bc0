"""Tests, by floor and room; `house` holds the law, `stories` run through HTTP, `faults` break things."""
