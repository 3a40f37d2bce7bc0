"""What may go wrong with notices. None of these repeats an address, a name or a word of a letter."""

from __future__ import annotations

from kontorhaus.kernel.errors import Conflict, Invalid, NotFound


class NoticeNotFound(NotFound):
    """There is no notice with this id in your organization."""

    code = "notice_not_found"
    title = "No such notice"


class NoticeInvalid(Invalid):
    """A field of the notice is of the right form and still wrong: most often an e-mail address that no mail server
    could be asked for.

    The part before the @ takes ASCII alone: not every server on the way handles more (SMTPUTF8, RFC 6531), and the
    sender would not learn which one gave up. The domain may have umlauts; it travels in its ASCII form (RFC 5890).
    `errors` names the field.
    """

    code = "notice_invalid"
    title = "A field of the notice is wrong"


class NoticeConflict(Conflict):
    """The notice is in a state in which this cannot happen, such as retrying one that was sent."""

    code = "notice_conflict"
    title = "The notice does not allow this"


class NoticeErased(Conflict):
    """What the notice said, and to whom, was erased or forgotten. It can neither be shown nor sent."""

    code = "notice_erased"
    title = "The notice's content was erased"


class MailSettingInvalid(Invalid):
    """KONTORHAUS_SMTP_URL or KONTORHAUS_MAIL_FROM is wrong, or stands alone.

    The first is `smtps://user:password@host:465`, `smtp://user:password@host:587` (STARTTLS is demanded), or
    `smtp://host:25?tls=none` on a network that you trust; a name or password with special characters is
    percent-encoded. The second is an address, with a name before it if you like: `Hanse <post@example.com>`.
    """

    code = "mail_setting_invalid"
    title = "A setting of the mail is wrong"
