"""What the operator's two settings say: which server takes our mail, and who it is from."""

from __future__ import annotations

import ipaddress
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from kontorhaus.people.notices.errors import MailSettingInvalid
from kontorhaus.people.notices.gateways.smtp import Mailer
from kontorhaus.people.notices.model.letter import ascii_address
from kontorhaus.people.notices.model.server import Sender, Server, Tls

PORTS: Final = {"smtps": 465, "smtp": 587}
"""RFC 8314: implicit TLS for submission on 465, STARTTLS on 587."""


def mailer(smtp_url: str | None, mail_from: str | None) -> Mailer | None:
    """The mailer of these settings; None when neither is set, and MailSettingInvalid when they cannot be used."""
    if smtp_url is None and mail_from is None:
        return None
    if smtp_url is None or mail_from is None:
        raise MailSettingInvalid("KONTORHAUS_SMTP_URL and KONTORHAUS_MAIL_FROM are set together")
    return Mailer(_server(smtp_url), _sender(mail_from))


def _server(url: str) -> Server:
    try:
        parts = urlsplit(url)
        port, asked = parts.port, parse_qs(parts.query, strict_parsing=bool(parts.query))
    except ValueError:
        raise _refused() from None  # the cause quotes the address, and with it the password
    if parts.scheme not in PORTS or not parts.hostname or parts.path.strip("/") or set(asked) - {"tls"}:
        raise _refused()
    if (
        "#" in url
    ):  # a password that is not percent-encoded: what stands before it would be taken for the host
        raise _refused()
    if asked.get("tls", ["none"]) != ["none"] or (parts.scheme == "smtps" and asked):
        raise _refused()
    if (parts.username is None) != (parts.password is None):
        raise _refused()
    return Server(
        host=parts.hostname,
        port=port or PORTS[parts.scheme],
        tls=_tls(parts, never=bool(asked)),
        user=None if parts.username is None else unquote(parts.username),
        password=None if parts.password is None else unquote(parts.password),
    )


def _tls(parts: SplitResult, *, never: bool) -> Tls:
    """Plain text is for this machine, or for who asks for it."""
    if parts.scheme == "smtps":
        return "implicit"
    return "none" if never or _this_machine(parts.hostname or "") else "starttls"


def _this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _sender(text: str) -> Sender:
    name, bracket, address = text.strip().rpartition("<")
    if bracket:
        address = address.removesuffix(">")
    try:
        address = ascii_address(address)
    except ValueError:
        raise MailSettingInvalid(
            "KONTORHAUS_MAIL_FROM is an address, with a name before it in the form `Name <address>`"
        ) from None
    if not name.isprintable():
        raise MailSettingInvalid("KONTORHAUS_MAIL_FROM is one line")
    return Sender(address=address, name=name.strip().strip('"') or None)


def _refused() -> MailSettingInvalid:
    return MailSettingInvalid(
        "KONTORHAUS_SMTP_URL is smtps://user:password@host:465, smtp://user:password@host:587 or smtp://host:25?tls=none"
    )
