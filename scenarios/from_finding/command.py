"""``tillproof scenarios from-finding``: a finding of a kept run becomes a story anybody may see."""

# ruff: noqa: PLC0415, T201 - as in every cli.py

import json as json_
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from scenarios.from_finding.pseudonyms import Pseudonyms

SETTINGS_FILE = Path("tillproof.toml")
_FOLDER = Path("scenarios/found")
_CODES = "Exit codes: 0 the story was written, 2 it could not be."


def offer(group: typer.Typer) -> None:
    """Offer the command under `tillproof scenarios`."""
    group.command("from-finding", epilog=_CODES)(from_finding)


def from_finding(
    run: Annotated[str, typer.Argument(metavar="RUN", help="A run's number, or the folder it left.")],
    finding: Annotated[str, typer.Argument(metavar="FINDING", help="The finding's key, or how it begins.")],
    *,
    out: Annotated[
        Path | None, typer.Option(help="The file to write; none: scenarios/found/KEY.yaml.")
    ] = None,
    settings: Annotated[
        Path, typer.Option("--settings", "-s", envvar="TILLPROOF_SETTINGS", help="The settings file.")
    ] = SETTINGS_FILE,
    force: Annotated[bool, typer.Option("--force", help="Write over another story.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object instead of words.")] = False,
) -> None:
    """Write the smallest story that shows a finding, with invented people, and say how to tell it.

    The people of the story do not exist: the same person always gets the same invented name and address,
    by the key of the settings. Kept are the shop's zone and currency, times and amounts. Nothing is sent
    anywhere; every attempt is told in a world of its own in this process.

    \b
    tillproof monitor history                                 the runs and their numbers
    tillproof scenarios from-finding 42 missing-1a2b3c4d5e6f
    tillproof scenarios from-finding reports/monday missing-1a2b3c4d5e6f --out missing.yaml
    """
    from scenarios.from_finding.build import build
    from scenarios.from_finding.case import CannotBuild, read_case
    from sync.settings import WrongSettings
    from sync.store.errors import StoreTrouble

    try:
        folder, names = _opened(run, settings)
        case = read_case(folder, finding)
        file = out or _FOLDER / f"{case.finding.key.replace('-', '_')}.yaml"
        built = build(case, names, lambda words: typer.echo(words, err=True))
        _write(built.text, file, force=force)
    except (CannotBuild, WrongSettings, StoreTrouble) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None
    except OSError as problem:
        typer.echo(f"{problem.filename or 'the disk'}: {problem.strerror or problem}", err=True)
        raise typer.Exit(2) from None
    command = f"tillproof scenarios run {file}"
    if json:
        facts = {"file": str(file), "alike": built.alike.name.lower(), "steps": built.steps}
        print(json_.dumps({**facts, "worlds_told": built.tries, "command": command}))
        return
    print(f"{file}\nIt shows {built.words}; {built.steps} steps, {built.tries} worlds told.")
    print(f"Tell it with: {command}")


def _opened(run: str, settings: Path) -> "tuple[Path, Pseudonyms]":
    """The run's folder and who invents people. Raises CannotBuild, WrongSettings, StoreTrouble."""
    from scenarios.from_finding import pseudonyms

    if not run.isdecimal() or len(run) > _DIGITS_MAX:
        if not Path(run).is_dir():
            from scenarios.from_finding.case import CannotBuild

            raise CannotBuild(f"{run} is neither a run's number (tillproof monitor history) nor a folder")
        secret = _secret(settings) if settings.is_file() else ""
        return Path(run), pseudonyms.of_secret(secret) if secret else pseudonyms.of_this_user()
    folder, secret = _kept(int(run), settings)
    return folder, pseudonyms.of_secret(secret) if secret else pseudonyms.of_this_user()


_DIGITS_MAX = 18


def _secret(settings: Path) -> str:
    from sync.settings import Settings

    return "".join(Settings.load(settings).keys[:1])


def _kept(number: int, settings: Path) -> tuple[Path, str]:
    """The folder of a run of the history, and the settings' key."""
    from monitor import history_read
    from scenarios.from_finding.case import CannotBuild
    from sync.settings import Settings
    from sync.store.database import open_store

    loaded = Settings.load(settings)
    with open_store(loaded.store.url, create=False) as store, store.reading() as connection:
        record = history_read.run(connection, number)
        known = [str(one.id) for one in history_read.runs(connection, limit=5)]
    if record is None:
        told = f"the latest are {', '.join(known)}" if known else "there was none yet"
        raise CannotBuild(f"there is no run {number}; {told} (tillproof monitor history)")
    if not record.folder or record.state != "done":
        raise CannotBuild(f"run {number} left no report: it is {record.state or 'not over'}")
    if record.kept != "evidence":
        raise CannotBuild(
            f"run {number} is too old: its evidence was kept only for some time (`keep_evidence` under "
            "[monitor] in the settings) and is gone. Take a newer run that still has the finding, or "
            f"reconcile again: tillproof monitor run {record.account} --now --from {record.first_on} "
            f"--to {record.last_on}"
        )
    if not Path(record.folder).is_dir():
        raise CannotBuild(
            f"what run {number} left is not on this machine: there is no {record.folder}. Say the folder "
            "where it is now, or reconcile again: tillproof monitor run "
            f"{record.account} --now --from {record.first_on} --to {record.last_on}"
        )
    return Path(record.folder), "".join(loaded.keys[:1])


def _write(text: str, file: Path, *, force: bool) -> None:
    from scenarios.from_finding.case import CannotBuild

    if file.is_file() and not force and file.read_text(encoding="utf-8") != text:
        raise CannotBuild(f"{file} is another story; say --force to write over it, or --out another file")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
