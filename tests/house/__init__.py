"""The law of the house, as tests. Each failure says what to write instead; run with `make check`."""
