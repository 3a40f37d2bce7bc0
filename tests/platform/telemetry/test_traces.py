"""A request has one trace, from its caller through its statements to those it calls, recorded or not."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kontorhaus.platform import telemetry

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"


def test_the_callers_trace_goes_on_without_anybody_recording() -> None:
    with telemetry.server_span("GET", request_id="req_1", traceparent=PARENT, tracestate="a=1"):
        current = telemetry.current()
        assert current is not None
        assert (current.trace_id, current.sampled, current.request_id) == (TRACE_ID, True, "req_1")
        with telemetry.span("inner"):
            headers = telemetry.outgoing_headers()
    assert headers == {"traceparent": f"00-{TRACE_ID}-{current.span_id}-01", "tracestate": "a=1"}
    assert telemetry.current() is None
    assert telemetry.outgoing_headers() == {}


@pytest.mark.parametrize(
    "traceparent",
    [
        None,
        "",
        "nonsense",
        PARENT.upper(),
        PARENT.replace("00-", "ff-", 1),
        PARENT + "-more",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"{PARENT},{PARENT}",
    ],
)
def test_a_missing_or_malformed_parent_begins_a_trace(traceparent: str | None) -> None:
    with telemetry.server_span("GET", request_id="req_1", traceparent=traceparent, tracestate="a=1"):
        current = telemetry.current()
        assert current is not None
        assert current.trace_id != TRACE_ID
        assert (len(current.trace_id), len(current.span_id), current.state) == (32, 16, None)


def test_a_later_version_of_the_header_is_understood() -> None:
    with telemetry.server_span(
        "GET", request_id="req_1", traceparent=PARENT.replace("00-", "01-", 1) + "-more"
    ):
        current = telemetry.current()
        assert current is not None
        assert current.trace_id == TRACE_ID


def test_spans_form_one_tree_from_request_to_statement() -> None:
    server = telemetry.server_span
    with (
        telemetry.recorded_spans() as exporter,
        server("GET", request_id="req_1", traceparent=PARENT) as span,
    ):
        with telemetry.sql_span("SELECT id FROM party WHERE org_id = $1"):
            current = telemetry.current()
            assert current is not None
            assert (current.trace_id, current.request_id) == (TRACE_ID, "req_1")
        span.rename("GET /v1/parties")
        span.set(**{"http.route": "/v1/parties"})

    statement, request = exporter.get_finished_spans()
    assert (request.name, statement.name) == ("GET /v1/parties", "SELECT")
    assert request.parent is not None
    assert statement.parent is not None
    assert request.context is not None
    assert f"{request.parent.span_id:016x}" == "b7ad6b7169203331"
    assert statement.parent.span_id == request.context.span_id
    assert request.attributes == {"http.route": "/v1/parties"}
    assert statement.attributes is not None
    assert statement.attributes["db.query.text"] == "SELECT id FROM party WHERE org_id = $1"


def test_an_unsampled_trace_is_not_recorded_but_goes_on() -> None:
    unsampled, server = PARENT[:-2] + "00", telemetry.server_span
    with telemetry.recorded_spans() as exporter, server("GET", request_id="req_1", traceparent=unsampled):
        headers = telemetry.outgoing_headers()

    assert exporter.get_finished_spans() == ()
    assert headers["traceparent"].startswith(f"00-{TRACE_ID}-")
    assert headers["traceparent"].endswith("-00")


def test_a_job_has_a_trace_of_its_own() -> None:
    for _ in range(2):
        with telemetry.server_span("GET", request_id="req_1", traceparent=PARENT):
            with telemetry.job_span("resume"):
                current = telemetry.current()
            assert current is not None
            assert current.trace_id != TRACE_ID
            assert current.request_id is None


def test_a_span_shows_neither_personal_data_nor_messages() -> None:
    with (
        telemetry.recorded_spans() as exporter,
        pytest.raises(ValueError, match="Müller"),
        telemetry.span("work", iban="DE89370400440532013000", note="sk_live_4eC39HqLyjWDarjtT1zdp7dc"),
    ):
        raise ValueError("Müller")

    (span,) = exporter.get_finished_spans()
    told = span.to_json()
    assert not [planted for planted in ("Müller", "M\\u00fcller", "DE89", "4eC39") if planted in told]
    assert span.attributes is not None
    assert span.attributes["error.type"] == "ValueError"
    assert not span.status.is_ok
    assert span.events == ()


def test_nothing_of_opentelemetry_is_loaded_unless_somebody_listens() -> None:
    code = """if True:
        import sys
        from kontorhaus.platform import telemetry
        from kontorhaus.platform.settings import Settings
        telemetry.set_up(Settings())
        with telemetry.server_span("GET", request_id="r"), telemetry.sql_span("SELECT 1"), telemetry.span("x"):
            telemetry.get_logger("x").info("here")
        sys.exit(sum(name.startswith("opentelemetry") for name in sys.modules))
    """
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0
