"""The place for the list of what time does: the day before, the day after, a month after."""

from services.notify.handlers.posting import Tx
from services.notify.handlers.reminders import remind, work_of
from shared.due import DueWork, Jobs


def remind_before(tx: Tx, work: DueWork) -> None:
    remind(tx, "reminder.before", work.subject, **work_of(work))


def follow_up(tx: Tx, work: DueWork) -> None:
    remind(tx, "followup.after", work.subject, **work_of(work))


def reconnect(tx: Tx, work: DueWork) -> None:
    remind(tx, "reconnect", work.subject, **work_of(work))


JOBS: Jobs = {"reminder.before": remind_before, "followup.after": follow_up, "reconnect": reconnect}
