"""Settings: read once from the environment, typed, and refused when a name or a value is wrong.

Every setting is `KONTORHAUS_<FIELD>` in capitals. `docs/reference/settings.md` is generated from this struct.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from kontorhaus.kernel.errors import Invalid

PREFIX = "KONTORHAUS_"


class SettingInvalid(Invalid):
    """A setting in the environment has an unknown name or a value of the wrong form. The house does not start."""

    code = "setting_invalid"
    title = "A setting is wrong"


class Settings(Struct, frozen=True, kw_only=True):
    home: Annotated[
        str, Meta(description="Folder of the embedded PostgreSQL, the local key file and the demo key.")
    ] = ".kontorhaus"
    database_url: Annotated[
        str | None,
        Meta(
            description="An own PostgreSQL 16 or newer instead of the embedded one; a login, not a superuser."
        ),
    ] = None
    database_admin_url: Annotated[
        str | None,
        Meta(description="A login that may create roles and owns the schema; used by migrations alone."),
    ] = None
    postgres_bin: Annotated[
        str | None,
        Meta(description="Folder with the PostgreSQL programs that the embedded server shall use."),
    ] = None
    database_connections: (
        Annotated[
            int,
            Meta(
                ge=1,
                le=500,
                description="Connections that this process may hold at most, instead of its role's budget: "
                "10 for api, 6 for worker, 3 for relay, 14 for up, 2 for commands.",
            ),
        ]
        | None
    ) = None
    database_pooler: Annotated[
        bool,
        Meta(description="Set to true behind a PgBouncer older than 1.21: no prepared statements are kept."),
    ] = False
    statement_timeout_ms: Annotated[
        int, Meta(ge=10, le=600_000, description="Longest time a single statement of a request may run.")
    ] = 5_000
    host: Annotated[str, Meta(description="Address on which the API listens.")] = "127.0.0.1"
    port: Annotated[
        int, Meta(ge=0, le=65_535, description="Port on which the API listens; 0 takes a free one.")
    ] = 8400
    worker_port: (
        Annotated[
            int,
            Meta(
                ge=0,
                le=65_535,
                description="Port on which a worker that runs alone shows /healthz, /readyz and /metrics; without it, "
                "none is open.",
            ),
        ]
        | None
    ) = None
    relay_port: (
        Annotated[
            int,
            Meta(
                ge=0,
                le=65_535,
                description="Port on which a relay that runs alone shows the same; without it, none is open.",
            ),
        ]
        | None
    ) = None
    public_url: Annotated[
        str | None, Meta(description="Address under which callers reach the API; in links and problem types.")
    ] = None
    body_bytes_max: Annotated[
        int, Meta(ge=1_024, le=104_857_600, description="Largest request body in bytes; above it 413.")
    ] = 1_048_576
    body_seconds_max: Annotated[
        int, Meta(ge=1, le=600, description="Longest time a caller may take to send a body; above it 408.")
    ] = 15
    answer_seconds_max: Annotated[
        int,
        Meta(
            ge=1,
            le=600,
            description="Deadline of one answer; an action that goes on answers 202, others 503.",
        ),
    ] = 20
    drain_notice_seconds: (
        Annotated[
            int,
            Meta(
                ge=0,
                le=600,
                description="How long a process that was asked to stop goes on taking calls while /readyz says 503, so "
                "that the balancer notices, instead of its role's: 3 for api, 0 for up. Twice the pause between "
                "the balancer's looks.",
            ),
        ]
        | None
    ) = None
    drain_seconds_max: Annotated[
        int,
        Meta(
            ge=0,
            le=600,
            description="How long requests in flight may take to end after a stop was asked for.",
        ),
    ] = 25
    job_lease_seconds: Annotated[
        int,
        Meta(
            ge=3,
            le=3_600,
            description="After how long another worker takes over the jobs of one that was killed: above what the "
            "clocks of machines differ by, and the longest stand-still of a process.",
        ),
    ] = 60
    key_file: Annotated[
        str | None,
        Meta(
            description="File with the master keys for secrets at rest; by default `master.keys` in the home."
        ),
    ] = None
    event_days: Annotated[
        int,
        Meta(
            ge=7,
            le=36_500,
            description="For how many days facts are kept in the event log, at least; whole months are dropped.",
        ),
    ] = 400
    smtp_url: Annotated[
        str | None,
        Meta(
            description="Mail server: `smtps://user:password@host:465`, or `smtp://…:587`, which demands STARTTLS but "
            "on this machine; `?tls=none` does without. Without it `up` starts a simulator, and a worker sends no mail."
        ),
    ] = None
    mail_from: Annotated[
        str | None,
        Meta(description="Who mail is from, such as `Hanse <post@example.com>`; set with the mail server."),
    ] = None
    webhook_url: Annotated[
        Annotated[str, Meta(pattern=r"^https?://[^\s?#@]+$(?!\n)")] | None,
        Meta(
            description="Address under which payment providers reach the API with webhooks; the public one if not "
            "given. With neither, no webhooks are ordered, and what happens at a provider is asked for by and by."
        ),
    ] = None
    stripe_url: Annotated[
        Annotated[str, Meta(pattern=r"^https?://[A-Za-z0-9.\[\]:_-]+/?$(?!\n)")] | None,
        Meta(
            description="Where Stripe is asked with test keys: `https://api.stripe.com`, or a simulator. Without it "
            "`up` starts one, and other roles ask Stripe. Live keys are never sent elsewhere."
        ),
    ] = None
    inbox_days: Annotated[
        int,
        Meta(
            ge=1,
            le=365,
            description="For how many days raw webhooks are kept after they were carried out; 30 answers a person's "
            "request for erasure within the month of Art. 12(3) GDPR.",
        ),
    ] = 30
    log_level: Annotated[
        str, Meta(pattern="^(debug|info|warning|error)$", description="Least level logged.")
    ] = "info"
    metrics_token: Annotated[
        str | None,
        Meta(
            description="Bearer token for reading /metrics from elsewhere; without it only this machine may."
        ),
    ] = None
    failpoints: Annotated[
        str | None,
        Meta(
            description="For tests alone: places at which this process kills itself. Refused unless the database's "
            "name ends in `_faults`."
        ),
    ] = None
    failpoints_trail: Annotated[
        str | None, Meta(description="File that is told of each such kill; set with the places.")
    ] = None
    otlp_endpoint: Annotated[
        str | None, Meta(description="OTLP/HTTP address to which traces go; without it none are recorded.")
    ] = None


def load(environ: Mapping[str, str]) -> Settings:
    """Read the settings; SettingInvalid names the variable and what would be right. Values are never shown."""
    fields = {field.name: field for field in msgspec.structs.fields(Settings)}
    given: dict[str, str] = {}
    for variable, value in environ.items():
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in fields:
            near = difflib.get_close_matches(name, fields, n=1)
            hint = f"; did you mean {PREFIX}{near[0].upper()}?" if near else ""
            raise SettingInvalid(f"{variable} is not a setting{hint}", variable=variable)
        given[name] = value
    for name, value in given.items():
        try:
            msgspec.convert(value, fields[name].type, strict=False)
        except msgspec.ValidationError as error:
            variable = PREFIX + name.upper()
            raise SettingInvalid(f"{variable}: {error}", variable=variable) from error
    return msgspec.convert(given, Settings, strict=False)


def home_folder(settings: Settings) -> Path:
    """The home as an absolute path; not created here."""
    return Path(settings.home).expanduser().absolute()
