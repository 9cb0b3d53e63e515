"""`tillproof accounts`: connecting both ends of an account, and the key that seals its credentials."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli import SETTINGS_FILE, Json, OneAccount, SettingsPath, opened

if TYPE_CHECKING:
    from sync.connect import Check

accounts = typer.Typer(no_args_is_help=True, help="Connect tills to Klaviyo.", rich_markup_mode=None)


@accounts.command("list")
def list_accounts(settings: SettingsPath = SETTINGS_FILE, json: Json = False) -> None:
    """Show the configured accounts and whether they are connected.

    \b
    tillproof accounts list
    """
    from sync.show import as_json

    with opened(settings) as app:
        found = [(one, app.signs_in(one.account)) for one in app.status()]
    if json:
        rows = [
            {"account": s.account, "connected": s.connected, "signs_in": signs_in, "trouble": s.trouble}
            for s, signs_in in found
        ]
        print(as_json(rows))
        return
    for one, signs_in in found:
        state = "connected" if one.connected else f"not connected: tillproof accounts connect {one.account}"
        print(f"{one.account}  {state if signs_in else 'needs no sign-in'}  {one.trouble}".rstrip())


@accounts.command()
def connect(
    name: OneAccount,
    code: Annotated[str, typer.Option(help="The code, or the whole address, that you were sent to.")] = "",
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    listen: Annotated[int, typer.Option(help="Wait for the redirect on this local port.")] = 0,
    settings: SettingsPath = SETTINGS_FILE,
) -> None:
    """Connect an account: sign in at the till's vendor once; the tokens are stored encrypted.

    \b
    tillproof accounts connect main
    tillproof accounts connect main --no-browser       prints the address and asks for the answer
    tillproof accounts connect main --code 'https://…' goes on in another shell
    """
    with opened(settings) as app:
        if not code:
            code = _sent_back(app.sign_in_url(name), browser, listen)
        app.finish_sign_in(name, code)
        print(f"{name}: connected")
        _told(app.check(name))


@accounts.command()
def check(name: OneAccount, settings: SettingsPath = SETTINGS_FILE, json: Json = False) -> None:
    """Ask both ends who they are, and whether currency, zones, list and metrics fit together.

    \b
    tillproof accounts check main
    """
    from sync.show import as_json

    with opened(settings) as app:
        found = app.check(name)
    if json:
        print(as_json(found.as_json()))
        raise typer.Exit(5 if found.problems else 0)
    _told(found)


@accounts.command()
def rekey(settings: SettingsPath = SETTINGS_FILE) -> None:
    """Seal all stored credentials with the first of the keys given; the old key must still be given.

    \b
    TILLPROOF_KEY="$NEW,$OLD" tillproof accounts rekey
    """
    with opened(settings) as app:
        print(f"{app.rekey()} accounts sealed with the current key")


@accounts.command()
def keygen() -> None:
    """Print a new key for TILLPROOF_KEY or for [secrets] key_file. Keep it apart from the database.

    \b
    tillproof accounts keygen > tillproof.key
    """
    from sync.store.secrets import new_key

    print(new_key())


@accounts.command()
def example(
    source: Annotated[
        str, typer.Option(help="The POS: lightspeed_r, lightspeed_x or sitoo.")
    ] = "lightspeed_r",
) -> None:
    """Print settings to start from.

    \b
    tillproof accounts example > tillproof.toml
    tillproof accounts example --source sitoo > tillproof.toml
    """
    from sync.settings import WrongSettings
    from sync.settings import example as text

    try:
        print(text(source), end="")
    except WrongSettings as wrong:
        raise typer.BadParameter(str(wrong), param_hint="--source") from None


def _sent_back(url: str, browser: bool, port: int) -> str:
    print(f"Open this address and sign in at the till's vendor:\n\n  {url}\n", file=sys.stderr)
    if browser:
        import webbrowser

        webbrowser.open(url)
    if port:
        from sync.callback import wait_for_redirect

        return wait_for_redirect(port)
    print("Then paste the address you were sent to (it works for 60 seconds):", file=sys.stderr)
    return sys.stdin.readline().strip()


def _told(found: "Check") -> None:
    shops = len(found.till.shops)
    print(f"{found.account}: {found.till.name}, {shops} shops, {found.till.currency}")
    print(
        f"  Klaviyo account {found.klaviyo.public_id}, days in {found.klaviyo.zone}, {found.klaviyo.currency}"
    )
    for problem in found.problems:
        print(f"  problem: {problem}")
    for remark in found.remarks:
        print(f"  note: {remark}")
    if found.problems:
        raise typer.Exit(5)
