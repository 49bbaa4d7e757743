"""The place for what the intro service remembers: all of its SQL is in this package."""

import sqlalchemy as sa

from services.intro.store.coming import SqlComing
from services.intro.store.introductions import SqlIntroductions
from services.intro.store.learning import SqlLearning
from services.intro.store.rounds import SqlRounds
from shared.leaving_rows import LeavingRows


class SqlStore(LeavingRows):
    """The repositories of one transaction, or of one read. Who is to be given suggestions waits to be written."""

    def __init__(self, sql: sa.Connection) -> None:
        super().__init__(sql)
        self.coming = SqlComing(sql)
        self.introductions = SqlIntroductions(self)
        self.learning = SqlLearning(sql)
        self.rounds = SqlRounds(sql)
