"""A letter as the message that is sent (RFC 5322, MIME). Pure: the same letter gives the same message id, date and
words."""

from __future__ import annotations

import email.policy
import functools
from collections.abc import Sequence
from datetime import datetime
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from pathlib import Path
from typing import Any, Final

import jinja2
from msgspec import Struct, structs

from kontorhaus.people.notices.model import NOTICE, Attachment, Content, Language, NoticeId, Template
from kontorhaus.people.notices.model.letter import LETTERS
from kontorhaus.people.notices.model.server import Sender


class Rendered(Struct, frozen=True):
    """What a letter says."""

    subject: str
    text: str
    html: str

    def __repr__(self) -> str:
        return "Rendered(***)"


def rendered(template: Template[Any], language: Language, variables: Struct) -> Rendered:
    """Fill a template in. In HTML whatever is filled in is escaped; a name that the template knows and the variables
    do not is a programmer's mistake and crashes (StrictUndefined)."""
    folder = f"{template.name}.v{template.version}"
    values = structs.asdict(variables)

    def part(suffix: str) -> str:
        return _letters(template.folder).get_template(f"{folder}/{language}.{suffix}").render(values)

    # One line, whatever the variables hold: a line break would begin another header.
    return Rendered(subject=" ".join(part("subject").split()), text=part("txt"), html=part("html"))


@functools.cache
def _letters(folder: Path) -> jinja2.Environment:
    """The templates of a room, and the layout that all rooms share."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, LETTERS]),
        autoescape=jinja2.select_autoescape(enabled_extensions=("html",), default=False),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )


POLICY: Final = email.policy.SMTP.clone(cte_type="7bit")
"""Every byte is ASCII and every line short: not every server on the way takes more (8BITMIME)."""


def message(
    notice_id: NoticeId,
    created_at: datetime,
    says: Rendered,
    *,
    content: Content,
    language: Language,
    sender: Sender,
    attachments: Sequence[Attachment] = (),
) -> bytes:
    """The message as it is sent, with CRLF and without the dots of the transport.

    The Message-ID is the notice's, so all attempts have one, and a reader's mail program may show two copies as one.
    Auto-Submitted (RFC 3834) keeps out-of-office replies away.
    """
    head = {
        "From": _mailbox(content.sender_name or sender.name, sender.address),
        "To": _mailbox(content.name, content.to),
        "Reply-To": None if content.reply_to is None else _mailbox(None, content.reply_to),
        "Subject": _encoded(says.subject),
        "Date": format_datetime(created_at),
        "Message-ID": f"<{NOTICE.text(notice_id)}@{sender.domain}>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": language,
    }
    lines = (f"{name}: {value}\r\n" for name, value in head.items() if value is not None)
    return "".join(lines).encode("ascii") + _body(says, attachments)


def _body(says: Rendered, attachments: Sequence[Attachment]) -> bytes:
    """The parts, with the headers that say what they are."""
    made = EmailMessage(policy=POLICY)
    made.set_content(says.text, cte="quoted-printable")
    made.add_alternative(says.html, subtype="html", cte="quoted-printable")
    for file in attachments:
        maintype, _, subtype = file.media_type.partition("/")
        made.add_attachment(file.content, maintype=maintype, subtype=subtype, filename=file.filename)
    return made.as_bytes()


def _mailbox(name: str | None, address: str) -> str:
    """`EmailMessage` would fold long names so that Python's own parser, and not it alone, reads other ones."""
    if name is None:
        return address
    plain = " ".join(name.split())
    return formataddr((plain, address)) if _is_plain(plain) else f"{_encoded(plain)}\r\n <{address}>"


def _encoded(text: str) -> str:
    """A text for a header: as it is, or folded into encoded words (RFC 2047) where it is not printable ASCII, looks
    like such a word, or would be a line that is too long. Servers refuse a message with control characters in it."""
    if _is_plain(text) and len(text) <= LINE_CHARACTERS_MAX:
        return text
    return Header(text, "utf-8", header_name="Subject").encode(linesep="\r\n")


LINE_CHARACTERS_MAX: Final = 900
"""998 are allowed (RFC 5322, 2.1.1), the header's name and what servers put before it included."""


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and "=?" not in text
