"""Connecting an account, step by step: keys, authorise, confirm, list, preview, complete."""

import re
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta

from flask import Flask, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from monitor.web import looking
from monitor.web.drafts import INPUTS, KLAVIYO, Draft
from monitor.web.guard import only_operators
from monitor.web.jobs import Done
from monitor.web.pages.account import begin
from monitor.web.settingsfile import CannotWrite, add
from monitor.web.site import account_or_404, me, site
from sync.domain.masking import mask_text
from sync.http.errors import ApiTrouble
from sync.settings import WrongSettings

STEPS = ("keys", "authorise", "confirm", "list", "preview")
STEP_WORDS = {one: one.capitalize() for one in STEPS}
PREVIEW_DAYS = 7
_NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")
_VALUE_MAX = 2_000


def register(app: Flask) -> None:
    """Offer the pages."""
    both = ["GET", "POST"]
    app.add_url_rule("/connect", "connect", only_operators(start), methods=both)
    app.add_url_rule("/connect/callback", "connect_callback", only_operators(callback))
    for step, view in zip(STEPS, (keys, authorise, confirm, choose_list, preview), strict=True):
        app.add_url_rule(f"/connect/<name>/{step}", f"connect_{step}", only_operators(view), methods=both)
    app.add_url_rule("/connect/<name>/complete", "connect_complete", complete, methods=["POST"])
    app.add_url_rule("/connect/<name>/done", "connect_done", only_operators(done))


def start() -> str | Response | tuple[str, int]:
    """Which POS, and what the account is to be called."""
    if me().accounts:
        abort(403, "You see some accounts only; somebody who sees all of them connects new ones.")
    if request.method == "GET":
        return render_template("connect/start.html", trouble="", name="", source="", here="connect")
    name, source = request.form.get("name", "").strip(), request.form.get("source", "")
    here, trouble = site(), ""
    if source not in INPUTS:
        trouble = "Choose the point of sale."
    elif not _NAME.match(name):
        trouble = "A name has up to 40 letters, digits, dashes and underscores."
    elif name in here.settings.accounts:
        trouble = f"There is an account {name} already; take another name."
    if trouble:
        shown = render_template(
            "connect/start.html", trouble=trouble, name=name[:40], source=source, here="connect"
        )
        return shown, 422
    here.drafts.begin(Draft(name, source, me().name, here.now_s()))
    return _to("keys", name)


def keys(name: str) -> str | Response | tuple[str, int]:
    """The keys of both ends."""
    draft = _draft(name)
    if request.method == "GET":
        return _page("keys", draft, inputs=INPUTS[draft.source], klaviyo=KLAVIYO)
    pos = {one.key: _told(one.key) or draft.pos.get(one.key, "") for one in INPUTS[draft.source]}
    missing = [one.label for one in INPUTS[draft.source] if one.required and not pos[one.key]]
    api_key = _told("api_key") or draft.api_key
    missing += [] if api_key else [KLAVIYO.label]
    if draft.source == "lightspeed_x":
        pos["redirect_uri"] = _callback_url()
        if not pos["personal_token"] and not (pos["client_id"] and pos["client_secret"]):
            missing.append("a personal token, or a client ID with its secret")
    draft = site().drafts.change(
        name,
        pos=pos,
        api_key=api_key,
        checked=None,
        connected=False,
        confirmed=False,
        list_id=None,
        preview=None,
    )
    try:
        if missing:
            raise WrongSettings(f"Still to tell: {', '.join(missing)}.")
        looking.settings_of(site(), draft)
    except WrongSettings as wrong:
        words = str(wrong).replace(f"what was told: accounts.{name}.", "")
        return _page("keys", draft, trouble=words, inputs=INPUTS[draft.source], klaviyo=KLAVIYO), 422
    return _to("authorise" if draft.needs_sign_in else "confirm", name)


def authorise(name: str) -> str | Response | tuple[str, int]:
    """Granting access at the POS's own page; what comes back may also be pasted."""
    draft = _draft(name)
    if not draft.told:
        return _to("keys", name)
    if request.method == "GET":
        return _page("authorise", draft, callback=_callback_url())
    try:
        if request.form.get("pasted"):
            return _finish(draft, request.form["pasted"][:_VALUE_MAX])
        with closing(site().open_program(looking.settings_of(site(), draft))) as program:
            draft = site().drafts.change(name, authorise_url=program.sign_in_url(name))
    except (ApiTrouble, WrongSettings) as trouble:
        return _page("authorise", draft, trouble=mask_text(str(trouble)), callback=_callback_url()), 422
    return _to("authorise", name)


