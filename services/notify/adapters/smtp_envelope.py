"""The place for an SMTP envelope: what is said before the body, and which answer to it says no."""

from dataclasses import dataclass, field

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponse,
    SMTPResponseException,
    SMTPSenderRefused,
)
from aiosmtplib.email import quote_address

from services.notify.ports import Message

GO_AHEAD = 354
ACCEPTING = ((250,), (250, 251, 252), (GO_AHEAD,))
"""What says yes to MAIL FROM, RCPT TO and DATA."""


class AddressNeedsUtf8(SMTPException):
    """The address is not ASCII, and the mail host does not take such addresses (SMTPUTF8)."""


@dataclass(slots=True)
class Envelope:
    """Who writes to whom, up to the answer that asks for the body."""

    message: Message
    utf8: bool
    answers: list[SMTPResponse] = field(default_factory=list)

    @classmethod
    def of(cls, message: Message, client: SMTP) -> "Envelope":
        """Raises AddressNeedsUtf8."""
        utf8 = not (message.recipient.isascii() and message.sender.isascii())
        if utf8 and not client.supports_extension("smtputf8"):
            raise AddressNeedsUtf8(str(AddressNeedsUtf8.__doc__))
        return cls(message, utf8)

    @property
    def commands(self) -> tuple[bytes, bytes, bytes]:
        sender, recipient = (quote_address(who).encode() for who in (self.message.sender, self.message.recipient))
        options = b" SMTPUTF8 BODY=8BITMIME" if self.utf8 else b""
        return b"MAIL FROM:" + sender + options, b"RCPT TO:" + recipient, b"DATA"

    def refusal(self, step: int) -> SMTPResponseException | None:
        """The answer to one of the commands, if it says no."""
        code, said = self.answers[step]
        if code in ACCEPTING[step]:
            return None
        if step == 0:
            return SMTPSenderRefused(code, said, self.message.sender)
        return SMTPRecipientRefused(code, said, self.message.recipient) if step == 1 else SMTPDataError(code, said)
