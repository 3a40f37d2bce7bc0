"""How a process begins to tell about itself."""

from __future__ import annotations

from kontorhaus import __version__
from kontorhaus.platform.settings import Settings
from kontorhaus.platform.telemetry import logs, traces


def set_up(settings: Settings) -> None:
    """Log at the settings' level, take over the standard library's logging, and record traces if an endpoint is set.

    Once per process, by its role. Without it logs are written from `info` on, and traces are not recorded.
    """
    logs.route_standard_logging(settings.log_level)
    if settings.otlp_endpoint is not None:
        traces.export_to(settings.otlp_endpoint, version=__version__)
