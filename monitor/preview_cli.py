"""`tillproof monitor preview-rules`: what a change would have hidden or shown."""

# ruff: noqa: PLC0415, T201 - as in every cli.py

import json as json_
from typing import Annotated

import typer

from monitor.nightly_cli import SETTINGS_FILE, Account, Json, SettingsPath, opened


def offer(monitor: typer.Typer) -> None:
    """Offer the command under `tillproof monitor`."""
    monitor.command("preview-rules")(preview_rules)


def preview_rules(
    account: Account = None,
    *,
    change: Annotated[list[str], typer.Option("--set", help="NAME=VALUE; may be repeated.")],
    settings: SettingsPath = SETTINGS_FILE,
    json: Json = False,
) -> None:
    """Say what other exclusions or thresholds would have hidden or shown. Changes nothing.

    \b
    tillproof monitor preview-rules --set exclude_zero_value=false
    tillproof monitor preview-rules main --set min_count=5 --set min_money=100.00
    tillproof monitor preview-rules --set no_consent=off --set metrics.product=
    """
    from monitor.alerting.desk import rules_of
    from monitor.nightly_cli import known_accounts
    from monitor.preview import Preview, preview
    from monitor.preview_alerts import AlertPreview, preview_alerts
    from monitor.preview_rules import changed

    with opened(settings) as (loaded, own, store):
        asked = changed(change, settle_s=own.settle)
        rules = rules_of(own.alerts)
        told: list[tuple[str, Preview | AlertPreview]] = []
        with store.reading() as connection:
            for name in known_accounts(loaded, account):
                if asked.of_rules:
                    told.append(("rules", preview(connection, name, asked)))
                if asked.of_alerts:
                    told.append(("alerts", preview_alerts(connection, name, rules, asked.rules(rules))))
        if json:
            print(json_.dumps({"previews": [{"of": of} | one.as_json() for of, one in told]}, default=str))
            return
        for _, one in told:
            print("\n".join(one.lines()))
