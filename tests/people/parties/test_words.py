"""A party is found by the words it is known by, however they are written."""

from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontorhaus.people.parties.errors import PartySearchInvalid
from kontorhaus.people.parties.model.words import WORD_CHARACTERS_MAX, fold, prefixes, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Müller", ["muller"]),
        ("Muller", ["muller"]),
        ("Mueller", ["muller"]),
        ("MÜLLER", ["muller"]),
        (unicodedata.normalize("NFD", "Müller"), ["muller"]),
        ("Straße", ["strasse"]),
        ("STRASSE", ["strasse"]),
        ("Søren Ærø", ["soren", "aro"]),
        ("Soeren Aeroe", ["soren", "aro"]),
        ("Łódź", ["lodz"]),
        ("I\u015f\u0131k", ["isik"]),
        ("Beyoncé", ["beyonce"]),
        ("O'Neill", ["oneill"]),
        ("O\u2019Neill", ["oneill"]),
        ("Anna-Lena", ["anna", "lena"]),
        ("Müller & Söhne GmbH", ["muller", "sohne", "gmbh"]),
        ("C-10042/7", ["c", "10042", "7"]),
        ("anna.Müller@example.com", ["annamullerexamplecom"]),
        ("Ελλάδα", ["ελλαδα"]),
        ("Иванов", ["иванов"]),
        ("東京", ["東京"]),
        ("ﬁnanz", ["finanz"]),
        ("& - / …", []),
        ("", []),
    ],
)
def test_words_are_folded(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.text(max_size=60))
def test_folding_leaves_no_marks(text: str) -> None:
    assert not any(unicodedata.combining(letter) for letter in fold(text))


@given(st.text(alphabet=string.ascii_letters + "äöüßéøæłÄÖÜ", min_size=1, max_size=30), st.data())
def test_the_beginning_of_a_word_stays_its_beginning(word: str, data: st.DataObject) -> None:
    begun = word[: data.draw(st.integers(1, len(word)))]

    assert words(word)[0].startswith(words(begun)[0])


@given(st.text(alphabet=string.ascii_letters + string.digits + "äöüéñ", min_size=1, max_size=30))
def test_case_and_form_of_unicode_make_no_difference(word: str) -> None:
    assert words(word) == words(word.upper()) == words(word.lower())
    assert words(word) == words(unicodedata.normalize("NFD", word))


@given(st.text(alphabet="bcdfghklmnprstvwz", max_size=5), st.sampled_from(["ä", "ö", "ü"]))
def test_an_umlaut_is_found_by_each_way_to_write_it(around: str, umlaut: str) -> None:
    plain = {"ä": "a", "ö": "o", "ü": "u"}[umlaut]

    found = {tuple(words(f"{around}{written}{around}")) for written in (umlaut, plain, f"{plain}e")}

    assert len(found) == 1


@given(st.text(max_size=300))
def test_words_are_short_and_made_of_letters_and_digits(text: str) -> None:
    assert all(0 < len(word) <= WORD_CHARACTERS_MAX and word.isalnum() for word in words(text))


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        ("Müller", ["muller"]),
        ("  müller   bremen ", ["bremen", "muller"]),
        ("J. Smith", ["smith"]),
        ("müller mül", ["muller"]),
        ("Hansa hansa", ["hansa"]),
        ("aa bbb cccc ddddd eeeeee", ["eeeeee", "ddddd", "cccc", "bbb", "aa"]),
    ],
)
def test_a_search_asks_for_beginnings(search: str, expected: list[str]) -> None:
    asked = prefixes(search)

    assert [prefix.low for prefix in asked] == expected
    assert all(prefix.low <= f"{prefix.low}zz\U0001f600" < prefix.high for prefix in asked)


@pytest.mark.parametrize("search", ["", "a", "a b c", "& /", "aa bb cc dd ee ff"])
def test_a_search_of_nothing_or_too_much_is_refused(search: str) -> None:
    with pytest.raises(PartySearchInvalid) as refused:
        prefixes(search)

    assert [fault.pointer for fault in refused.value.faults] == ["search"]
