"""Metrics count what happened, with labels that cannot grow without bound."""

from __future__ import annotations

from kontorhaus.platform.telemetry import metrics, sql_span


def sample(name: str, **labels: str) -> float:
    return metrics.REGISTRY.get_sample_value(name, labels) or 0.0


def test_a_request_is_counted_by_its_template_and_class_of_status() -> None:
    labels = {"method": "GET", "route": "/v1/tests/{id}", "status": "4xx"}
    before = sample("kontorhaus_http_request_duration_seconds_count", **labels)
    metrics.observe_request("GET", "/v1/tests/{id}", 404, 0.003)

    assert sample("kontorhaus_http_request_duration_seconds_count", **labels) == before + 1


def test_unknown_methods_and_paths_share_one_label() -> None:
    labels = {"method": "other", "route": "unmatched", "status": "4xx"}
    before = sample("kontorhaus_http_request_duration_seconds_count", **labels)
    metrics.observe_request("BREW", None, 404, 0.003)
    metrics.observe_request("PROPFIND", None, 405, 0.003)

    assert sample("kontorhaus_http_request_duration_seconds_count", **labels) == before + 2


def test_a_statement_is_measured_by_its_operation() -> None:
    def counted(operation: str) -> float:
        return sample("kontorhaus_db_statement_duration_seconds_count", operation=operation)

    inserts, others = counted("INSERT"), counted("other")
    with sql_span("\n  insert INTO party (id) VALUES ($1)"):
        pass
    with sql_span("VACUUM party"):
        pass

    assert (counted("INSERT"), counted("other")) == (inserts + 1, others + 1)


def test_the_pool_is_asked_when_prometheus_asks_and_forgotten_when_it_closes() -> None:
    usage = {"size": 3, "idle": 2, "max": 10}
    forget = metrics.watch_pool(lambda: usage)
    assert b"\nkontorhaus_db_pool_idle 2.0\n" in metrics.render()
    usage["idle"] = 0
    assert b"\nkontorhaus_db_pool_idle 0.0\n" in metrics.render()
    forget()

    assert b"kontorhaus_db_pool_idle" not in metrics.render()
