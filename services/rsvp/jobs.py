"""The list of what time does in the rsvp service."""

from services.rsvp.handlers.housekeeping import (
    DROP_COUPLES,
    DROP_UPLOADS,
    EXPIRE,
    FORGET_ANSWERS,
    drop_old_uploads,
    drop_unseen_couples,
    expire_unconfirmed,
    forget_old_answers,
)
from shared.due import Jobs

JOBS: Jobs = {
    EXPIRE: expire_unconfirmed,
    FORGET_ANSWERS: forget_old_answers,
    DROP_UPLOADS: drop_old_uploads,
    DROP_COUPLES: drop_unseen_couples,
}
