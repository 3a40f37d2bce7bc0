"""Countries are those of ISO 3166-1, as the time zone database lists them too."""

from __future__ import annotations

import re
from importlib import resources

from hypothesis import given
from hypothesis import strategies as st

from kontorhaus.kernel import countries


def test_the_codes_are_those_of_the_standard() -> None:
    listed = resources.files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text(encoding="utf-8")
    codes = {line.split("\t")[0] for line in listed.splitlines() if line and not line.startswith("#")}

    assert codes == countries.ALPHA_2


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=1, max_size=3))
def test_the_pattern_says_the_same_as_the_list(code: str) -> None:
    assert bool(re.fullmatch(countries.PATTERN, code)) == countries.known(code)


def test_every_code_fits_the_pattern() -> None:
    assert all(re.fullmatch(countries.PATTERN, code) for code in countries.ALPHA_2)
