"""Looking at both ends of an account that is being connected: reads only."""

from collections.abc import Mapping
from contextlib import closing
from datetime import date
from typing import Any

from monitor.page import text
from monitor.web.drafts import Draft
from monitor.web.jobs import Done
from monitor.web.program import OpenProgram, rows
from monitor.web.site import Site
from sync.connect import Network
from sync.domain.eligibility import PLAIN_WORDS, Exclusion
from sync.http.client import shared_tls
from sync.klaviyo.read import KlaviyoReader
from sync.settings import Settings

LISTS_MAX = 1_000
ROWS_MAX = 100


def settings_of(site: Site, draft: Draft) -> Settings:
    """Settings that know only the draft. Raises WrongSettings."""
    return draft.settings(site.settings, site.upstreams)


def both_ends(site: Site, draft: Draft) -> Mapping[str, Any]:
    """What a draft learns of both ends. Raises ApiTrouble and WrongSettings."""
    settings = settings_of(site, draft)
    with closing(site.open_program(settings)) as program:
        found = program.check(draft.name)
    network = Network(site.clock, None if site.transports else shared_tls(), site.transports or {})
    with closing(network.klaviyo(draft.name, settings.accounts[draft.name])) as client:
        lists = KlaviyoReader(client).lists()
    return {
        "checked": found.as_json() | {"till_name": found.till.name},
        "problems": found.problems,
        "remarks": found.remarks,
        "lists": tuple(
            sorted(((one.id, one.name) for one in lists[:LISTS_MAX]), key=lambda one: one[1].lower())
        ),
    }


def preview(open_program: OpenProgram, settings: Settings, name: str, first: date, last: date) -> Done:
    """What these days would have sent and left out; `data` is for the page."""
    with closing(open_program(settings)) as program:
        (result,) = program.preview(name, first, last)
    if result.outcome != "done":
        return Done(ok=False, words=result.detail or str(result.outcome))
    tally = result.tally
    sent = [
        (metric, text.count(count), text.money(minor, currency))
        for metric, currency, count, minor in rows(tally.events)
    ]
    left_out = [
        (_reason(reason), text.count(count), text.money(minor, currency))
        for reason, currency, count, minor in rows(tally.excluded)
    ]
    data = {
        "first": first, "last": last, "sent": sent[:ROWS_MAX], "left_out": left_out[:ROWS_MAX],
        "set_aside": sum(tally.set_aside.values()), "rows": tally.rows_count,
    }  # fmt: skip
    return Done(ok=True, words=f"{tally.rows_count:,} records were read; nothing was sent.", data=data)


def _reason(reason: str) -> str:
    return PLAIN_WORDS[Exclusion(reason)] if reason in list(Exclusion) else reason.replace("_", " ")
