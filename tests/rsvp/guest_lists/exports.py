"""The place for filling real export headers with made-up people, since most samples hold a header alone."""

import csv
import io
from collections.abc import Mapping

from tests.data import shared_data


def sample(name: str) -> bytes:
    """An export's sample file as it is."""
    folder = "json" if name.endswith(".json") else "csv"
    return shared_data("export_formats", folder, name).read_bytes()


def filled(name: str, *people: Mapping[str, str], renamed: Mapping[str, str] | None = None) -> bytes:
    """The export's own header, in its own encoding and separator, with a row for each of `people`."""
    raw = sample(name)
    text = raw.decode("utf-8-sig")
    separator = "\t" if name.endswith(".tsv") else ","
    header = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    header = [(renamed or {}).get(column, column) for column in header]
    written = io.StringIO(newline="")
    writer = csv.DictWriter(written, header, restval="", delimiter=separator)
    writer.writeheader()
    writer.writerows(people)
    return written.getvalue().encode("utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "utf-8")


def table(*rows: str) -> bytes:
    """A little CSV file from its lines."""
    return "\r\n".join(rows).encode()
