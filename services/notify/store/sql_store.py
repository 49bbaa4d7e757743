"""The place where the store's parts meet: one object a transaction."""

import sqlalchemy as sa

from services.notify.store.introductions import SqlIntroductions
from services.notify.store.mails import SqlMails
from services.notify.store.picture import SqlPicture
from shared.leaving_rows import LeavingRows


class SqlStore(LeavingRows):
    """This service's repository on one connection. New mails wait to be written, and the picture has none of them."""

    def __init__(self, sql: sa.Connection) -> None:
        super().__init__(sql)
        self.picture = SqlPicture(sql)
        self.introductions = SqlIntroductions(sql)
        self.mails = SqlMails(self)
