"""The place where the command line begins."""

import typer

app = typer.Typer(no_args_is_help=True, help="Tablemates turns an RSVP into introductions worth having.")


@app.callback()
def tablemates() -> None:
    """Holds the commands together; each adds itself."""


def main() -> None:
    app()


if __name__ == "__main__":
    main()
