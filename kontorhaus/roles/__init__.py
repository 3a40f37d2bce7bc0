"""Floor 7: composition roots. Here alone the rooms are put together into processes."""
