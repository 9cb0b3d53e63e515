"""Findings: the list of all accounts or one, and one finding with sale and event side by side."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from flask import Flask, abort, redirect, render_template, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from monitor import history_read
from monitor.history_records import FindingRecord
from monitor.repair import RESEND
from monitor.report_data import FindingKind
from monitor.web.jobs import Done
from monitor.web.pages.account import begin, told
from monitor.web.site import account_or_404, me, site

ROWS = 50
STATES = ("open", "recovered", "all")
_SIDES = {"duplicate": ("The event that counts", "The extra event")}
_BOTH = ("Sale in the POS", "Event in Klaviyo")
_VALUE_MAX = 300


@dataclass(frozen=True, slots=True)
class Fact:
    """One name with what either side says of it."""

    name: str
    sale: str
    event: str
    differs: bool


def register(app: Flask) -> None:
    """Offer the pages."""
    app.add_url_rule("/findings", "findings", every)
    app.add_url_rule("/accounts/<name>/findings", "account_findings", of_account)
    app.add_url_rule("/accounts/<name>/findings/<int:number>", "finding", finding)
    app.add_url_rule(
        "/accounts/<name>/findings/<int:number>/send", "send_again", send_again, methods=["POST"]
    )


def every() -> str | Response:
    """The findings of all accounts; people who see some accounts only are led to those."""
    user = me()
    if user.accounts:
        names = site().names(user)
        if not names:
            abort(404)
        return redirect(url_for("account_findings", name=names[0])) if len(names) == 1 else _some(names)
    return _list(None)


def of_account(name: str) -> str:
    """The findings of one account."""
    return _list(account_or_404(name))


def finding(name: str, number: int) -> str:
    """One finding. A number of another account is no finding of this one."""
    account_or_404(name)
    here = site()
    with here.store.reading() as connection:
        found = _found(connection, name, number)
        run = history_read.run(connection, found.last_run)
    left, right = _SIDES.get(found.kind, _BOTH)
    return render_template(
        "finding.html", account=name, finding=found, facts=facts(found.detail), left=left, right=right,
        cause=found.detail.get("cause") or {}, remedy=str(found.detail.get("remedy", "")),
        command=str(found.detail.get("command", "")), sendable=_sendable(found), run=run,
        sale_missing=not found.detail.get("expected"), event_missing=not found.detail.get("observed"),
        now_s=here.now_s(), here="findings",
    )  # fmt: skip


def send_again(name: str, number: int) -> Response:
    """Send the finding's sale once more."""
    account_or_404(name)
    here = site()
    with here.store.reading() as connection:
        found = _found(connection, name, number)
    if not _sendable(found):
        abort(409, "Sending does not mend this finding.")
    back = url_for("finding", name=name, number=number)

    def work(tell: Callable[[str], None]) -> Done:
        tell("Sending the sale once more")
        with closing(here.open_program(here.settings)) as program:
            done = told(program.resend(name, [found.sale_id]), back)
        if not done.ok:
            return done
        words = "Sent. Klaviyo shows it in some minutes; reconcile the day then, and the finding closes."
        return Done(ok=True, words=words, link=back, link_words="Back to the finding")

    return begin(name, f"Send sale {found.sale_id} again", work, back)


def facts(detail: Mapping[str, Any]) -> list[Fact]:
    """Both sides' facts under one name each, what differs first."""
    expected, observed = _texts(detail.get("expected")), _texts(detail.get("observed"))
    differing = set(detail.get("differing") or ())
    names = sorted(dict.fromkeys((*expected, *observed)), key=lambda name: name not in differing)
    return [Fact(name, expected.get(name, ""), observed.get(name, ""), name in differing) for name in names]


def _texts(side: Any) -> dict[str, str]:
    return {str(name): str(value)[:_VALUE_MAX] for name, value in (side or {}).items()}


def _found(connection: Connection, name: str, number: int) -> FindingRecord:
    found = history_read.finding_by_id(connection, number) if number < 2**31 else None
    if found is None or found.account != name:
        abort(404)
    return found


def _sendable(found: FindingRecord) -> bool:
    return bool(found.sale_id) and not found.recovered_s and RESEND in str(found.detail.get("command", ""))


def _list(name: str | None) -> str:
    state, kind, before = _asked()
    here = site()
    with here.store.reading() as connection:
        some = history_read.findings(
            connection, account=name, state=state, kind=kind, before=before, limit=ROWS + 1
        )
    known = here.settings.accounts
    return _shown([one for one in some if one.account in known], name, state, kind)


def _some(names: list[str]) -> str:
    """The same for the accounts a person may see; each has its own place in the index."""
    state, kind, before = _asked()
    found: list[FindingRecord] = []
    with site().store.reading() as connection:
        for name in names:
            found += history_read.findings(
                connection, account=name, state=state, kind=kind, before=before, limit=ROWS + 1
            )
    return _shown(sorted(found, key=lambda one: -one.id)[: ROWS + 1], None, state, kind)


def _asked() -> tuple[str, str | None, int | None]:
    state, kind = request.args.get("state", "open"), request.args.get("kind", "")
    before = request.args.get("before", type=int)
    before = before if before is None or 0 < before < 2**31 else None
    return state if state in STATES else "open", kind if kind in list(FindingKind) else None, before


def _shown(some: list[FindingRecord], name: str | None, state: str, kind: str | None) -> str:
    return render_template(
        "findings.html", findings=some[:ROWS], more=some[ROWS - 1].id if len(some) > ROWS else None,
        account=name, state=state, states=STATES, kind=kind, kinds=[one.value for one in FindingKind],
        now_s=site().now_s(), here="findings",
    )  # fmt: skip
