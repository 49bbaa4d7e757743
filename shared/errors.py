"""The place for what can go wrong in a way that a person can mend: errors that read as sentences."""

from typing import Any, ClassVar


class TablematesError(Exception):
    """An expected failure. The message is one sentence that says what would be right.

    `code` is stable and becomes the problem type; `status` is the HTTP status it is answered with.
    Keyword arguments become members of the problem document (never a person's data).
    """

    code: ClassVar[str] = "internal_error"
    status: ClassVar[int] = 500

    def __init__(self, sentence: str = "", **details: Any) -> None:
        super().__init__(sentence or (type(self).__doc__ or type(self).__name__).strip().splitlines()[0])
        self.details = details

    @property
    def sentence(self) -> str:
        return str(self.args[0])


class NotFound(TablematesError):
    """There is nothing here by that name."""

    code = "not_found"
    status = 404


class Unauthorised(TablematesError):
    """This needs a key: send it as `Authorization: Bearer KEY`."""

    code = "unauthorised"
    status = 401


class InvalidInput(TablematesError):
    """The request could not be read."""

    code = "invalid_input"
    status = 422


class WrongSetting(TablematesError):
    """A setting has a value that cannot be used."""

    code = "wrong_setting"


class TryAgainLater(TablematesError):
    """The service cannot answer right now; nothing was changed, please try again."""

    code = "try_again_later"
    status = 503
