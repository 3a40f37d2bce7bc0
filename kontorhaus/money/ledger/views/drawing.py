"""An entry set as a drawing: accounts as boxes, transfers as arrows from the credited account to the debited one.

Every account has a column and every transfer a row, so that nothing ever lies over anything else, and the same set
gives the same bytes. The amount stands in the gap that the arrow enters first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from kontorhaus.kernel.money import Money
from kontorhaus.money.ledger.model.shown import ShownTransfer

CHARACTER: Final = 8
"""How wide a character of 12 px is at most, in the monospaced fonts of all systems."""

NAME_CHARACTERS: Final = 26
"""What is longer is cut; the whole name stands in the title of its box."""

PAD: Final = 12
BOX_WIDTH: Final = NAME_CHARACTERS * CHARACTER + 2 * PAD
BOX_HEIGHT: Final = 48
GAP: Final = 24
COLUMN: Final = BOX_WIDTH + GAP
ROW: Final = 40
MARGIN: Final = 16
TEXT_HEIGHT: Final = 14

STYLE: Final = """
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;fill:#1b1f24}
.paper{fill:#fff}
.box{fill:#f3f5f8;stroke:#57606a}
.line{stroke:#b8c0c9;stroke-dasharray:3 4}
.arrow{stroke:#0b62c4;stroke-width:1.5}
.head{fill:#0b62c4}
.small{fill:#57606a}
@media (prefers-color-scheme:dark){
text{fill:#e6edf3}
.paper{fill:#0d1117}
.box{fill:#1b222c;stroke:#8b949e}
.line{stroke:#444c56}
.arrow{stroke:#6cb0ff}
.head{fill:#6cb0ff}
.small{fill:#9aa4af}
}
"""

Key = tuple[str, str]
"""Currency and name."""


def drawing(transfers: Sequence[ShownTransfer]) -> bytes:
    """The drawing as SVG 1.1 in UTF-8, readable on light and dark paper. Of an entry set without transfers it is an
    empty sheet. Nothing that an account is called can become markup."""
    columns = _columns(transfers)
    width = 2 * MARGIN + max(1, len(columns)) * COLUMN - GAP
    height = 2 * MARGIN + BOX_HEIGHT + (len(transfers) + 1) * ROW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" role="img">',
        f"<title>{_summary(len(columns), len(transfers))}</title>",
        f"<style>{STYLE}</style>",
        f'<rect class="paper" width="{width}" height="{height}"/>',
    ]
    parts += [_lifeline(number, height) for number in columns.values()]
    parts += [_box(key, number) for key, number in columns.items()]
    parts += [_arrow(one, row, columns) for row, one in enumerate(transfers, 1)]
    return "\n".join([*parts, "</svg>", ""]).encode()


def _columns(transfers: Sequence[ShownTransfer]) -> dict[Key, int]:
    """Accounts from left to right in the order in which money comes to them: where it comes from first."""
    found: dict[Key, int] = {}
    for one in transfers:
        for name in (one.credit, one.debit):
            found.setdefault((one.currency, name), len(found))
    return found


def _summary(accounts: int, transfers: int) -> str:
    return f"{transfers} transfer{'s' * (transfers != 1)} between {accounts} account{'s' * (accounts != 1)}"


def _middle(column: int) -> int:
    return MARGIN + column * COLUMN + BOX_WIDTH // 2


def _lifeline(column: int, height: int) -> str:
    x = _middle(column)
    return f'<line class="line" x1="{x}" y1="{MARGIN + BOX_HEIGHT}" x2="{x}" y2="{height - MARGIN}"/>'


def _box(key: Key, column: int) -> str:
    currency, name = key
    x, y = MARGIN + column * COLUMN, MARGIN
    shown = name if len(name) <= NAME_CHARACTERS else f"{name[: NAME_CHARACTERS - 1]}…"
    return (
        f"<g><title>{escape(name)} {escape(currency)}</title>"
        f'<rect class="box" x="{x}" y="{y}" width="{BOX_WIDTH}" height="{BOX_HEIGHT}" rx="6"/>'
        f'<text x="{_middle(column)}" y="{y + 20}" text-anchor="middle">{escape(shown)}</text>'
        f'<text class="small" x="{_middle(column)}" y="{y + 38}" text-anchor="middle">{escape(currency)}</text></g>'
    )


def _arrow(one: ShownTransfer, row: int, columns: dict[Key, int]) -> str:
    begin = columns[one.currency, one.credit]
    end = columns[one.currency, one.debit]
    step = 1 if end > begin else -1
    y = MARGIN + BOX_HEIGHT + row * ROW
    tip = _middle(end)
    label = f"{Money(one.amount, one.currency).decimal_text()} {one.currency}"
    told = f"{one.credit} to {one.debit}: {label}"
    return (
        f"<g aria-label={quoteattr(told)}><title>{escape(told)}</title>"
        f'<line class="arrow" x1="{_middle(begin)}" y1="{y}" x2="{tip - step * 8}" y2="{y}"/>'
        f'<path class="head" d="M{tip} {y}l{-step * 9} -5v10z"/>'
        f'<text x="{_middle(begin) + step * COLUMN // 2}" y="{y - 8}" text-anchor="middle">{escape(label)}</text></g>'
    )
