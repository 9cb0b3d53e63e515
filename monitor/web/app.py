"""The composition root of the dashboard: settings in, one WSGI application out."""

import hashlib
import hmac
import os
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from argon2 import PasswordHasher
from flask import Flask
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined

from monitor.alerting.courier import AppriseCourier, Courier
from monitor.door import open_sync
from monitor.opening import Transports
from monitor.web import errors, present
from monitor.web.drafts import Drafts
from monitor.web.guard import guard
from monitor.web.jobs import Jobs
from monitor.web.metrics import Metrics
from monitor.web.pages import (
    account,
    alerts,
    calendar,
    connect,
    findings,
    jobs,
    letters,
    overview,
    probes,
    repair,
    runs,
    settings,
    sign,
)
from monitor.web.program import OpenProgram
from monitor.web.sessions import LIFE_S, Sessions
from monitor.web.site import Configured, Site
from monitor.web.throttle import Throttle
from monitor.web.users import Users
from sync.domain.clock import Clock, SystemClock
from sync.settings import WrongSettings
from sync.store.database import Store

HERE = ("localhost", "127.0.0.1", "[::1]")
FORM_MAX_BYTES = 64 * 1024
PAGES = (
    sign, probes, overview, account, calendar, findings, runs, repair, letters, alerts, settings, jobs,
    connect,
)  # fmt: skip


def build(
    configured: Configured,
    store: Store,
    *,
    clock: Clock | None = None,
    courier: Courier | None = None,
    open_program: OpenProgram = open_sync,
    transports: Transports | None = None,
    hasher: PasswordHasher | None = None,
    url: str = "",
    hosts: Sequence[str] = (),
    upstreams: Mapping[str, str] | None = None,
    at_once: bool = False,
) -> Flask:
    """The dashboard over an opened database.

    `url` is how people reach it (else `[monitor] link`); only it, this machine's own names and `hosts` are
    answered to. `transports` mounts fakes, `upstreams` are the addresses of POS and Klaviyo for accounts
    connected in the browser, and `at_once` does jobs before answering. Raises WrongSettings without a key.
    """
    clock = clock or SystemClock()
    reached = (url or configured.own.link).rstrip("/")
    site = Site(
        configured, store, clock, courier or AppriseCourier(), open_program,
        Users(store, hasher), Sessions(store), Throttle(store),
        Jobs(lambda: int(clock.now().timestamp()), at_once=at_once), Drafts(), Metrics(store, clock),
        [*HERE, *(name for name in (urlsplit(reached).hostname,) if name), *hosts],
        reached, transports, dict(upstreams or {}),
    )  # fmt: skip
    app = _Dashboard("monitor.web", root_path=str(Path(__file__).parent))
    app.extensions["tillproof"] = site
    app.config.update(_config(site))
    app.jinja_env.filters.update(present.FILTERS)
    app.jinja_env.globals.update(present.GLOBALS)
    app.jinja_env.globals["asset"] = _assets(Path(__file__).parent / "static")
    errors.explain(app)
    guard(app, site)
    CSRFProtect(app)
    site.metrics.watch(app)
    for page in PAGES:
        page.register(app)
    return app


def warm(app: Flask) -> Flask:
    """Compile every template now, so that the first reader need not wait."""
    for name in app.jinja_env.list_templates(extensions=["html"]):
        app.jinja_env.get_template(name)
    return app


class _Dashboard(Flask):
    """Flask with templates in which a misspelled name is an error, and no text of a till shows unmasked."""

    jinja_options: dict[str, Any] = {  # noqa: RUF012 - Flask declares it so
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "finalize": present.finalize,
    }

    def select_jinja_autoescape(self, filename: str | None) -> bool:  # noqa: ARG002 - Flask's own signature
        """Everything is escaped, whatever a template is called."""
        return True


def _config(site: Site) -> dict[str, Any]:
    current, *older = _cookie_keys(site.settings.keys)
    return {
        "SECRET_KEY": current,
        "SECRET_KEY_FALLBACKS": older,
        "SESSION_COOKIE_NAME": "__Host-tillproof" if site.secure else "tillproof",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",  # with Strict it is not found on the way back from the POS
        "SESSION_COOKIE_SECURE": site.secure,
        "SESSION_COOKIE_PATH": "/",
        "PERMANENT_SESSION_LIFETIME": timedelta(seconds=LIFE_S),
        "MAX_CONTENT_LENGTH": FORM_MAX_BYTES,
        "MAX_FORM_MEMORY_SIZE": FORM_MAX_BYTES,
        "WTF_CSRF_TIME_LIMIT": None,  # it lives as long as the sign-in
        "SEND_FILE_MAX_AGE_DEFAULT": 31_536_000,  # the address of an asset changes with its contents
    }


def _cookie_keys(keys: Sequence[str]) -> list[bytes]:
    """Keys for cookies, made from those that seal credentials, so that there is one secret to look after."""
    if not keys:
        raise WrongSettings(
            "the dashboard signs its cookies with the key: make one with `tillproof accounts keygen` and "
            "give it as TILLPROOF_KEY, or as a file named by [secrets] key_file"
        )
    return [hmac.digest(key.encode(), b"tillproof dashboard cookies", "sha256") for key in keys]


def _assets(folder: Path) -> Any:
    """A file's address with a bit of its hash, so that browsers may keep it for ever."""
    marks = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()[:12]
        for name in sorted(os.listdir(folder))
    }

    def asset(name: str) -> str:
        return f"/static/{name}?{marks[name]}"

    return asset
