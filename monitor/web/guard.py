"""What stands before every page: the host's name, the sign-in, the role; and the headers behind it."""

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, abort, g, redirect, request, session, url_for
from werkzeug.sansio.utils import host_is_trusted
from werkzeug.wrappers import Response as AnyResponse

from monitor.web.site import Site
from monitor.web.users import User

SECRET = "sign_in"  # noqa: S105 - the name under which the cookie holds the sign-in
OPEN_PAGES = frozenset({"sign_in", "static"})  # for everybody
PROBES = frozenset({"healthz", "readyz", "metrics"})  # for machines, by any name of the host
_ANYBODY_WRITES = frozenset({"sign_in", "sign_out"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def guard(app: Flask, site: Site) -> None:
    """Let nobody pass who may not."""

    @app.before_request
    def _pass() -> AnyResponse | None:
        if request.endpoint in PROBES:
            return None
        if not host_is_trusted(request.host, list(site.hosts)):
            abort(400, "This dashboard does not answer to that name. Set [monitor] link to its address.")
        g.user = _signed_in(site)
        if request.endpoint in OPEN_PAGES:
            return None
        if g.user is None:
            if request.method != "GET":
                abort(401)
            return redirect(url_for("sign_in", next=request.full_path.rstrip("?")))
        if _writes() and request.endpoint not in _ANYBODY_WRITES and not g.user.acts:
            abort(403, "Only an operator may do this; you are signed in as a viewer.")
        return None

    @app.after_request
    def _dress(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if request.endpoint != "static":
            response.headers["Cache-Control"] = "no-store"
        if site.secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000"
        return response


def rotate(site: Site, user: User) -> None:
    """Sign in: nothing of the cookie from before is kept, so nobody can have planted it."""
    leave(site)
    session[SECRET] = site.sessions.begin(user.name, site.now_s())
    session.permanent = True


def leave(site: Site) -> None:
    """Sign out."""
    secret = session.get(SECRET)
    if isinstance(secret, str):
        site.sessions.end(secret)
    session.clear()


def only_operators(view: Callable[..., Any]) -> Callable[..., Any]:
    """For pages that show what only an operator may set in motion."""

    def guarded(*args: Any, **kwargs: Any) -> Any:
        if not g.user.acts:
            abort(403, "Only an operator may do this; you are signed in as a viewer.")
        return view(*args, **kwargs)

    guarded.__name__ = view.__name__
    return guarded


def safe_next(target: str) -> str:
    """Where to go after signing in: a page of this dashboard, or the first one."""
    plain = target.isprintable() and "\\" not in target and "://" not in target.split("?", maxsplit=1)[0]
    return target if plain and target.startswith("/") and not target.startswith("//") else "/"


def _writes() -> bool:
    return request.method not in ("GET", "HEAD", "OPTIONS")


def _signed_in(site: Site) -> User | None:
    secret = session.get(SECRET)
    if not isinstance(secret, str):
        return None
    now_s = site.now_s()
    with site.store.reading() as connection:
        found = site.sessions.who(connection, secret, now_s)
        user = site.users.find(connection, found[0]) if found else None
    if found and found[1] and user:
        site.sessions.touch(secret, now_s)
    return user
