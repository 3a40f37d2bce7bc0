"""The mail server's setting, TLS and users, against the simulator with a certificate of its own."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kontorhaus.kernel.time import utc_now
from kontorhaus.people.notices.actions.delivering import END_PAUSES
from kontorhaus.people.notices.errors import MailSettingInvalid
from kontorhaus.people.notices.gateways import Mailer, mailer
from kontorhaus.people.notices.gateways.smtp import ACCEPT_SECONDS_MAX, BEFORE_SECONDS_MAX, QUIT_SECONDS_MAX
from kontorhaus.people.notices.model import Outcome, Report
from kontorhaus.people.notices.model.delivery import DELIVER
from kontorhaus.people.notices.model.server import Sender, Server, Tls
from kontorhaus.platform.db.connections import ACQUIRE_SECONDS
from tests.support.postbox import Postbox, postbox

SENDER = Sender("post@hanse.example", None)
MESSAGE = b"Subject: x\r\n\r\n.\r\n..two\r\nend\r\n"
PASSWORD = "Geheim/&:@ 1"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1 in one file, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(utc_now() - timedelta(days=1))
        .not_valid_after(utc_now() + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "mail.pem"
    plain = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(pem, pkcs8, plain) + made.public_bytes(pem))
    return file


@pytest.fixture
async def guarded(certificate: Path) -> AsyncIterator[Postbox]:
    """A simulator that demands STARTTLS and a user."""
    arguments = ("--certificate", str(certificate), "--user", "hanse")
    async with postbox(*arguments, environ={"SANDBOX_MAIL_PASSWORD": PASSWORD}) as running:
        yield running


def to(
    box: Postbox, *, tls: Tls = "none", trust: ssl.SSLContext | None = None, password: str | None = None
) -> Mailer:
    port = int(box.smtp.rpartition(":")[2])
    user = None if password is None else "hanse"
    return Mailer(Server("127.0.0.1", port, tls, user, password), SENDER, trust=trust)


async def test_over_starttls_with_a_user(guarded: Postbox, certificate: Path) -> None:
    trusted = ssl.create_default_context(cafile=certificate)

    report = await to(guarded, tls="starttls", trust=trusted, password=PASSWORD).deliver(
        MESSAGE, to="a@b.example"
    )

    assert report.outcome is Outcome.ACCEPTED
    (message,) = await guarded.messages()
    assert (message["secure"], message["user"]) == (True, "hanse")


async def test_a_certificate_that_nobody_vouches_for_gets_nothing(guarded: Postbox) -> None:
    """Neither the message nor the password."""
    report = await to(guarded, tls="starttls", password=PASSWORD).deliver(MESSAGE, to="a@b.example")

    assert report == Report(Outcome.NOT_SENT)
    assert await guarded.messages() == []


async def test_a_server_without_tls_gets_nothing_where_tls_is_demanded(box: Postbox) -> None:
    demanded: tuple[Tls, ...] = ("starttls", "implicit")
    for tls in demanded:
        report = await to(box, tls=tls, password=PASSWORD).deliver(MESSAGE, to="a@b.example")
        assert report.outcome is Outcome.NOT_SENT
    assert await box.messages() == []


async def test_a_wrong_password_judges_no_message(guarded: Postbox, certificate: Path) -> None:
    """535 is for good as far as the server goes, and about the setting: the mail waits until it is mended."""
    trusted = ssl.create_default_context(cafile=certificate)

    report = await to(guarded, tls="starttls", trust=trusted, password="wrong").deliver(
        MESSAGE, to="a@b.example"
    )

    assert report == Report(Outcome.NOT_SENT, 535, "5.7.8")


async def test_the_message_arrives_byte_for_byte(box: Postbox) -> None:
    """Lines that begin with a dot, or are one, end nothing."""
    report = await to(box).deliver(MESSAGE, to="a@b.example")

    assert report == Report(Outcome.ACCEPTED, 250, "2.0.0")
    (message,) = await box.messages()
    assert message["raw"].encode() == MESSAGE


async def test_a_server_that_is_slow_in_every_answer_does_not_outlast_the_job(
    box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each answer is within its time, and all of them together are not."""
    monkeypatch.setattr("kontorhaus.people.notices.gateways.smtp.BEFORE_SECONDS_MAX", 0.5)
    stages = ("connect", "mail", "rcpt", "data")
    for stage in stages:
        await box.fault(stage=stage, delay_ms=200)

    assert await to(box).deliver(MESSAGE, to="a@b.example") == Report(Outcome.NOT_SENT)
    assert await box.messages() == []


def test_an_attempt_ends_before_its_job() -> None:
    written_down = sum(END_PAUSES) + len(END_PAUSES) * ACQUIRE_SECONDS
    longest = BEFORE_SECONDS_MAX + ACCEPT_SECONDS_MAX + QUIT_SECONDS_MAX + written_down

    assert longest < DELIVER.deadline.total_seconds()


async def test_a_server_that_is_not_there() -> None:
    nobody = Mailer(Server("127.0.0.1", 9, "none"), SENDER)

    assert await nobody.deliver(MESSAGE, to="a@b.example") == Report(Outcome.NOT_SENT)


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtps://u:p%40ss@mail.example", Server("mail.example", 465, "implicit", "u", "p@ss")),
        ("smtp://u:p@mail.example", Server("mail.example", 587, "starttls", "u", "p")),
        ("smtp://mail.example:25", Server("mail.example", 25, "starttls")),
        ("smtp://mail.example:25?tls=none", Server("mail.example", 25, "none")),
        ("smtp://127.0.0.1:2525", Server("127.0.0.1", 2525, "none")),
        ("smtp://[::1]:2525", Server("::1", 2525, "none")),
        ("smtp://localhost:2525", Server("localhost", 2525, "none")),
    ],
)
def test_a_setting_is_read(url: str, server: Server) -> None:
    made = mailer(url, "Hanse <post@hanse.example>")

    assert made is not None
    assert made._server == server
    assert made.sender == Sender("post@hanse.example", "Hanse")


@pytest.mark.parametrize(
    ("url", "sender"),
    [
        ("http://user:secret@mail.example", "a@b.example"),
        ("smtp://user:secret@mail.example:99999", "a@b.example"),
        ("smtp://user:secret@", "a@b.example"),
        ("smtp://secret@mail.example", "a@b.example"),
        ("smtp://user:secret@mail.example/path", "a@b.example"),
        ("smtp://user:secret@mail.example?tls=maybe", "a@b.example"),
        ("smtps://user:secret@mail.example?tls=none", "a@b.example"),
        ("smtp://user:secret@mail.example?starttls=no", "a@b.example"),
        ("smtp://user:secret@[::1", "a@b.example"),
        ("smtp://secret:12#34@mail.example:25", "a@b.example"),
        ("smtp://secret:12#@mail.example:25", "a@b.example"),
        ("smtp://mail.example", "secret"),
        ("smtp://mail.example", "Na\nme <secret@b.example>"),
        ("smtp://mail.example", None),
        (None, "a@b.example"),
    ],
)
def test_a_wrong_setting_is_refused_and_not_shown(url: str | None, sender: str | None) -> None:
    with pytest.raises(MailSettingInvalid) as refused:
        mailer(url, sender)

    assert "secret" not in f"{refused.value.detail} {refused.value.facts} {refused.value.__cause__!r}"


def test_without_settings_there_is_no_mailer() -> None:
    assert mailer(None, None) is None


def test_a_password_has_no_readable_form() -> None:
    assert "geheim" not in repr(Server("h", 1, "none", "u", "geheim"))
