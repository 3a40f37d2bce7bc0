"""What one can do with notices: write (`writing`), hand over (`delivering`), erase and forget (`erasing`)."""

from kontorhaus.people.notices.actions.delivering import deliver as deliver
from kontorhaus.people.notices.actions.erasing import erase as erase
from kontorhaus.people.notices.actions.erasing import erase_recipient as erase_recipient
from kontorhaus.people.notices.actions.erasing import forget_old as forget_old
from kontorhaus.people.notices.actions.writing import retry as retry
from kontorhaus.people.notices.actions.writing import send as send
from kontorhaus.people.notices.actions.writing import send_test as send_test
