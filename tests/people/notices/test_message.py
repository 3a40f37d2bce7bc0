"""The message itself: languages, escaping, headers that cannot be broken out of, and what every server takes."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path

import jinja2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct

from kontorhaus.people.notices.errors import NoticeInvalid
from kontorhaus.people.notices.model import (
    NOTICE,
    TEST_MESSAGE,
    Attachment,
    Content,
    Template,
    TestMessage,
    templates,
)
from kontorhaus.people.notices.model.letter import (
    ATTACHED_BYTES_MAX,
    LANGUAGES,
    ascii_address,
    content_of,
    language_of,
)
from kontorhaus.people.notices.model.server import Sender
from kontorhaus.people.notices.views.message import Rendered, message, rendered
from tests.house.states import sample
from tests.people.notices.office import letter

SENDER = Sender("post@hanse.example", 'Hänse, Automobile "Nord"')
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def composed(
    name: str | None = "Anna", subject: str = "Subject", text: str = "Text\n", *, reply_to: str | None = None
) -> bytes:
    content = Content(to="anna@example.com", name=name, sender_name=None, reply_to=reply_to, variables=b"")
    says = Rendered(subject, text, "<p>HTML</p>")
    return message(NOTICE.new(), NOON, says, content=content, language="de", sender=SENDER)


def parsed(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def header(raw: bytes, name: str) -> str:
    """A header as RFC 2047 says: unfolded, then decoded. (Python 3.11's own header classes put a blank between two
    encoded words.)"""
    found = email.message_from_bytes(raw)[name]
    return str(found).replace("\r\n", "")


def decoded(value: str) -> str:
    return str(make_header(decode_header(value)))


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        ("de", "de"),
        ("de-AT", "de"),
        ("DE", "de"),
        ("en-GB", "en"),
        ("fr", "en"),
        ("deu", "en"),
        (None, "en"),
        ("", "en"),
    ],
)
def test_a_language_falls_back(asked: str | None, written: str) -> None:
    assert language_of(asked) == written


@pytest.mark.parametrize("made", templates().values(), ids=lambda made: f"{made.name}.v{made.version}")
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_is_whole_in_every_language(made: Template[Struct], language: str) -> None:
    says = rendered(made, language_of(language), sample(made.variables))

    assert says.subject
    assert "\n" not in says.subject
    assert len(says.text) > 20
    assert f'<html lang="{language}">' in says.html


def test_what_is_filled_in_is_escaped_in_html_alone() -> None:
    note = '<script>alert("1")</script> & <img src=x onerror=y>'

    says = rendered(TEST_MESSAGE, "en", TestMessage(mode="live", note=note))

    assert note in says.text
    assert "<script>" not in says.html
    assert "<img" not in says.html
    assert "&lt;script&gt;" in says.html


def test_a_template_that_knows_more_than_its_variables_crashes(tmp_path: Path) -> None:
    class Nothing(Struct, frozen=True):
        pass

    folder = tmp_path / "broken_letter.v1"
    folder.mkdir()
    for suffix in ("subject", "txt", "html"):
        (folder / f"en.{suffix}").write_text("{{ amount }}")
    made = Template("broken_letter", 1, Nothing, tmp_path)

    with pytest.raises(jinja2.UndefinedError):
        rendered(made, "en", Nothing())


def test_two_templates_cannot_have_one_name() -> None:
    with pytest.raises(AssertionError):
        Template("test_message", 1, TestMessage, Path())


def test_a_subject_is_one_line_whatever_is_filled_in(tmp_path: Path) -> None:
    class Order(Struct, frozen=True):
        number: str

    folder = tmp_path / "order_letter.v1"
    folder.mkdir()
    for suffix in ("subject", "txt", "html"):
        (folder / f"en.{suffix}").write_text("Order {{ number }}")

    says = rendered(Template("order_letter", 1, Order, tmp_path), "en", Order("1\r\nBcc: all@example.com"))

    assert says.subject == "Order 1 Bcc: all@example.com"
    assert parsed(composed(subject=says.subject))["Bcc"] is None


ANY_LINE = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.just(" "), min_size=1, max_size=200
)


@given(name=ANY_LINE, subject=ANY_LINE)
def test_any_name_and_subject_arrive_as_they_were(name: str, subject: str) -> None:
    name, subject = " ".join(name.split()) or "x", " ".join(subject.split()) or "x"

    raw = composed(name, subject)

    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    shown, address = parseaddr(header(raw, "To"))
    assert (decoded(shown), address) == (name, "anna@example.com")
    assert decoded(header(raw, "Subject")) == subject
    assert len(parsed(raw)["To"].addresses) == 1


@given(subject=st.text(st.characters(codec="ascii"), min_size=1, max_size=200))
def test_a_header_holds_no_control_character(subject: str) -> None:
    """Servers refuse such a message, and for good."""
    head, _, _ = composed(subject=" ".join(subject.split()) or "x").partition(b"\r\n\r\n")

    assert not re.search(rb"[^\x20-\x7e]", head.replace(b"\r\n", b""))


@given(
    text=st.text(
        st.characters(codec="utf-8", exclude_characters="\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029"),
        max_size=3000,
    )
)
def test_any_text_arrives_as_it_was(text: str) -> None:
    raw = composed(text=text)

    assert raw.isascii()
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    body = parsed(raw).get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n").rstrip("\n") == text.rstrip("\n")


def test_the_headers_say_who_from_when_and_that_no_person_wrote_it() -> None:
    raw = composed(reply_to="office@hanse.example")
    read = parsed(raw)

    assert parseaddr(header(raw, "From"))[1] == "post@hanse.example"
    assert decoded(parseaddr(header(raw, "From"))[0]) == 'Hänse, Automobile "Nord"'
    assert read["Reply-To"] == "office@hanse.example"
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Date"].datetime == NOON
    assert re.fullmatch(r"<ntc_[0-9a-z]{26}@hanse\.example>", read["Message-ID"])
    assert read["Content-Language"] == "de"
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Anna\r\nBcc: all@example.com"},
        {"name": "Anna\x00"},
        {"name": " "},
        {"name": "x" * 201},
        {"sender_name": "Hanse\nX: y"},
        {"to": "anna@example.com\r\nRCPT TO:<all@example.com>"},
        {"to": "anna@example.com, bert@example.com"},
        {"to": "Anna <anna@example.com>"},
        {"to": "anna"},
        {"to": "änna@example.com"},
        {"to": "anna@localhost"},
        {"to": "anna@[127.0.0.1]"},
        {"to": '"a b"@example.com'},
        {"to": f"{'a' * 65}@example.com"},
        {"reply_to": "nobody"},
        {"attachments": (Attachment("../secret", "application/pdf", b""),)},
        {"attachments": (Attachment("a.pdf\r\nX: y", "application/pdf", b""),)},
        {"attachments": (Attachment("a.pdf", "pdf", b""),)},
        {"attachments": (Attachment("a.eml", "message/rfc822", b""),)},
        {"attachments": (Attachment("a.eml", "multipart/mixed", b""),)},
        {"attachments": (Attachment("a.pdf", "application/pdf", bytes(ATTACHED_BYTES_MAX + 1)),)},
        {"attachments": (Attachment("a.pdf", "application/pdf", b""),) * 11},
    ],
    ids=str,
)
def test_what_cannot_be_sent_is_refused_and_never_repeated(fields: dict[str, str]) -> None:
    with pytest.raises(NoticeInvalid) as refused:
        letter(**fields)

    assert refused.value.faults
    told = f"{refused.value.detail} {refused.value.faults} {refused.value.facts} {refused.value.__cause__}"
    assert not any(str(value).strip() and str(value).strip() in told for value in fields.values())


def test_a_domain_travels_in_ascii() -> None:
    assert ascii_address("anna@müller.example") == "anna@xn--mller-kva.example"
    assert content_of(letter("anna@MÜLLER.example")).to == "anna@xn--mller-kva.example"
    assert content_of(letter("Anna.B+shop@Example.com")).to == "Anna.B+shop@example.com"


def test_nothing_personal_has_a_readable_form() -> None:
    content = content_of(letter("anna@example.com", name="Anna", note="geheim"))

    says = Rendered("a", "geheim", "b")
    shown = f"{content!r} {letter(note='geheim')!r} {says!r} {Attachment('geheim', 'a/b', b'')!r}"

    assert "anna" not in shown
    assert "geheim" not in shown
