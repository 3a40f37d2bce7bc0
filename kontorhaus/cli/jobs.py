"""`kontorhaus jobs`: what stands in the queues, and what to do with a job that has failed."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from kontorhaus.cli.running import at_the_house
from kontorhaus.kernel.errors import NotFound
from kontorhaus.kernel.ids import ORG, IdInvalid, OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform.settings import Settings

if TYPE_CHECKING:
    from kontorhaus.platform.jobs import Stood
    from kontorhaus.roles.resources import Resources

STATES = ("parked", "ready", "running", "scheduled")


class JobNotThere(NotFound):
    """No job of this organization and id is in a state in which that can be done: it has ended, or is not parked."""

    code = "job_not_there"
    title = "No such job"


class Owner(click.ParamType[OrgId]):
    """An organization's id, or `house` for the house's own jobs."""

    name = "organization"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> OrgId:
        from kontorhaus.platform.jobs import HOUSE

        try:
            return HOUSE if value == "house" else ORG.parse(value)
        except IdInvalid:
            self.fail("give an id such as org_…, or house", param, ctx)


@click.group()
def jobs() -> None:
    """Jobs and what became of them."""


@jobs.command("list")
@click.option("--state", type=click.Choice(STATES), default="parked", show_default=True, help="Which.")
@click.option(
    "-n",
    "--limit",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="How many at the most.",
)
@click.pass_obj
def jobs_list(settings: Settings, state: str, limit: int) -> None:
    """List jobs in a state: organization, id, queue, kind, due, attempts, why it failed last."""
    from kontorhaus.platform.jobs import list_jobs

    async def read(house: Resources) -> list[Stood]:
        async with house.db.system(read_only=True) as tx:
            return await list_jobs(tx, state, limit=limit)

    for job in at_the_house(settings, read):
        due = job.due_at.astimezone(UTC).isoformat(timespec="seconds")
        owner = ORG.text(OrgId(job.org_id)) if job.org_id.int else "house"
        click.echo(
            f"{owner}  {job.id}  {job.queue}  {job.kind}  {due}  {job.attempt}/{job.max_attempts}  {job.reason or '-'}"
        )


@jobs.command("retry")
@click.argument("organization", type=Owner())
@click.argument("job", type=click.UUID)
@click.pass_obj
def jobs_retry(settings: Settings, organization: OrgId, job: UUID) -> None:
    """Give the parked JOB of ORGANIZATION (or of the `house`) all its attempts again."""
    from kontorhaus.platform.jobs import retry

    async def work(house: Resources) -> bool:
        async with house.db.system() as tx:
            return await retry(tx, organization, job, now=utc_now())

    if not at_the_house(settings, work):
        raise JobNotThere("this job is not parked, or another one does its work already", job=str(job))
    click.echo("The job is tried again.")


@jobs.command("park")
@click.argument("organization", type=Owner())
@click.argument("job", type=click.UUID)
@click.pass_obj
def jobs_park(settings: Settings, organization: OrgId, job: UUID) -> None:
    """Take JOB of ORGANIZATION (or of the `house`) out of its queue until it is retried."""
    from kontorhaus.platform.jobs import park

    async def work(house: Resources) -> bool:
        async with house.db.system() as tx:
            return await park(tx, organization, job)

    if not at_the_house(settings, work):
        raise JobNotThere("this job has ended, or is parked already", job=str(job))
    click.echo("The job is parked.")
