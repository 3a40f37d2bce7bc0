"""Addresses lead where they say, and lose their password before they stand on a command line."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kontorhaus.platform.postgres.addresses import login_of, socket_url, tcp_url, without_password

names = st.text(min_size=1)


@given(login=names, password=names, database=names)
def test_any_login_and_password_survive_an_address(login: str, password: str, database: str) -> None:
    for url in (
        tcp_url(5000, login=login, database=database, password=password),
        socket_url(Path("/a b/ü"), login=login, database=database, password=password),
    ):
        assert login_of(url) == (login, password)
        assert login_of(without_password(url)) == (login, None)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://kontor:geheim@db.example:5432/kontor?sslmode=require",
        "postgresql://kontor@db.example/kontor?password=geheim&sslmode=require",
        "postgresql:///kontor?user=kontor&password=geheim&host=%2Frun%2Fpg&sslmode=require",
    ],
)
def test_a_password_is_taken_out_wherever_it_stands(url: str) -> None:
    assert login_of(url) == ("kontor", "geheim")
    assert "geheim" not in without_password(url)
    assert "sslmode=require" in without_password(url)
    assert login_of(without_password(url)) == ("kontor", None)


def test_an_address_may_leave_the_login_to_the_environment() -> None:
    assert login_of("postgresql://db.example/kontor") == (None, None)


def test_a_socket_s_folder_survives_an_address() -> None:
    assert "/a b/ü" in unquote(socket_url(Path("/a b/ü"), login="x", database="y").replace("+", " "))
