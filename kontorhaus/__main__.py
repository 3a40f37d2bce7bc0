"""`python -m kontorhaus` is the `kontorhaus` command."""

from kontorhaus.cli import main

main()
