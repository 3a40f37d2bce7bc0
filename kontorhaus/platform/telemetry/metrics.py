"""Metrics of this process in Prometheus' text format.

Labels are bounded: a route is a template or "unmatched", a status is its class, a peer is a name from the code. Ids,
paths as sent and hosts never are labels, for each new value would stay in memory for ever.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

REGISTRY: Final = CollectorRegistry(auto_describe=False)
ProcessCollector(registry=REGISTRY)

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4

# From a tenth of the 250 ms that a person notices up to the longest deadline; a request is 1 to 20 ms on a good day.
REQUEST_BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)

# A statement by primary key takes half a millisecond over a local socket; five seconds is the time-out.
STATEMENT_BUCKETS: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 1, 5)

request_seconds: Final = Histogram(
    "kontorhaus_http_request_duration_seconds",
    "Time from the request's head to the last byte of its answer; its count is the rate, its 5xx are the errors.",
    ("method", "route", "status"),
    buckets=REQUEST_BUCKETS,
    registry=REGISTRY,
)
requests_in_flight: Final = Gauge(
    "kontorhaus_http_requests_in_flight", "Requests that are being answered right now.", registry=REGISTRY
)
statement_seconds: Final = Histogram(
    "kontorhaus_db_statement_duration_seconds",
    "Time of one SQL statement, the network included.",
    ("operation",),
    buckets=STATEMENT_BUCKETS,
    registry=REGISTRY,
)
acquire_seconds: Final = Histogram(
    "kontorhaus_db_pool_acquire_seconds",
    "Time until a connection of the pool was free; long ones mean that the pool is the bottleneck.",
    buckets=STATEMENT_BUCKETS,
    registry=REGISTRY,
)
pool_waiting: Final = Gauge(
    "kontorhaus_db_pool_waiting", "Transactions that wait for a connection right now.", registry=REGISTRY
)
transaction_retries: Final = Counter(
    "kontorhaus_db_transaction_retries_total",
    "Transactions that were chosen as victims of a deadlock or of serialization.",
    ("error",),
    registry=REGISTRY,
)
outbound_seconds: Final = Histogram(
    "kontorhaus_outbound_request_duration_seconds",
    "Time of one outbound request; `outcome` is a class of status, not_sent or unknown.",
    ("peer", "outcome"),
    buckets=REQUEST_BUCKETS,
    registry=REGISTRY,
)

# From the millisecond of a job that writes a row up to the five minutes after which one is ended.
JOB_BUCKETS: Final = (0.001, 0.005, 0.025, 0.1, 0.5, 1, 5, 30, 120, 300)

job_seconds: Final = Histogram(
    "kontorhaus_job_duration_seconds",
    "Time from claim to end of an attempt; `outcome` is done, failed, lost (its lease) or released (worker stopped).",
    ("kind", "outcome"),
    buckets=JOB_BUCKETS,
    registry=REGISTRY,
)
job_claim_seconds: Final = Histogram(
    "kontorhaus_job_claim_duration_seconds",
    "Time to claim jobs, found or not; slow ones mean a bloated table.",
    ("queue",),
    buckets=STATEMENT_BUCKETS,
    registry=REGISTRY,
)
job_leases_expired: Final = Counter(
    "kontorhaus_job_leases_expired_total", "Jobs taken back from workers that are gone.", registry=REGISTRY
)
jobs_waiting: Final = Gauge(
    "kontorhaus_jobs", "Jobs that are ready, running or parked.", ("queue", "state"), registry=REGISTRY
)
job_oldest_seconds: Final = Gauge(
    "kontorhaus_job_oldest_seconds",
    "For how long the oldest of them has been due.",
    ("queue", "state"),
    registry=REGISTRY,
)

log_tick_seconds: Final = Histogram(
    "kontorhaus_log_tick_duration_seconds",
    "Time of one look of the sequencer, in the process that runs it; its count says that it runs at all.",
    buckets=STATEMENT_BUCKETS,
    registry=REGISTRY,
)
log_published: Final = Counter(
    "kontorhaus_log_facts_published_total", "Facts that were given their position.", registry=REGISTRY
)
log_unpublished: Final = Gauge(
    "kontorhaus_log_unpublished", "Committed facts that have no position yet.", registry=REGISTRY
)
log_unpublished_seconds: Final = Gauge(
    "kontorhaus_log_unpublished_oldest_seconds",
    "How long ago the transaction of the oldest of them began; 0 if there is none.",
    registry=REGISTRY,
)
log_behind: Final = Gauge(
    "kontorhaus_log_subscriber_behind",
    "Published facts that a subscriber has not passed yet.",
    ("subscriber",),
    registry=REGISTRY,
)
log_behind_seconds: Final = Gauge(
    "kontorhaus_log_subscriber_oldest_seconds",
    "How long ago the oldest of them was written; 0 if there is none.",
    ("subscriber",),
    registry=REGISTRY,
)
log_aside: Final = Gauge(
    "kontorhaus_log_subscriber_aside",
    "Facts that a subscriber passed over: `waiting` to be tried again or behind another, `parked` until a person acts.",
    ("subscriber", "state"),
    registry=REGISTRY,
)
dead_rows: Final = Gauge(
    "kontorhaus_db_dead_rows",
    "Row versions of a busy table that wait to be swept, as PostgreSQL's statistics estimate them.",
    ("table",),
    registry=REGISTRY,
)
snapshot_age: Final = Gauge(
    "kontorhaus_db_oldest_snapshot_transactions",
    "Transactions since the oldest snapshot that somebody holds in this database or a replica: what cannot be swept.",
    registry=REGISTRY,
)
inbox_deliveries: Final = Counter(
    "kontorhaus_inbox_deliveries_total",
    "Webhooks that came in; `outcome` is received, doubled (known already) or refused (not believed, or unreadable).",
    ("source", "outcome"),
    registry=REGISTRY,
)
inbox_ended: Final = Counter(
    "kontorhaus_inbox_ended_total",
    "Attempts to carry out a message; `outcome` is done, failed (tried again) or quarantined (after its last try).",
    ("source", "outcome"),
    registry=REGISTRY,
)

# From the tenth of a second of an idle worker's poll up to the two days of twenty tries.
LAG_BUCKETS: Final = (0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300, 3600, 86_400, 172_800)

inbox_lag_seconds: Final = Histogram(
    "kontorhaus_inbox_lag_seconds",
    "Time from the receipt of a message to its effect.",
    ("source",),
    buckets=LAG_BUCKETS,
    registry=REGISTRY,
)
inbox_messages: Final = Gauge(
    "kontorhaus_inbox_messages",
    "Messages that are waiting or quarantined.",
    ("source", "status"),
    registry=REGISTRY,
)
inbox_oldest_seconds: Final = Gauge(
    "kontorhaus_inbox_oldest_seconds",
    "For how long the oldest of them has been here.",
    ("source", "status"),
    registry=REGISTRY,
)

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def observe_request(method: str, route: str | None, status: int, seconds: float) -> None:
    """Count one answered request. `route` is the template (`/v1/parties/{party_id}`), None when no route matched."""
    known = method if method in METHODS else "other"
    _request(known, route or "unmatched", f"{status // 100}xx").observe(seconds)


@functools.cache
def _request(method: str, route: str, status: str) -> Histogram:
    # `labels` takes a lock and builds a key at each call; there are as few children as there are label values.
    return request_seconds.labels(method, route, status)


def observe_statement(operation: str, seconds: float) -> None:
    """Count one SQL statement; `operation` is its first word."""
    _statement(operation).observe(seconds)


@functools.cache
def _statement(operation: str) -> Histogram:
    return statement_seconds.labels(operation)


def observe_job(kind: str, outcome: str, seconds: float) -> None:
    """Count one attempt at a job."""
    _job(kind, outcome).observe(seconds)


@functools.cache
def _job(kind: str, outcome: str) -> Histogram:
    return job_seconds.labels(kind, outcome)


def observe_claim(queue: str, seconds: float) -> None:
    """Count one look for jobs."""
    _claim(queue).observe(seconds)


@functools.cache
def _claim(queue: str) -> Histogram:
    return job_claim_seconds.labels(queue)


class _Pool(Collector):
    """Asks the pool when Prometheus asks us, so nothing is counted twice and nothing goes stale."""

    def __init__(self, usage: Callable[[], Mapping[str, int]]) -> None:
        self._usage = usage

    def collect(self) -> Iterator[Metric]:
        for state, connections in self._usage().items():
            yield GaugeMetricFamily(
                f"kontorhaus_db_pool_{state}", f"Connections of the pool: {state}.", value=connections
            )


def watch_pool(usage: Callable[[], Mapping[str, int]]) -> Callable[[], None]:
    """Show the states of a pool (`size`, `idle`, `max`) as gauges until the returned function is called."""
    pool = _Pool(usage)
    REGISTRY.register(pool)
    return functools.partial(REGISTRY.unregister, pool)


def render() -> bytes:
    """All metrics as text, to be served as `CONTENT_TYPE`."""
    return generate_latest(REGISTRY)
