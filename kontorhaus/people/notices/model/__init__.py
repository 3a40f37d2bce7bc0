"""The model of notices: what one is and may become (`notice`), and what is written to whom (`letter`)."""

from kontorhaus.people.notices.model.letter import TEST_MESSAGE as TEST_MESSAGE
from kontorhaus.people.notices.model.letter import Attachment as Attachment
from kontorhaus.people.notices.model.letter import Content as Content
from kontorhaus.people.notices.model.letter import Language as Language
from kontorhaus.people.notices.model.letter import Letter as Letter
from kontorhaus.people.notices.model.letter import Recipient as Recipient
from kontorhaus.people.notices.model.letter import Template as Template
from kontorhaus.people.notices.model.letter import TestMessage as TestMessage
from kontorhaus.people.notices.model.letter import template as template
from kontorhaus.people.notices.model.letter import templates as templates
from kontorhaus.people.notices.model.notice import NOTICE as NOTICE
from kontorhaus.people.notices.model.notice import Attempt as Attempt
from kontorhaus.people.notices.model.notice import Notice as Notice
from kontorhaus.people.notices.model.notice import NoticeId as NoticeId
from kontorhaus.people.notices.model.notice import Outcome as Outcome
from kontorhaus.people.notices.model.notice import Report as Report
from kontorhaus.people.notices.model.notice import Status as Status
from kontorhaus.people.notices.model.notice import Step as Step
from kontorhaus.people.notices.model.notice import advance as advance
