"""The place where the command line begins: every command by name, each carried out in a file of its own."""

import asyncio
import logging
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from deploy.cli import say
from shared import log
from shared.contracts.rsvp import Kind
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
Service = Annotated[Literal["rsvp", "intro", "notify"], typer.Argument(help="Which of the three.")]


def settings_with(data_dir: Path | None = None, **overrides: Any) -> Settings:
    """The settings, with what the command line says on top."""
    if data_dir is not None:
        overrides["data_dir"] = data_dir
    settings = load(Settings, **overrides)
    log.configure(settings.log)
    return settings


@app.command()
def up(
    port: Annotated[int, typer.Option(min=0, max=65535, help="The one public port.")] = 8000,
    operators_port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Answer operators here: /rsvp/operate/dead and the like.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Start all three services in this process and stay up."""
    from deploy.cli import serving
    from shared.serving import run

    public = {} if "public_url" in load(Settings).model_fields_set else {"public_url": f"http://localhost:{port}"}
    run(serving.up(settings_with(data_dir, **public), port, operators_port))


@app.command("import")
def import_list(
    gathering: Annotated[str, typer.Argument(help="Its id, or the last part of its address.")],
    file: Annotated[Path | None, typer.Argument(help="A guest list of any tool.")] = None,
    *,
    acquainted: Annotated[
        Path | None,
        typer.Option(help="Who knows whom already: two columns of addresses; with or without a guest list."),
    ] = None,
    preview: Annotated[bool, typer.Option(help="Say what would happen, and change nothing.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Import a guest list, or who knows whom; importing it again changes nothing."""
    from deploy.cli import guests

    if file is None and acquainted is None:
        raise typer.BadParameter("name a guest list, or --acquainted and a list of who knows whom")
    settings = settings_with(data_dir)
    asyncio.run(guests.import_lists(settings, gathering, file, acquainted, preview=preview, as_json=as_json))


@app.command()
def export(gathering: str, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Write a gathering's roster to standard output, as CSV."""
    from deploy.cli import guests

    asyncio.run(guests.export(settings_with(data_dir), gathering, as_json=as_json))


@app.command()
def erase(email: str, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Forget a person, in all services."""
    from deploy.cli import organising

    asyncio.run(organising.erase(settings_with(data_dir), email, as_json=as_json))


@app.command()
def doctor(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Look at settings, database, broker, mail and public address; a line each, with the cure."""
    from deploy.cli import doctor as examining

    if not asyncio.run(examining.examine(settings_with(data_dir), as_json=as_json)):
        raise SystemExit(say.COULD_NOT)


@key.command("create")
def key_create(
    label: Annotated[str, typer.Option(help="What to remember it by.")] = "",
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Make an organiser's key; it stands alone on the last line."""
    from deploy.cli import organising

    asyncio.run(organising.make_key(settings_with(data_dir), label, as_json=as_json))


@key.command("list")
def key_list(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List the keys, never their secrets."""
    from deploy.cli import organising

    asyncio.run(organising.list_keys(settings_with(data_dir), as_json=as_json))


@key.command("revoke")
def key_revoke(key_id: str, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Close what a key opened."""
    from deploy.cli import organising

    asyncio.run(organising.revoke(settings_with(data_dir), key_id, as_json=as_json))


@gathering.command("create")
def gathering_create(file: Path, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Create a gathering from JSON in the shape of the API; its id stands alone on the last line."""
    from deploy.cli import organising

    asyncio.run(organising.create(settings_with(data_dir), file, as_json=as_json))


@app.command("round")
def run_round(
    gathering: Annotated[str, typer.Argument(help="Its id, or the last part of its address.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Keep nothing, tell nobody.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Verify the newest round, without the solver.")] = False,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Match everybody who is going, now."""
    from deploy.cli import rounds

    settings = settings_with(data_dir)
    if check:
        asyncio.run(rounds.check(settings, gathering, as_json=as_json))
    else:
        asyncio.run(rounds.run(settings, gathering, dry_run=dry_run, as_json=as_json))


@mail.command("unknown")
def mail_unknown(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List mails of which nobody knows whether they arrived, with what is known."""
    from deploy.cli import mails

    asyncio.run(mails.list_unknown(settings_with(data_dir), as_json=as_json))


@mail.command("resolve")
def mail_resolve(
    number: int,
    arrived: Annotated[bool, typer.Option("--arrived/--send-again", help="What became of it.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say what became of one: it arrived, or it goes out again with the same bytes."""
    from deploy.cli import mails

    asyncio.run(mails.resolve(settings_with(data_dir), number, arrived=arrived, as_json=as_json))


@dead.command("list")
def dead_list(data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List every parked or dead entry, with how often it was tried and its reason."""
    from deploy.cli import operate

    asyncio.run(operate.list_entries(settings_with(data_dir), as_json=as_json))


@dead.command("show")
def dead_show(service: Service, stream: str, sequence: int, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Show one entry: reason, attempts, times, trace, body."""
    from deploy.cli import operate

    asyncio.run(operate.show_entry(settings_with(data_dir), service, stream, sequence, as_json=as_json))


@dead.command("redrive")
def dead_redrive(
    service: Service, stream: str, sequence: int, data_dir: DataDir = None, as_json: AsJson = False
) -> None:
    """Have a dead entry tried again within half a minute; what queues behind it follows in order."""
    from deploy.cli import operate

    asyncio.run(operate.redrive_entry(settings_with(data_dir), service, stream, sequence, as_json=as_json))


@dead.command("drop")
def dead_drop(
    service: Service,
    stream: str,
    sequence: int,
    note: Annotated[str, typer.Option(prompt="Why is it given up?", help="Kept with the entry's number.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Give an entry up for good, with a note; what queues behind it goes on within half a minute."""
    from deploy.cli import operate

    asyncio.run(operate.drop_entry(settings_with(data_dir), service, stream, sequence, note, as_json=as_json))


@app.command()
def replay(service: Service, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Have SERVICE apply every event of the others again, from the first, while it runs.

    What is missing comes back, and a gathering or an RSVP that is wrong is put right; no mail is sent again. What only
    SERVICE knows (mails and wishes, introductions and answers) is not made from events, and stays as it is.
    """
    from deploy.cli import operate

    asyncio.run(operate.replay(settings_with(data_dir), service, as_json=as_json))


@app.command()
def history(
    who: Annotated[str, typer.Argument(help="An address, an attendee's id, or a correlation id.")],
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Say what happened to one person, over all services; no names, no answers."""
    from deploy.cli import history as past

    asyncio.run(past.history(settings_with(data_dir), who, as_json=as_json))


@app.command()
def demo(data_dir: DataDir = None) -> None:
    """Play the whole story on sixty fictional people, and say what happened."""
    from deploy.cli import demo as playing

    settings = settings_with(data_dir)
    log.configure(settings.log, least=logging.WARNING)  # the story is what is told
    asyncio.run(playing.demo(settings))


@app.command()
def match(
    file: Annotated[Path, typer.Argument(help="A guest list of any tool, or JSON lines of people.")],
    kind: Annotated[Kind, typer.Option(help="What sort of gathering it is.")] = "conference",
    per_person: Annotated[int, typer.Option(min=1, max=6, help="Introductions a person.")] = 3,
    *,
    acquainted: Annotated[Path | None, typer.Option(help="Who knows whom: two columns of addresses.")] = None,
    vocabulary: Annotated[
        Path | None, typer.Option(help='Your own words, as JSON: {"word": ["means the same", …]}.')
    ] = None,
    same_employer: Annotated[bool, typer.Option(help="Allow colleagues to be introduced.")] = False,
    seed: Annotated[int, typer.Option(help="Breaks ties; the same seed gives the same round.")] = 0,
    edges: Annotated[Path | None, typer.Option(help="Write the candidate pairs here, as JSON lines.")] = None,
    as_json: AsJson = False,
) -> None:
    """What if: who would be introduced to whom, and why. Nothing is stored or sent."""
    from deploy.cli import matching

    own = matching.read_vocabulary(vocabulary) if vocabulary else {}
    rules = matching.rules_from(kind, per_person, seed, same_employer=same_employer, title=file.stem, own=own)
    matching.match(file, rules=rules, acquainted=acquainted, edges=edges, as_json=as_json)


@app.command()
def bench(
    what: Annotated[
        Literal["delivery", "idle", "growth", "match", "all"], typer.Argument(help="What is measured.")
    ] = "delivery",
    rounds: Annotated[int, typer.Option(min=1, help="Runs of each, in turns with its peer.")] = 3,
    people: Annotated[int, typer.Option(min=10, help="How many people a round is made for.")] = 2_000,
    *,
    database_url: Annotated[str, typer.Option(help="postgresql://…; left out, SQLite.")] = "",
    nashville: Annotated[Path | None, typer.Option(help="Match its largest groups: the Nashville Meetup data.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Keep the numbers here.")] = None,
) -> None:
    """Measure our speed beside what people commonly use instead; every peer in the same run."""
    from deploy.cli import bench as measuring

    if nashville is not None:
        measuring.groups(nashville, out=json)
        return
    sizes, kept = measuring.Sizes(), measuring.Kept(json)
    if what in ("delivery", "all"):
        kept.add(asyncio.run(measuring.delivery(rounds=rounds, sizes=sizes, database_url=database_url)))
    if what in ("idle", "all"):
        kept.add(measuring.at_rest(sizes=sizes, database_url=database_url))
    if what in ("growth", "all"):
        kept.add(measuring.growing(sizes=sizes, database_url=database_url))
    if what in ("match", "all"):
        kept.add_rounds(measuring.match(people))


def main() -> None:
    with say.plain_failures():
        app(standalone_mode=True)


if __name__ == "__main__":
    main()
