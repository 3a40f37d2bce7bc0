"""The `kontorhaus` command: each command reads the settings, runs one role or action, and says what came of it."""

from kontorhaus.cli.main import main as main
