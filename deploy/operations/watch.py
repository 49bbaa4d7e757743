"""The place for the numbers that no service has: room on the disks, the age of the backup, the certificate's end."""

import datetime as dt
import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path
from wsgiref.simple_server import make_server

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

WATCHED = Path("/watched")
PATIENCE_SECONDS = 3.0


class Machine(Collector):
    """Read anew at each scrape."""

    def __init__(self, watched: Path, domain: str, gateway: tuple[str, int] = ("gateway", 443)) -> None:
        self._watched, self._domain, self._gateway = watched, domain, gateway

    def collect(self) -> Iterator[Metric]:
        size = GaugeMetricFamily("tablemates_disk_size_bytes", "Size of the disk of a volume.", labels=["volume"])
        free = GaugeMetricFamily("tablemates_disk_free_bytes", "Free on the disk of a volume.", labels=["volume"])
        for volume in sorted(self._watched.iterdir()):
            room = os.statvfs(volume)
            size.add_metric([volume.name], room.f_blocks * room.f_frsize)
            free.add_metric([volume.name], room.f_bavail * room.f_frsize)
        yield size
        yield free
        if last := last_backup(self._watched / "backups"):
            yield GaugeMetricFamily("tablemates_backup_last_timestamp_seconds", "When it was made.", value=last)
        if self._domain and (ends := certificate_ends(self._domain, self._gateway)):
            family = GaugeMetricFamily(
                "tablemates_certificate_expires_timestamp_seconds", "The certificate's last moment.", labels=["domain"]
            )
            family.add_metric([self._domain], ends)
            yield family


def last_backup(folder: Path) -> float | None:
    """When the newest backup was made, None where there is none: then nobody has decided to make any."""
    made = [path.stat().st_mtime for path in folder.glob("tablemates-*.tar")] if folder.is_dir() else []
    return max(made, default=None)


def certificate_ends(domain: str, gateway: tuple[str, int]) -> float | None:
    """The end of what the gateway shows for a domain, whoever signed it; None when it shows nothing valid."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(gateway, timeout=PATIENCE_SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=domain) as secure,
        ):
            shown = secure.getpeercert(binary_form=True)
    except OSError:
        return None
    return not_after(shown) if shown else None


def not_after(certificate: bytes) -> float:
    """The second time in a DER certificate is the end of its validity (RFC 5280, 4.1.2.5)."""
    times: list[dt.datetime] = []
    at = 0
    while len(times) < 2:
        tag, length = certificate[at : at + 1], certificate[at + 1 : at + 2]
        text = certificate[at + 2 : at + 2 + (length[0] if length else 0)]
        if tag == b"\x17" and length == b"\x0d" and text[:12].isdigit():
            times.append(dt.datetime.strptime(text.decode(), "%y%m%d%H%M%SZ").replace(tzinfo=dt.UTC))
            at += 15
        elif tag == b"\x18" and length == b"\x0f" and text[:14].isdigit():
            times.append(dt.datetime.strptime(text.decode(), "%Y%m%d%H%M%SZ").replace(tzinfo=dt.UTC))
            at += 17
        else:
            at += 1
    return times[1].timestamp()


def main() -> None:
    registry = CollectorRegistry()
    registry.register(Machine(WATCHED, os.environ.get("TABLEMATES_DOMAIN", "")))
    with make_server("0.0.0.0", 8000, make_wsgi_app(registry)) as server:  # noqa: S104 - inside a container
        server.serve_forever()


if __name__ == "__main__":
    main()
