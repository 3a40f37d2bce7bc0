"""What is written to whom: templates with typed variables, and letters made of them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeVar
from uuid import UUID

import msgspec
from email_validator import EmailNotValidError, validate_email
from msgspec import Struct

from kontorhaus.kernel.errors import Fault
from kontorhaus.people.notices.errors import NoticeInvalid

Language = Literal["de", "en"]

LANGUAGES: Final[tuple[Language, ...]] = ("de", "en")

FALLBACK: Final[Language] = "en"
"""For whom nobody knows the language, and for languages that nobody has translated the letters to."""


def language_of(asked: str | None) -> Language:
    """The language of a letter for someone who asked for `de-AT`: its first part (RFC 4647, 3.4, lookup), else
    English."""
    first = (asked or "").partition("-")[0].lower()
    return next((language for language in LANGUAGES if language == first), FALLBACK)


Vars = TypeVar("Vars", bound=Struct)


class Template(Generic[Vars]):
    """A letter in every language, with the type of what it fills in.

    A room that writes letters makes its templates when it is imported, and keeps the files in `views/letters`, as
    `<name>.v<version>/<language>.subject`, `.txt` and `.html`. Letters wait for days, so a template that was released
    is never changed in what it needs: what needs other variables is another version, and the old one stays.
    """

    def __init__(self, name: str, version: int, variables: type[Vars], folder: Path) -> None:
        assert re.fullmatch(r"[a-z_]{1,50}", name), f"{name!r} is no name of a template"
        assert (name, version) not in _templates, f"two templates are called {name}, version {version}"
        self.name: Final = name
        self.version: Final = version
        self.variables: Final = variables
        self.folder: Final = folder
        _templates[name, version] = self

    def decode(self, variables: bytes) -> Vars:
        return msgspec.msgpack.decode(variables, type=self.variables)


_templates: dict[tuple[str, int], Template[Any]] = {}


def template(name: str, version: int) -> Template[Any]:
    """A template by its name; KeyError for one that newer code has made, so that the job is tried again."""
    return _templates[name, version]


def templates() -> Mapping[tuple[str, int], Template[Any]]:
    """All that were made so far."""
    return dict(_templates)


class TestMessage(Struct, frozen=True):
    """What the test message fills in."""

    __test__ = False  # no test of pytest's

    mode: Literal["live", "test"]
    note: str | None


LETTERS: Final = Path(__file__).parents[1] / "views" / "letters"

TEST_MESSAGE: Final = Template("test_message", 1, TestMessage, LETTERS)


class Attachment(Struct, frozen=True):
    """A file that goes with a letter."""

    filename: str
    media_type: str
    content: bytes

    def __repr__(self) -> str:
        return "Attachment(***)"


ATTACHED_BYTES_MAX: Final = 5 * 1_048_576
"""All files of a letter together. Base64 makes 7 MB of them, and many servers take no more than 10."""

ATTACHMENTS_MAX: Final = 10
"""An invoice, its XML, terms, and a few delivery notes; what needs more is a link to a page."""


class Recipient(Struct, frozen=True):
    """Whom of the house's people a letter is for: the prefix of the id's noun, and the id. Erasing him erases it."""

    kind: str
    id: UUID


class Letter(Struct, frozen=True, kw_only=True):
    """One letter to one address; checked when it is made: NoticeInvalid.

    `language` is what the recipient asked for, as BCP 47 has it; see `language_of`. `dedupe_key` names the occasion
    (`invoice:inv_…:issued`): in an organization at most one notice has it, for ever. It must say nothing about a
    person, since it outlives an erasure. `sender_name` stands before the house's own address, `reply_to` gets the
    answers.
    """

    template: Template[Any]
    variables: Struct
    to: str
    name: str | None = None
    language: str | None = None
    recipient: Recipient | None = None
    dedupe_key: str | None = None
    sender_name: str | None = None
    reply_to: str | None = None
    attachments: tuple[Attachment, ...] = ()

    def __post_init__(self) -> None:
        assert isinstance(self.variables, self.template.variables), "these are another template's variables"
        assert self.dedupe_key is None or re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:/-]{0,199}", self.dedupe_key)
        faults = [
            *_address("/to", self.to),
            *_line("/name", self.name),
            *_line("/sender_name", self.sender_name),
        ]
        faults += _address("/reply_to", self.reply_to) if self.reply_to is not None else []
        faults += _files(self.attachments)
        if faults:
            raise NoticeInvalid("the notice cannot be sent like this", faults=tuple(faults))

    def __repr__(self) -> str:
        return f"Letter({self.template.name}, ***)"


class Content(Struct, frozen=True):
    """Whatever is personal in a letter, as it is sealed; files apart. It has no readable form."""

    to: str
    name: str | None
    sender_name: str | None
    reply_to: str | None
    variables: bytes

    def __repr__(self) -> str:
        return "Content(***)"


PURPOSE: Final = "notices.content"
FILE_PURPOSE: Final = "notices.attachment"


def content_of(letter: Letter) -> Content:
    return Content(
        to=ascii_address(letter.to),
        name=letter.name,
        sender_name=letter.sender_name,
        reply_to=None if letter.reply_to is None else ascii_address(letter.reply_to),
        variables=msgspec.msgpack.encode(letter.variables),
    )


def ascii_address(address: str) -> str:
    """The address as every mail server takes it, its domain in ASCII; ValueError if it has no such form.

    Checked is the form (RFC 5321, RFC 5890), not whether anybody reads it, nor whether the domain exists.
    """
    try:
        checked = validate_email(address, check_deliverability=False, strict=True)
    except EmailNotValidError:
        # `from None`: the cause quotes the address.
        raise ValueError("not an e-mail address") from None
    if checked.ascii_email is None:
        raise ValueError("the part before the @ takes ASCII alone")
    return checked.ascii_email


NAME_CHARACTERS_MAX: Final = 200
"""As long as a party's name may be."""


def _address(pointer: str, address: str) -> list[Fault]:
    try:
        ascii_address(address)
    except ValueError as error:
        return [Fault(pointer, str(error))]
    return []


def _line(pointer: str, text: str | None) -> list[Fault]:
    """A line break in a header would begin another header."""
    if text is None or (text.isprintable() and 1 <= len(text.strip()) <= NAME_CHARACTERS_MAX):
        return []
    return [Fault(pointer, f"one line of 1 to {NAME_CHARACTERS_MAX} printable characters")]


_MEDIA_TYPE: Final = re.compile(r"(?!multipart/|message/)[a-z]+/[a-z0-9.+-]{1,100}")
"""Messages and parts of them may not be encoded as files are (RFC 2046, 5.2.1): the recipient would get none."""


def _files(attachments: tuple[Attachment, ...]) -> list[Fault]:
    faults = [
        Fault(f"/attachments/{number}/{field}", detail)
        for number, file in enumerate(attachments)
        for field, detail in (
            (
                "filename",
                "" if re.fullmatch(r"[\w][\w .()+-]{0,149}", file.filename) else "a plain file name",
            ),
            (
                "media_type",
                "" if _MEDIA_TYPE.fullmatch(file.media_type) else "type/subtype of a file",
            ),
        )
        if detail
    ]
    if len(attachments) > ATTACHMENTS_MAX:
        faults.append(Fault("/attachments", f"{ATTACHMENTS_MAX} files at the most"))
    if sum(len(file.content) for file in attachments) > ATTACHED_BYTES_MAX:
        faults.append(Fault("/attachments", f"{ATTACHED_BYTES_MAX} bytes together at the most"))
    return faults
