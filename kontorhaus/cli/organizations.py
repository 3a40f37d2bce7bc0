"""`kontorhaus organizations` and `kontorhaus secrets`: who is in the house, and the keys of its safe."""

from __future__ import annotations

import click

from kontorhaus.cli.running import Name, at_the_house
from kontorhaus.kernel.ids import ORG
from kontorhaus.platform.settings import Settings


@click.group()
def organizations() -> None:
    """Create and list organizations."""


@organizations.command("create")
@click.argument("name", type=Name())
@click.pass_obj
def organizations_create(settings: Settings, name: str) -> None:
    """Create an account NAME with a live and a test organization, and show a key for each, once."""
    from kontorhaus.people import access

    for founded in at_the_house(settings, lambda house: access.found(house.db, name)):
        click.echo(f"{founded.mode:5} {ORG.text(founded.org_id)}  {founded.secret}")
    click.echo("The keys are shown this once.")


@organizations.command("list")
@click.pass_obj
def organizations_list(settings: Settings) -> None:
    """List organizations: id, mode, name."""
    from kontorhaus.people import access

    for organization in at_the_house(settings, lambda house: access.organizations(house.db)):
        click.echo(f"{ORG.text(organization.id)}  {organization.mode:5} {organization.name}")


@click.group()
def secrets() -> None:
    """The master keys that protect secrets at rest."""


@secrets.command("rotate")
@click.pass_obj
def secrets_rotate(settings: Settings) -> None:
    """Add a new master key to the key file. What older keys sealed still opens; new secrets take the new key."""
    from kontorhaus.platform.secrets import LocalKeyFile
    from kontorhaus.roles.resources import key_file

    key_id = LocalKeyFile.opened(key_file(settings)).rotate()
    click.echo(
        f"New master key {key_id} in {key_file(settings)}; running processes take it up by themselves."
    )
