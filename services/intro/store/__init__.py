"""The place for what the intro service remembers: all of its SQL is in this package."""

import sqlalchemy as sa

from services.intro.store.coming import SqlComing
from services.intro.store.introductions import SqlIntroductions
from services.intro.store.learning import SqlLearning
from services.intro.store.rounds import SqlRounds


class SqlStore:
    """The repositories of one transaction, or of one read."""

    def __init__(self, sql: sa.Connection) -> None:
        self.sql = sql
        self.coming = SqlComing(sql)
        self.introductions = SqlIntroductions(sql)
        self.learning = SqlLearning(sql)
        self.rounds = SqlRounds(sql)
