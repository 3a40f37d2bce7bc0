"""Notices: e-mails to one recipient each, written in the transaction of what they tell and handed over by a job. What
they say, and to whom, is sealed and can be erased."""

from kontorhaus.people.notices.actions import erase_recipient as erase_recipient
from kontorhaus.people.notices.actions import forget_old as forget_old
from kontorhaus.people.notices.actions import send as send
from kontorhaus.people.notices.errors import MailSettingInvalid as MailSettingInvalid
from kontorhaus.people.notices.errors import NoticeInvalid as NoticeInvalid
from kontorhaus.people.notices.gateways import Mailer as Mailer
from kontorhaus.people.notices.gateways import mailer as mailer
from kontorhaus.people.notices.model import NOTICE as NOTICE
from kontorhaus.people.notices.model import Attachment as Attachment
from kontorhaus.people.notices.model import Letter as Letter
from kontorhaus.people.notices.model import NoticeId as NoticeId
from kontorhaus.people.notices.model import Recipient as Recipient
from kontorhaus.people.notices.model import Template as Template
from kontorhaus.people.notices.queries import notice_snapshots as notice_snapshots
