"""How notices leave the house: by SMTP."""

from kontorhaus.people.notices.gateways.settings import mailer as mailer
from kontorhaus.people.notices.gateways.smtp import Mailer as Mailer
from kontorhaus.people.notices.gateways.smtp import NotHandedOver as NotHandedOver
