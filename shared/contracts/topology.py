"""The place for who says and who hears what: the streams, their partitions and their readers."""

from zlib import crc32

READS: dict[str, tuple[str, ...]] = {
    "rsvp": ("notify",),
    "intro": ("rsvp",),
    "notify": ("rsvp", "intro"),
}
"""Each service, and the services whose events it reads."""


def stream_names(service: str, partitions: int) -> tuple[str, ...]:
    """The streams that a service writes: `rsvp.events`, or `rsvp.events.0` … with several partitions."""
    if partitions == 1:
        return (f"{service}.events",)
    return tuple(f"{service}.events.{n}" for n in range(partitions))


def stream_of(service: str, partition_key: str, partitions: int) -> str:
    """The stream that carries a partition key's events, by CRC-32."""
    return stream_names(service, partitions)[crc32(partition_key.encode()) % partitions]


def readers_of(service: str) -> tuple[str, ...]:
    """The services that read what this one writes; their names are the consumer groups."""
    return tuple(reader for reader, read in READS.items() if service in read)


def streams_read_by(service: str, partitions: int) -> tuple[str, ...]:
    """Every stream that a service reads."""
    return tuple(name for source in READS[service] for name in stream_names(source, partitions))


def dead_letters(stream: str, group: str) -> str:
    """The stream on which a group's dead letters of a stream are shown."""
    return f"{stream}.dead.{group}"
