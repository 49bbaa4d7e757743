"""The place where the command line begins: every command by name, each carried out in a file of its own."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy.cli import say
from shared import log
from shared.settings import Settings, load

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Tablemates turns an RSVP into introductions worth having.",
)
dead = typer.Typer(no_args_is_help=True, help="Entries that could not be handled: look, try again, or give up.")
key = typer.Typer(no_args_is_help=True, help="Organisers' keys.")
mail = typer.Typer(no_args_is_help=True, help="Mails of which nobody knows whether they arrived.")
gathering = typer.Typer(no_args_is_help=True, help="Gatherings, for those who prefer a terminal to /organise.")
app.add_typer(dead, name="dead")
app.add_typer(key, name="key")
app.add_typer(mail, name="mail")
app.add_typer(gathering, name="gathering")

DataDir = Annotated[Path | None, typer.Option("--data-dir", help="Everything embedded lives here.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print machine-readable results.")]


def settings_with(data_dir: Path | None = None, **overrides: Any) -> Settings:
    """The settings, with what the command line says on top."""
    given = {"data_dir": data_dir} if data_dir is not None else {}
    settings = load(Settings, **given, **overrides)
    log.configure(settings.log)
    return settings


@app.command()
def up(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The one public port.")] = 8000,
    data_dir: DataDir = None,
) -> None:
    """Start all three services in this process and stay up."""
    from deploy.cli import serving  # noqa: PLC0415 - each command loads only what it needs

    public = {} if "public_url" in load(Settings).model_fields_set else {"public_url": f"http://localhost:{port}"}
    asyncio.run(serving.up(settings_with(data_dir, **public), port))


def main() -> None:
    with say.plain_failures():
        app(standalone_mode=True)


if __name__ == "__main__":
    main()
