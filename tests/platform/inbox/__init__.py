"""The inbox over real HTTP, with a demo sender that doubles, reorders and lies."""
