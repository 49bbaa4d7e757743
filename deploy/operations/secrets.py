"""The place where a stack's secrets are made, kept in volumes, and rotated: each service sees only its own."""

import argparse
import base64
import os
import secrets
import sys
from collections.abc import Sequence
from pathlib import Path

SERVICES = ("rsvp", "intro", "notify")
KEYS_KEPT = 3
IMAGE_USER = 10001
DEMO_MAIL = "smtp://maildev:1025"


class Given:
    """What the operator provides: a file in `deploy/secrets/`, or nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __getitem__(self, name: str) -> str:
        path = self._folder / name
        return path.read_text().strip() if path.is_file() else ""


class Vault:
    """The folders under `/secrets`, one a reader. A secret that is there stays until it is rotated."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, reader: str, name: str) -> str:
        path = self._folder / reader / name
        return path.read_text().strip() if path.is_file() else ""

    def write(self, reader: str, name: str, value: str, *, mode: int = 0o444) -> None:
        """Replaces the file in one step, so that nobody reads half a secret."""
        path = self._folder / reader / name
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{name}.new")
        draft.unlink(missing_ok=True)
        draft.write_text(value + "\n")
        draft.chmod(mode)
        if os.geteuid() == 0:
            os.chown(draft, IMAGE_USER, IMAGE_USER)
        draft.replace(path)


def prepare(vault: Vault, given: Given, *, rotate: Sequence[str] = (), host: str = "postgres", mail: str = "") -> None:
    """Makes what is missing, takes what is given, renews what is to be rotated.

    `rotate` names `key` (a new link key is accepted, and signs once `sign` says so) or `passwords`.
    """
    _link_keys(vault, given["secret_key"], rotate="key" in rotate)
    passwords = {name: _password(vault, name, given, anew="passwords" in rotate) for name in ("postgres", *SERVICES)}
    for service in SERVICES:
        url = given[f"{service}_database_url"] or f"postgresql://{service}:{passwords[service]}@{host}:5432/{service}"
        vault.write(service, "database_url", url)
    _for_tools(vault, passwords, host)
    mail_url = given["mail_url"] or mail or DEMO_MAIL
    for reader in ("notify", "tools"):
        vault.write(reader, "mail_url", mail_url)
    vault.write("notify", "bounce_secret", given["bounce_secret"] or vault.read("notify", "bounce_secret") or webhook())


def webhook() -> str:
    """A secret as Standard Webhooks has it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _link_keys(vault: Vault, given: str, *, rotate: bool) -> None:
    keys = [key for key in (given or vault.read("rsvp", "secret_key")).split(",") if key]
    if not keys or (rotate and not given):
        keys = [*keys[: KEYS_KEPT - 1], secrets.token_urlsafe(32)]
    _keep_keys(vault, keys)


def _keep_keys(vault: Vault, keys: Sequence[str]) -> None:
    for reader in (*SERVICES, "tools"):
        vault.write(reader, "secret_key", ",".join(keys))


def _password(vault: Vault, name: str, given: Given, *, anew: bool) -> str:
    kept = "" if anew else vault.read("postgres", f"{name}_password")
    password = given[f"{name}_password"] or kept or secrets.token_urlsafe(24)
    vault.write("postgres", f"{name}_password", password)
    return password


def _for_tools(vault: Vault, passwords: dict[str, str], host: str) -> None:
    # libpq refuses a password file that others may read
    lines = [f"{host}:5432:{service}:{service}:{passwords[service]}" for service in SERVICES]
    vault.write("tools", "pgpass", "\n".join(lines), mode=0o600)
    vault.write("tools", "database_url", f"postgresql://{{service}}@{host}:5432")


def accept(vault: Vault, keys: str) -> None:
    """Accepts further link keys, those of a backup, beside the one that signs."""
    known = vault.read("rsvp", "secret_key").split(",")
    _keep_keys(vault, [*known, *(key for key in keys.strip().split(",") if key and key not in known)])


def sign(vault: Vault) -> None:
    """The newest link key signs from now on; the others are still accepted."""
    known = vault.read("rsvp", "secret_key").split(",")
    _keep_keys(vault, [known[-1], *known[:-1]])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="secrets", description="Makes, rotates and takes in the stack's secrets.")
    parser.add_argument("--vault", type=Path, default=Path("/secrets"))
    parser.add_argument("--given", type=Path, default=Path("/given"))
    does = parser.add_subparsers(dest="does", required=True)
    does.add_parser("prepare", help="make what is missing")
    does.add_parser("rotate", help="renew").add_argument("what", nargs="+", choices=["key", "passwords"])
    does.add_parser("sign", help="sign with the link key that was made last")
    does.add_parser("accept", help="accept link keys from standard input as well, those of a backup")
    chosen = parser.parse_args(arguments)
    vault, rotate = Vault(chosen.vault), getattr(chosen, "what", ())
    host = os.environ.get("TABLEMATES_DATABASE_HOST", "postgres")
    prepare(vault, Given(chosen.given), rotate=rotate, host=host, mail=os.environ.get("TABLEMATES_MAIL_URL", ""))
    if chosen.does == "accept":
        accept(vault, sys.stdin.read())
    if chosen.does == "sign":
        sign(vault)
    sys.stdout.write(f"secrets: {'rotated ' + ' and '.join(rotate) if rotate else 'all there'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
