"""The place for what the notify service says on `notify.events`."""

from typing import ClassVar, Literal

from shared.contracts.envelope import EventData

SuppressionReason = Literal["unsubscribed", "bounced", "complained"]


class AddressSuppressed(EventData):
    """A person unsubscribed, complained, or their address bounced for good: no more mail from that moment."""

    wire_type: ClassVar[str] = "tablemates.address.suppressed.v1"
    subject_of: ClassVar[str] = "attendee_id"
    partition_of: ClassVar[str] = "attendee_id"

    attendee_id: str
    reason: SuppressionReason


class AddressRestored(EventData):
    """A person asked to hear from us again."""

    wire_type: ClassVar[str] = "tablemates.address.restored.v1"
    subject_of: ClassVar[str] = "attendee_id"
    partition_of: ClassVar[str] = "attendee_id"

    attendee_id: str
