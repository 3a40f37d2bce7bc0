"""The frame of every page, and markdown as far as our docstrings use it."""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from html import escape
from typing import Final

STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --mark: #0a6; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 54rem; margin: 0 auto; padding: 1.5rem; }
nav { padding: 1.5rem; font-size: .9rem; border-right: 1px solid var(--line); }
nav ul { list-style: none; margin: 0 0 1rem; padding: 0; }
nav h2 { font-size: .8rem; margin: 1rem 0 .25rem; text-transform: uppercase; letter-spacing: .06em; }
a { color: inherit; text-decoration-color: var(--mark); text-underline-offset: .2em; }
h1 { line-height: 1.2; }
section { border-top: 1px solid var(--line); padding-top: .5rem; margin-top: 2.5rem; }
code, pre { font: .86em/1.5 ui-monospace, monospace; }
code { background: var(--soft); padding: .1em .3em; border-radius: 3px; }
pre { background: var(--soft); padding: 1rem; border-radius: 6px; overflow-x: auto; }
pre code { background: none; padding: 0; }
.method { color: var(--mark); font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
td, th { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); }
summary { cursor: pointer; margin: .75rem 0; }
@media (min-width: 64rem) {
  .beside { display: grid; grid-template-columns: 18rem 1fr; }
  .beside nav { position: sticky; top: 0; height: 100vh; overflow-y: auto; }
}
"""

POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    f"style-src 'sha256-{b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"
)
"""What a page may load (Content-Security-Policy): nothing but the style above, known by its hash."""


def page(title: str, body: str) -> str:
    """A whole document. `body` is HTML, `title` text."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>{body}</body></html>\n"
    )


def prose(text: str) -> str:
    """Paragraphs, lists of dashes and `code`, as our docstrings have them."""
    return "".join(_block(block) for block in re.split(r"\n\s*\n", text.strip()) if block)


def _block(block: str) -> str:
    if block.startswith("- "):
        items = re.split(r"\n- ", block.removeprefix("- "))
        return "<ul>" + "".join(f"<li>{line(item)}</li>" for item in items) + "</ul>"
    return f"<p>{line(block)}</p>"


def line(text: str) -> str:
    """One paragraph's text, its `code` marked."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text, quote=False))
