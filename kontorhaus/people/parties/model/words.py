"""The words that a party is found by: folded, so that nobody has to know how a name is written.

Müller, Muller, Mueller and MÜLLER fold to the same word. Folding works letter by letter from the left, so
what is a prefix before it is a prefix after it: a search for the first letters of a word finds the word. The
price is that a few different names fold together as well (Michael and Michal, Joel and Jol): a search may
show one too many."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from kontorhaus.kernel.errors import Fault
from kontorhaus.people.parties.errors import PartySearchInvalid
from kontorhaus.people.parties.model.party import Party

LETTERS: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
"""Letters that Unicode does not take apart into a letter and its mark."""

UMLAUT: Final = re.compile("([aou])e")
"""ä, ö and ü are written ae, oe and ue where a keyboard lacks them, and a, o and u where a writer does."""

JOINED: Final = re.compile("['`\u00b4\u02bc\u2019]")
"""O'Neill is one word; a search for "o" would find half the world."""

WORD: Final = re.compile(r"[^\W_]+")

WORD_CHARACTERS_MAX: Final = 40
"""Enough to tell any two names apart, and short enough to keep the index small."""

WORDS_MAX: Final = 5
"""Every further word is a further probe of each candidate; five identify anybody."""


def fold(text: str) -> str:
    """Without case, accents and umlauts; ß is ss. What is neither letter nor digit stays."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold().translate(LETTERS))
    return UMLAUT.sub(r"\1", "".join(letter for letter in apart if not unicodedata.combining(letter)))


def words(text: str) -> list[str]:
    """The folded words of a text, in order. What holds an @ is one word, whatever else stands in it."""
    found: list[str] = []
    for chunk in text.split():
        parts = WORD.findall(fold(JOINED.sub("", chunk)))
        found.extend(["".join(parts)] if "@" in chunk else parts)
    return [word[:WORD_CHARACTERS_MAX] for word in found if word]


def terms(party: Party) -> list[str]:
    """Every word that the party is found by, sorted: of its name, reference, e-mail addresses, tax ids and
    cities, those that have ended included, since a caller knows a party by what it used to be."""
    texts: list[str] = [party.summary.name or "", party.summary.reference or ""]
    texts += [contact.value for contact in party.contacts if contact.kind == "email"]
    texts += [tax_id.value for tax_id in party.tax_ids]
    texts += [address.city for address in party.addresses]
    return sorted({word for text in texts for word in words(text)})


LAST_CHARACTER: Final = "\U0010ffff"
"""Sorts behind every letter in the order of code points, and is none."""


class Prefix(Struct, frozen=True):
    """All terms that begin with a word, as a range of the index: from `low`, up to and without `high`."""

    low: str
    high: str


def prefixes(search: str) -> list[Prefix]:
    """What a search asks for: every word, as the beginning of a term; each once, the longest first.

    Single letters are left out beside longer words. Raises PartySearchInvalid when nothing is left or there
    is too much."""
    found = sorted({word for word in words(search) if len(word) >= 2}, key=lambda word: (-len(word), word))
    if not found:
        raise _refusal("give a word of two letters or more")
    if len(found) > WORDS_MAX:
        raise _refusal(f"give {WORDS_MAX} words at the most")
    return [Prefix(low=word, high=word + LAST_CHARACTER) for word in _not_implied(found)]


def _not_implied(found: Iterable[str]) -> list[str]:
    """Without the words that are the beginning of a longer one: they ask for nothing more."""
    kept: list[str] = []
    for word in found:
        if not any(longer.startswith(word) for longer in kept):
            kept.append(word)
    return kept


def _refusal(detail: str) -> PartySearchInvalid:
    return PartySearchInvalid(f"the search cannot be answered: {detail}", faults=(Fault("search", detail),))