def callback() -> Response | tuple[str, int]:
    """The way back from the POS. What it brings must belong to the attempt that this person began."""
    draft = site().drafts.waiting(me().name, site().now_s())
    if draft is None:
        abort(400, "Nothing waits for this address. Begin to connect the account, then authorise again.")
    try:
        return _finish(draft, request.url[:_VALUE_MAX])
    except (ApiTrouble, WrongSettings) as trouble:
        return _page("authorise", draft, trouble=mask_text(str(trouble)), callback=_callback_url()), 422


def confirm(name: str) -> str | Response | tuple[str, int]:
    """Who both ends are, and whether their zones fit."""
    draft = _draft(name)
    if not draft.told or (draft.needs_sign_in and not draft.connected):
        return _to("authorise", name)
    if draft.checked is None:
        try:
            draft = site().drafts.change(name, **looking.both_ends(site(), draft))
        except (ApiTrouble, WrongSettings) as trouble:
            inputs, words = INPUTS[draft.source], mask_text(str(trouble))
            return _page("keys", draft, trouble=words, inputs=inputs, klaviyo=KLAVIYO), 422
    if request.method == "GET":
        return _page("confirm", draft)
    if draft.problems or request.form.get("sure") != "yes":
        words = "Mend what is named first." if draft.problems else "Say that these are the right accounts."
        site().drafts.change(name, checked=None)  # so that the next look is a fresh one
        return _page("confirm", draft, trouble=words), 422
    site().drafts.change(name, confirmed=True)
    return _to("list", name)


def choose_list(name: str) -> str | Response | tuple[str, int]:
    """Where new customers go."""
    draft = _draft(name)
    if not draft.confirmed:
        return _to("confirm", name)
    if request.method == "GET":
        return _page("list", draft)
    chosen = request.form.get("list", "")
    if chosen and chosen not in {number for number, _ in draft.lists}:
        return _page("list", draft, trouble="Choose one of the lists."), 422
    site().drafts.change(name, list_id=chosen, preview=None)
    return _to("preview", name)


def preview(name: str) -> str | Response:
    """What the last days would have sent, before anything is."""
    draft = _draft(name)
    if draft.list_id is None:
        return _to("list", name)
    if request.method == "GET":
        return _page("preview", draft, days=PREVIEW_DAYS)
    here = site()
    last = here.clock.now().date()
    settings, back = looking.settings_of(here, draft), url_for("connect_preview", name=name)

    def work(tell: Callable[[str], None]) -> Done:
        tell("Reading the POS")
        first = last - timedelta(days=PREVIEW_DAYS)
        found = looking.preview(here.open_program, settings, name, first, last)
        if found.ok:
            here.drafts.change(name, preview=found.data)
        return Done(found.ok, found.words, link=back, link_words="Look at the preview")

    return begin(name, "Preview", work, back)


def complete(name: str) -> str | Response | tuple[str, int]:
    """Write the account into the settings; from now on it is one of them."""
    draft = _draft(name)
    if draft.list_id is None or not draft.confirmed:
        return _to("confirm", name)
    here = site()
    try:
        add(here.configured.path, name, draft.section(here.upstreams), here.configured.environment)
    except CannotWrite as cannot:
        return render_template(
            "connect/by_hand.html", draft=draft, why=cannot.why, toml=cannot.toml, variables=cannot.variables,
            here="connect",
        )  # fmt: skip
    here.configured = here.configured.again()
    here.drafts.drop(name)
    return redirect(url_for("connect_done", name=name), 303)


def done(name: str) -> str:
    """It is connected: what comes next."""
    account_or_404(name)
    return render_template("connect/done.html", account_name=name, here="connect")


def _finish(draft: Draft, pasted: str) -> Response:
    with closing(site().open_program(looking.settings_of(site(), draft))) as program:
        program.finish_sign_in(draft.name, pasted)
    site().drafts.change(draft.name, connected=True, authorise_url="", checked=None)
    return _to("confirm", draft.name)


def _draft(name: str) -> Draft:
    found = site().drafts.find(name, me().name, site().now_s())
    if found is None:
        abort(404)
    return found


def _told(key: str) -> str:
    return request.form.get(key, "").strip()[:_VALUE_MAX]


def _callback_url() -> str:
    base = site().url or request.host_url.rstrip("/")
    return f"{base}/connect/callback"


def _to(step: str, name: str) -> Response:
    return redirect(url_for(f"connect_{step}", name=name), 303)


def _page(step: str, draft: Draft, *, trouble: str = "", **values: object) -> str:
    steps = [one for one in STEPS if one != "authorise" or draft.needs_sign_in]
    return render_template(
        f"connect/{step}.html", draft=draft, step=step, trouble=trouble, here="connect", at=steps.index(step),
        steps=[(one, STEP_WORDS[one]) for one in steps], **values,
    )  # fmt: skip
