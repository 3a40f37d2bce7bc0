"""Recognizing what must never be written down in the clear: card numbers, IBANs, keys. Pure; text in, spans out.

It stands here, at the bottom, since the log must know these and everything else logs. `platform/secrets` uses the same
eyes to refuse card numbers at the edge.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

Found = tuple[int, int]
"""Where something begins and where it has ended: `text[start:end]`."""

# Between the digits of a number that a person types or copies: blanks and dashes, those of word processors included.
_BETWEEN: Final = " \\-\u00a0\u2007\u2009\u202f\u2010\u2011\u2012\u2013"

_LONG_RUN: Final = re.compile(rf"\d(?:[{_BETWEEN}]?\d){{11}}")
CARD_DIGITS_MIN: Final = 12
"""The shortest Maestro number (ISO/IEC 7812-1 itself sets only the upper end, 19)."""


# Every byte that may be (part of) a digit becomes a 0. Beyond ASCII that is each byte: other scripts have digits, too.
_DIGITS_AS_ZERO: Final = bytes(
    48 if byte >= 0x80 or chr(byte) in "0123456789" else 120 for byte in range(256)
)
_ZEROS: Final = b"0" * CARD_DIGITS_MIN


def may_hold_card_number(raw: bytes) -> bool:
    """Whether a JSON text needs a closer look: it holds 12 digits with nothing but blanks and dashes between them.

    False is certain, True is not. No regular expression, since this runs over every body: under a microsecond for one
    of a usual size.
    """
    # A digit may also be written as an escape.
    return _ZEROS in raw.translate(_DIGITS_AS_ZERO, b" -") or b"\\u" in raw


# A run touches no letter, so nothing is found inside ids, hashes and keys; and it is no fraction.
_RUN: Final = re.compile(rf"(?<!\w)(?<!\d\.)\+?\d(?:[{_BETWEEN}]?\d){{11,}}(?!\w)(?!\.\d)")
_GROUP: Final = re.compile(r"\d+")
_UUID: Final = re.compile(r"(?i)(?<!\w)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?!\w)")

PHONE_DIGITS_MAX: Final = 15
"""E.164: a number behind a plus that is not longer is a telephone number."""


def find_card_number(text: str) -> Found | None:
    """Where the first payment card number stands: brand range *and* length *and* Luhn digit all fit.

    One blank or dash may stand between digits. A number is found as a whole run of digits, or as a series of groups
    in a longer one (`4242 4242 4242 4242 123`); never as a part of an unbroken group of digits, nor inside an IBAN, a
    UUID, a fraction or a telephone number with its plus, nor touching a letter. Not guaranteed: that a number which
    fits was ever given to anybody. One in ten of the numbers in a brand's range passes Luhn by chance.
    """
    if _LONG_RUN.search(text) is None:
        return None
    return next(card_numbers(text), None)


def card_numbers(text: str) -> Iterator[Found]:
    """Every card number in a text, in order, without overlaps; see find_card_number."""
    text = _without_ids(text)
    for run in _RUN.finditer(text):
        groups = [match.span() for match in _GROUP.finditer(text, *run.span())]
        digits_in_run = sum(end - start for start, end in groups)
        if run.group().startswith("+") and digits_in_run <= PHONE_DIGITS_MAX:
            continue
        first = 0
        while first < len(groups):
            last = _card_from(text, groups, first)
            if last is None:
                first += 1
            else:
                yield groups[first][0], groups[last][1]
                first = last + 1


def _card_from(text: str, groups: list[Found], first: int) -> int | None:
    """The last group of the longest card number that begins with group `first`; None if none does.

    A whole run may be grouped as it likes. Groups within a longer one are taken for a card only if they look like the
    blocks embossed on one: the first of at least four digits, the others of at least three. Otherwise every list of
    small numbers would hold one, and a long list would take long.
    """
    if first == 0 and sum(end - start for start, end in groups) <= CARD_DIGITS_MAX:
        whole = "".join(text[start:end] for start, end in groups)
        if is_card_number(_ascii(whole)):
            return len(groups) - 1
    digits, found, least = "", None, 4
    for position in range(first, len(groups)):
        start, end = groups[position]
        if end - start < least or len(digits) + end - start > CARD_DIGITS_MAX:
            break
        digits, least = digits + _ascii(text[start:end]), 3
        if is_card_number(digits):
            found = position
    return found


CARD_DIGITS_MAX: Final = 19
"""ISO/IEC 7812-1: a primary account number has at most 19 digits."""


def _ascii(digits: str) -> str:
    return digits if digits.isascii() else "".join(str(unicodedata.decimal(digit)) for digit in digits)


def _without_ids(text: str) -> str:
    """The same text, as long as before, with UUIDs and IBANs blanked out."""
    text = _UUID.sub(_blank, text)
    pieces, rest = [], 0
    for start, end in ibans(text):
        pieces += [text[rest:start], "x" * (end - start)]
        rest = end
    # Put together once: replacing in place would copy the text for each of a thousand IBANs.
    return "".join((*pieces, text[rest:]))


def _blank(match: re.Match[str]) -> str:
    return "x" * len(match.group())


# First six digits from and to, and the lengths: the issuers' published ranges as of 2026. Visa's 13 digits are left
# out: none has been issued for decades, and one in ten of all German and Japanese article numbers (EAN-13, which begin
# with 4) would be refused. Maestro stands twice: its well-known issuers at all lengths, the whole of its range only
# from 16 digits on, below which telephone numbers and article numbers live.
RANGES: Final = (
    ("Visa", 400000, 499999, (16, 19)),
    ("Mastercard", 510000, 559999, (16,)),
    ("Mastercard", 222100, 272099, (16,)),
    ("American Express", 340000, 349999, (15,)),
    ("American Express", 370000, 379999, (15,)),
    ("Diners Club", 300000, 305999, range(14, 20)),
    ("Diners Club", 309500, 309599, range(14, 20)),
    ("Diners Club", 360000, 369999, range(14, 20)),
    ("Diners Club", 380000, 399999, range(14, 20)),
    ("JCB", 352800, 358999, range(16, 20)),
    ("Discover", 601100, 601199, range(16, 20)),
    ("Discover", 622126, 622925, range(16, 20)),
    ("Discover", 644000, 659999, range(16, 20)),
    ("UnionPay", 620000, 629999, range(16, 20)),
    ("UnionPay", 810000, 817199, range(16, 20)),
    *(
        ("Maestro", issuer * 100, issuer * 100 + 99, range(12, 20))
        for issuer in (5018, 5020, 5038, 5893, 6304, 6759, 6761, 6762, 6763)
    ),
    ("Maestro", 500000, 509999, range(16, 20)),
    ("Maestro", 560000, 589999, range(16, 20)),
    ("Maestro", 600000, 699999, range(16, 20)),
)


_RANGES_OF: Final = {
    (first, length): [
        (low, high) for _, low, high, lengths in RANGES if f"{low}"[0] == first and length in lengths
    ]
    for first in "2345678"
    for length in range(CARD_DIGITS_MIN, CARD_DIGITS_MAX + 1)
}
"""The same table by first digit and length, for most numbers fall out there. No range crosses a first digit."""


def is_card_number(digits: str) -> bool:
    """Whether a string of ASCII digits and nothing else is a card number by brand range, length and Luhn digit.

    One of 12 or 13 digits that is also a well-formed article number (UPC, EAN) is taken for the article: Maestro
    cards that short are a thing of the past, and British goods begin with 50.
    """
    length = len(digits)
    if not CARD_DIGITS_MIN <= length <= CARD_DIGITS_MAX:
        return False
    issuer = int(digits[:6])
    if not any(low <= issuer <= high for low, high in _RANGES_OF.get((digits[0], length), ())):
        return False
    return _luhn(digits) and not (length <= 13 and _is_article_number(digits))


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    plain = sum(map(int, digits[-1::-2]))
    doubled = sum((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)[int(digit)] for digit in digits[-2::-2])
    return (plain + doubled) % 10 == 0


def _is_article_number(digits: str) -> bool:
    """GS1 General Specifications, 7.9: weights 1 and 3 from the right."""
    return (sum(map(int, digits[-1::-2])) + 3 * sum(map(int, digits[-2::-2]))) % 10 == 0


_IBAN: Final = re.compile(rf"(?<![A-Za-z0-9])[A-Za-z]{{2}}\d\d(?:[{_BETWEEN}]?[A-Za-z0-9]){{11,31}}")

_IBAN_LENGTHS: Final = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FK FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV", 22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL",
        24: "AD CZ ES MD PK RO SA SE SK TN VG", 25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV", 29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip
"""ISO 13616 registry, release 101. The length tells where an IBAN ends when words follow it."""


def ibans(text: str) -> Iterator[Found]:
    """Every IBAN in a text, with or without blanks: country, length and check digits (ISO 7064, mod 97-10) fit."""
    position = 0
    while match := _IBAN.search(text, position):
        end = _iban_end(text, match.start(), match.end())
        if end is not None:
            yield match.start(), end
        position = end or match.start() + 2


def _iban_end(text: str, start: int, limit: int) -> int | None:
    length = _IBAN_LENGTHS.get(text[start : start + 2].upper())
    places = [place for place in range(start, limit) if text[place].isalnum()]
    if length is None or len(places) < length:
        return None
    end = places[length - 1] + 1
    characters = "".join(text[place] for place in places[:length])
    if not characters.isascii() or text[end : end + 1].isalnum():
        return None
    return end if int("".join(str(int(c, 36)) for c in characters[4:] + characters[:4])) % 97 == 1 else None


_MASKS: Final = (
    ("_", re.compile(r"\b((?:sk|pk|rk|whsec)_(?:live_|test_)?)[A-Za-z0-9+/=]{6,}"), r"\1***"),
    (" ", re.compile(r"(?i)\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{6,}"), r"\1 ***"),
    ("://", re.compile(r"(://)[^/@\s]+@"), r"\1***@"),
    ("@", re.compile(r"[^\s@<>\"'(),:;]+@[\w-]+(?:\.[\w-]+)+"), "***"),
    ("+", re.compile(r"(?<!\w)\+[1-9](?:[ -]?\d){6,14}(?!\w)"), "***"),
)
"""Keys (ours, and those of payment providers, which have the same form), credentials in headers and addresses, e-mail
addresses and telephone numbers; each with a piece that must be there, since looking for that is far quicker."""

IBAN_CHARACTERS_MIN: Final = 15
"""Norway's; a shorter text holds none."""


def masked(text: str) -> str:
    """The text with everything that is recognized here replaced by `***`. Names of people cannot be recognized."""
    for piece, pattern, instead in _MASKS:
        if piece in text:
            text = pattern.sub(instead, text)
    if len(text) >= CARD_DIGITS_MIN and _LONG_RUN.search(text):
        text = _cut(text, list(card_numbers(text)))
    return _cut(text, list(ibans(text))) if len(text) >= IBAN_CHARACTERS_MIN else text


def _cut(text: str, spans: list[Found]) -> str:
    for start, end in reversed(spans):
        text = text[:start] + "***" + text[end:]
    return text
