"""What an account is set to, and whether both of its ends fit together."""

from collections.abc import Callable
from contextlib import closing
from typing import Any

from flask import Flask, render_template, url_for
from werkzeug.wrappers import Response

from monitor.settings import MonitorSettings
from monitor.web.jobs import Done
from monitor.web.pages.account import begin
from monitor.web.present import SOURCES
from monitor.web.site import account_or_404, site
from sync.settings import AccountSettings, Settings, WrongSettings


def register(app: Flask) -> None:
    """Offer the pages."""
    app.add_url_rule("/accounts/<name>/settings", "settings", settings)
    app.add_url_rule("/accounts/<name>/settings/check", "check", check, methods=["POST"])


def settings(name: str) -> str:
    """What holds for the account, without a secret, and what the latest check said."""
    account_or_404(name)
    here = site()
    last = next((job for job in here.jobs.of(name, 50) if job.title == "Check settings" and job.done), None)
    return render_template(
        "settings.html", account=name, facts=_facts(here.settings.accounts[name], here.own, name),
        remarks=_remarks(here.own), checked=last.done if last and last.done else None,
        checked_s=last.ended_s if last else 0, stale=_stale(), now_s=here.now_s(), here="settings",
    )  # fmt: skip


def check(name: str) -> Response:
    """Ask both ends who they are."""
    account_or_404(name)
    here = site()
    back = url_for("settings", name=name)

    def work(tell: Callable[[str], None]) -> Done:
        tell("Asking the POS and Klaviyo")
        return checked(here.open_program, here.settings, name, back)

    return begin(name, "Check settings", work, back)


def checked(open_program: Callable[[Settings], Any], settings: Settings, name: str, back: str) -> Done:
    """The check as a result; `data` has both ends."""
    with closing(open_program(settings)) as program:
        found = program.check(name)
    words = "Both ends answer and fit together." if not found.problems else "Something must be mended first."
    return Done(
        not found.problems, words, [*found.problems, *found.remarks], back, "See the settings",
        data=found.as_json() | {"till_name": found.till.name},
    )  # fmt: skip


def _facts(account: AccountSettings, own: MonitorSettings, name: str) -> list[tuple[str, str]]:
    preset, night = account.resolved(), own.night_of(name)
    every = account.cron or f"every {preset.every_s // 60} minutes"
    return [
        ("POS", SOURCES.get(account.source, account.source)),
        ("Preset", account.preset or account.pos.PRESET),
        ("Metrics", ", ".join(preset.metrics.values())),
        ("Synced", every),
        ("Profile order", "each profile's events in order" if preset.ordered else "as they come"),
        ("New customers go to the list", account.klaviyo.list_id or "none"),
        ("Judged at", f"{night.at:%H:%M} {night.zone or 'in the zone of the shops'}"),
        ("Days looked at", str(night.days)),
        ("Nightly", "yes" if night.enabled else "no, switched off"),
    ]


def _remarks(own: MonitorSettings) -> list[str]:
    found = []
    if not own.routes:
        found.append("No alert leaves this machine: there is no [monitor.routes.NAME] yet.")
    if not own.link:
        found.append("Alerts carry no link here: [monitor] link is not set.")
    return found


def _stale() -> str:
    """Why the settings file could not be read now, or ""."""
    try:
        site().configured.again()
    except WrongSettings as wrong:
        return str(wrong)
    return ""
