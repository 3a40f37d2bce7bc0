"""`kontorhaus sandbox`: simulators of the outside, for trying things out and for tests."""

from __future__ import annotations

from pathlib import Path

import click

PORT = click.IntRange(0, 65_535)


@click.group()
def sandbox() -> None:
    """Simulators of the outside. `kontorhaus up` starts what it needs by itself."""


@sandbox.command("mail")
@click.option(
    "--books", type=click.Path(path_type=Path, dir_okay=False), help="SQLite file for what arrives."
)
@click.option("--smtp-port", type=PORT, default=2525, show_default=True, help="0 takes a free one.")
@click.option("--http-port", type=PORT, default=8025, show_default=True, help="0 takes a free one.")
def sandbox_mail(books: Path | None, smtp_port: int, http_port: int) -> None:
    """Run a mail server that keeps what it gets and brings it to nobody, with a page that shows it."""
    from kontorhaus.roles import sandbox as role

    kept = [] if books is None else ["--books", str(books)]
    role.become_mail([*kept, "--smtp-port", str(smtp_port), "--http-port", str(http_port)])


@sandbox.command("stripe")
@click.option("--books", type=click.Path(path_type=Path, dir_okay=False), help="SQLite file for its books.")
@click.option("--port", type=PORT, default=12111, show_default=True, help="0 takes a free one.")
def sandbox_stripe(books: Path | None, port: int) -> None:
    """Run a simulator of Stripe with books of its own, and a page on which one acts as customer, bank and Stripe."""
    from kontorhaus.roles import sandbox as role

    kept = [] if books is None else ["--books", str(books)]
    role.become_stripe([*kept, "--port", str(port)])
