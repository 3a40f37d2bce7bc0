"""The page of an error code: what a problem's `type` leads to."""

from __future__ import annotations

from html import escape

from kontorhaus.platform.http.pages.layout import page, prose
from kontorhaus.platform.http.problems import ProblemKind


def problem(kind: ProblemKind) -> str:
    """What went wrong, whether to repeat the call, and under which code."""
    again = (
        "Repeat the call after a moment." if kind.should_retry else "Repeating the same call will not help."
    )
    return page(
        kind.title,
        f"<main><p><code>{escape(kind.code)}</code> · HTTP {kind.status}</p><h1>{escape(kind.title)}</h1>"
        f'{prose(kind.text)}<p>{again}</p><p><a href="/docs">Documentation</a></p></main>',
    )
