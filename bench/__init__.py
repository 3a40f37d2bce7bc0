"""Benchmarks: each prints figures beside a limit that was measured in the same run, since machines are noisy."""

from __future__ import annotations

import asyncio
import importlib
import os
import platform
import sys
from importlib import metadata
from pathlib import Path

import msgspec

from bench.figures import Figure as Figure
from kontorhaus import __version__

NAMES = tuple(
    sorted(
        path.stem
        for path in Path(__file__).parent.glob("*.py")
        if path.stem not in ("__init__", "database", "figures")
    )
)


def main(names: tuple[str, ...], *, as_json: bool) -> None:
    """Run the named benchmarks, all by default, and print a line or a JSON object a figure."""
    unknown = [name for name in names if name not in NAMES]
    if unknown:
        sys.exit(f"no benchmark is called {', '.join(unknown)}; there are {', '.join(NAMES)}")
    conditions = {
        "cores": os.cpu_count() or 0,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "kontorhaus": __version__,
        **{name: metadata.version(name) for name in ("asyncpg", "litestar", "uvicorn", "uvloop")},
    }
    for name in names or NAMES:
        for figure in asyncio.run(importlib.import_module(f"bench.{name}").run()):
            full = msgspec.structs.replace(figure, conditions={**conditions, **figure.conditions})
            sys.stdout.write((msgspec.json.encode(full).decode() if as_json else full.line()) + "\n")
            sys.stdout.flush()
