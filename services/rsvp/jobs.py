"""The list of what time does in the rsvp service."""

from services.rsvp.handlers.housekeeping import EXPIRE, FORGET_ANSWERS, expire_unconfirmed, forget_old_answers
from shared.due import Jobs

JOBS: Jobs = {EXPIRE: expire_unconfirmed, FORGET_ANSWERS: forget_old_answers}
