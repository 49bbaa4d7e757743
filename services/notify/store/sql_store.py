"""The place where the store's halves meet: one object a transaction."""

import sqlalchemy as sa

from services.notify.store.mails import SqlMails
from services.notify.store.picture import SqlPicture


class SqlStore:
    """This service's repository on one connection."""

    __slots__ = ("mails", "picture", "sql")

    def __init__(self, sql: sa.Connection) -> None:
        self.sql = sql
        self.picture = SqlPicture(sql)
        self.mails = SqlMails(sql)
