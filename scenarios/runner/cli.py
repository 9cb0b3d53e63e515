"""``tillproof scenarios``: stories told, watched, begun and proven."""

import json as json_
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scenarios.from_finding import command as from_finding

if TYPE_CHECKING:
    from scenarios.runner.run import Outcome
    from scenarios.runner.suite import Suite

Paths = Annotated[list[Path] | None, typer.Argument(help="Stories or folders of them; none is the library.")]
Workers = Annotated[str, typer.Option("-n", help="How many at once: a number, or auto for one a core.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object instead of words.")]
_CODES = (
    "Exit codes: 0 all hold, 1 some do not, 2 some could not be read or carried out, 130 stopped by Ctrl-C."
)
_STOPPED = 130  # as shells count a Ctrl-C


def register(root: typer.Typer) -> None:
    """Add the group."""
    group = typer.Typer(no_args_is_help=True, help="Stories that QA writes: told, watched, begun, proven.")
    group.command("run", epilog=_CODES)(run)
    group.command("watch")(watch)
    group.command("list")(list_)
    group.command("new")(new)
    from_finding.offer(group)
    group.command("schema")(schema)
    group.command("words")(words)
    group.command(
        "matrix", epilog="Exit codes: 0 every detector is proven, 1 some are not, 2 a story failed."
    )(matrix)
    root.add_typer(group, name="scenarios")


