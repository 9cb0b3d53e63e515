"""Dead letters: what could not be handled, with its reason, to be tried again or given up."""

from collections.abc import Callable
from contextlib import closing

from flask import Flask, abort, render_template, request, url_for
from werkzeug.wrappers import Response

from monitor.web.jobs import Done
from monitor.web.pages.account import begin, told
from monitor.web.site import account_or_404, site
from sync.store import accounts as stored
from sync.store import letters

ROWS = 100


def register(app: Flask) -> None:
    """Offer the pages."""
    app.add_url_rule("/accounts/<name>/letters", "letters", listed)
    app.add_url_rule("/accounts/<name>/letters/retry", "retry", retry, methods=["POST"])
    app.add_url_rule("/accounts/<name>/letters/drop", "drop", drop, methods=["POST"])


def listed(name: str) -> str:
    """The oldest of them, and how many there are of each reason."""
    account_or_404(name)
    with site().store.reading() as connection:
        number = stored.find(connection, name)
        some = letters.listed(connection, number, limit=ROWS) if number is not None else []
        counts = letters.counts(connection, number) if number is not None else {}
    return render_template(
        "letters.html", account=name, letters=some, counts=sorted(counts.items()), total=sum(counts.values()),
        here="letters",
    )  # fmt: skip


def retry(name: str) -> Response:
    """Try again: the chosen ones, or all."""
    account_or_404(name)
    here, numbers = site(), _chosen(name)
    back = url_for("letters", name=name)

    def work(tell: Callable[[str], None]) -> Done:
        tell("Trying again")
        with closing(here.open_program(here.settings)) as program:
            (result,) = program.dead_letters.retry(name, numbers)
        return told(result, back)

    return begin(name, "Retry dead letters", work, back)


def drop(name: str) -> Response:
    """Give the chosen ones up for good."""
    account_or_404(name)
    here, numbers = site(), _chosen(name)
    back = url_for("letters", name=name)
    if numbers is None:
        abort(400, "Choose the dead letters to give up, one by one.")

    def work(_tell: Callable[[str], None]) -> Done:
        with closing(here.open_program(here.settings)) as program:
            count = program.dead_letters.drop(name, numbers)
        return Done(ok=True, words=f"{count:,} given up.", link=back, link_words="Back to the dead letters")

    return begin(name, "Give up dead letters", work, back)


def _chosen(name: str) -> list[int] | None:
    """The numbers that were chosen, all of them of this account; None for all."""
    if request.form.get("which") == "all":
        return None
    numbers = [one for one in request.form.getlist("number", type=int) if 0 < one < 2**31][:ROWS]
    if not numbers:
        abort(400, "Choose at least one dead letter.")
    with site().store.reading() as connection:
        account = stored.find(connection, name)
        mine = letters.listed(connection, account, numbers) if account is not None else []
    if len(mine) != len(set(numbers)):
        abort(409, "Some of these are gone by now, or are of another account. Load the page again.")
    return numbers