def run(
    paths: Paths = None,
    *,
    workers: Workers = "auto",
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML there.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the suite as a page into this folder.")] = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="Served fakes, one story at a time: what `tillproof fakes serve --virtual-clock … --json` "
            "printed, or a file of it."
        ),
    ] = None,
    command: Annotated[
        str | None, typer.Option(help="With --against: the command that is the sync; none is our own.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="With --command: the property by which its events name their sale, such as OrderId."
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Tell stories, each in a world of its own, and say what does not hold.

    \b
    tillproof scenarios run
    tillproof scenarios run scenarios/refunds -n 1
    tillproof scenarios run --junit junit.xml --html reports/scenarios
    tillproof scenarios run --against served.json --command ./their-sync --key OrderId
    """
    from scenarios.runner import showing

    with _plainly():
        told, untold = _told(paths, workers, against, command, key, quiet=json)
        _keep(told, junit, html)
    if json:
        print(json_.dumps({**showing.as_json(told), "stopped": bool(untold)}, indent=2))
    else:
        _show(told)
        if html is not None:
            print(f"The page: {html / 'index.html'}")
    if untold:
        typer.echo(f"Stopped by Ctrl-C; {untold:,} more were not told.", err=True)
        raise typer.Exit(_STOPPED)
    raise typer.Exit(told.exit_code)


def _keep(told: "Suite", junit: Path | None, html: Path | None) -> None:
    """Write what was asked for. Raises OSError."""
    from datetime import UTC, datetime

    if junit is not None:
        from scenarios.runner import junit as xml

        xml.write(told, junit)
    if html is not None:
        from scenarios.runner import page

        page.write_suite(told, html, datetime.now(UTC))


def watch(
    paths: Paths = None,
    *,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks at the files.")] = 0.5,
) -> None:
    """Tell a story again whenever its file is saved. Stop with Ctrl-C."""
    import time

    from scenarios.runner.suite import NoStories, find, outcomes, suite
    from scenarios.runner.watching import changed, stamps

    with _plainly():
        seen = stamps(find(paths or []))
    many = "1 story; save it" if len(seen) == 1 else f"{len(seen):,} stories; save one"
    print(f"Watching {many} to tell it again. Ctrl-C ends.", flush=True)
    try:
        while True:
            time.sleep(every)
            try:
                now = stamps(find(paths or []))
            except NoStories:  # some editors take a file away before they put the new one in its place
                continue
            # What is just being replaced keeps its old stamp.
            fresh, seen = changed(seen, now), {**seen, **now}
            if fresh:
                started_s = time.perf_counter()
                found = list(outcomes(fresh, 1))
                print(f"\n{time.strftime('%H:%M:%S')}", end="")
                _show(suite(found, time.perf_counter() - started_s))
    except KeyboardInterrupt:
        raise typer.Exit(0) from None


def list_(
    paths: Paths = None,
    *,
    topic: Annotated[str | None, typer.Option(help="Only this topic.")] = None,
    json: AsJson = False,
) -> None:
    """List stories by topic."""
    from scenarios.language.loader import load
    from scenarios.runner.suite import find, shown

    with _plainly():
        stories = [load(path, shown(path)) for path in find(paths or [])]
    stories = sorted(
        (one for one in stories if topic in (None, one.head.topic)),
        key=lambda one: (one.head.topic, one.file),
    )
    if json:
        rows = [
            {
                "file": one.file, "story": one.title, "topic": one.head.topic, "why": one.head.why,
                "plants": one.head.plants, "nearly_plants": one.head.nearly_plants,
            }
            for one in stories
        ]  # fmt: skip
        print(json_.dumps({"stories": rows}, indent=2))
        return
    last = ""
    for one in stories:
        if one.head.topic != last:
            print(f"\n{one.head.topic}")
            last = one.head.topic
        print(f"  {one.title}\n    {one.file}")
    print(f"\n{len(stories):,} stories")


def new(
    name: Annotated[str, typer.Argument(help="What it is called, such as second_refund_is_kept.")],
    *,
    topic: Annotated[str, typer.Option(help="Its topic, which is its folder.")] = "drafts",
    till: Annotated[str, typer.Option(help="lightspeed_r, lightspeed_x or sitoo.")] = "lightspeed_r",
    folder: Annotated[Path, typer.Option(help="Where the topics are.")] = Path("scenarios"),
) -> None:
    """Begin a story from a template that runs."""
    from scenarios.runner import beginning

    with _plainly():
        path = beginning.begin(name, topic=topic, till=till, folder=folder)
    print(f"{path}\nTell it with: tillproof scenarios run {path}")


def schema(
    out: Annotated[Path | None, typer.Option(help="Write it there instead of printing it.")] = None,
) -> None:
    """The JSON Schema of a story, for editors."""
    from scenarios.language import schema as told

    if out is None:
        print(told.text(), end="")
        return
    with _plainly():
        out.write_text(told.text(), encoding="utf-8")


def words() -> None:
    """Every word a story may use, as Markdown: what README.md holds between its marks."""
    from scenarios.language import wordlist

    print(wordlist.listed(), end="")


def matrix(
    paths: Paths = None,
    *,
    html: Annotated[Path | None, typer.Option(help="Write the matrix as a page there.")] = None,
    workers: Workers = "auto",
    json: AsJson = False,
) -> None:
    """Prove every detector: which story makes it fire, and which nearly does."""
    from scenarios.matrix import gaps, prove

    with _plainly():
        told, untold = _told(paths, workers, None, None, None, quiet=json)
        if untold:
            raise typer.Exit(_STOPPED)
        proofs = prove(told.outcomes)
        if html is not None:
            from scenarios.runner import page

            page.write_matrix(proofs, html)
    missing = gaps(proofs)
    if json:
        rows = [
            {
                "detector": one.detector, "planted_by": [each.file for each in one.planted_by],
                "fired": [each.file for each in one.fired],
                "silent_on": [each.file for each in one.silent_on], "gap": one.gap,
            }
            for one in proofs
        ]  # fmt: skip
        print(json_.dumps({"proofs": rows}, indent=2))
    else:
        for one in proofs:
            print(
                f"{'NOT PROVEN' if one.gap else 'proven':<11} {one.detector:<22} fired {len(one.fired)} of "
                f"{len(one.planted_by)}, silent {len(one.silent_on)} of {len(one.nearly_planted_by)}"
                + (f": {one.gap}" if one.gap else "")
            )
    if told.failed or told.wrong:
        typer.echo(f"{told.sentence}; see `tillproof scenarios run`", err=True)
        raise typer.Exit(2)
    raise typer.Exit(1 if missing else 0)


def _told(
    paths: list[Path] | None,
    workers: str,
    against: str | None,
    command: str | None,
    key: str | None,
    *,
    quiet: bool,
) -> "tuple[Suite, int]":
    """What became of the stories, and how many were not told because somebody pressed Ctrl-C."""
    import time

    from scenarios.runner.suite import at_once, find, outcomes, suite

    files = find(paths or [])
    if command is not None and against is None:
        raise ValueError("--command needs --against: the fakes that your sync talks to")
    if key is not None and command is None:
        raise ValueError("--key needs --command: by $event_id our own sync names a sale")
    if workers != "auto" and (not workers.isdigit() or int(workers) < 1):
        raise ValueError(f"-n: {workers} is no number of stories; say 1 or more, or auto")
    count = at_once(len(files)) if workers == "auto" else int(workers)
    started_s, found = time.perf_counter(), list["Outcome"]()
    try:
        with _bar(len(files), quiet=quiet) as told:
            if against is None:
                found.extend(outcomes(files, count, told))
            else:
                from scenarios.runner.against import Served, tell_against
                from scenarios.runner.stage import OUR_KEY

                served = Served.read(against)
                found.extend(tell_against(files, served, command, told, key or OUR_KEY))
    except KeyboardInterrupt:
        return suite(found, time.perf_counter() - started_s), len(files) - len(found)
    return suite(found, time.perf_counter() - started_s), 0


def _show(told: "Suite") -> None:
    from scenarios.runner import showing

    for line in showing.lines(told):
        print(line)


@contextmanager
def _bar(total: int, *, quiet: bool) -> "Iterator[Callable[[Outcome], None]]":
    """How far it is, on standard error; what fails is named at once."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=quiet) as progress:
        row = progress.add_task("stories", total=total)

        def told(one: "Outcome") -> None:
            progress.advance(row)
            if one.trouble and not quiet:
                said = "cannot be told" if one.wrong else "does not hold"
                progress.console.print(f"{said}: {one.file}", markup=False, highlight=False, soft_wrap=True)

        yield told


@contextmanager
def _plainly() -> "Iterator[None]":
    """What cannot be done is said in words, with exit code 2."""
    from scenarios.language.nodes import WrongStory
    from scenarios.runner.suite import NoStories

    try:
        yield
    except (WrongStory, NoStories, ValueError) as problem:
        typer.echo(str(problem), err=True)
        raise typer.Exit(2) from None
    except OSError as problem:
        typer.echo(f"{problem.filename or 'the disk'}: {problem.strerror or problem}", err=True)
        raise typer.Exit(2) from None
