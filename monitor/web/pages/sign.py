"""Signing in and out."""

from flask import Flask, abort, g, redirect, render_template, request
from werkzeug.wrappers import Response

from monitor.web.guard import leave, rotate, safe_next
from monitor.web.site import site


def register(app: Flask) -> None:
    """Offer the pages."""
    app.add_url_rule("/sign-in", "sign_in", sign_in, methods=["GET", "POST"])
    app.add_url_rule("/sign-out", "sign_out", sign_out, methods=["POST"])


def sign_in() -> str | Response | tuple[str, int]:
    """The form, and its answer."""
    target = safe_next(request.values.get("next", "/"))
    if request.method == "GET":
        if g.user is not None:
            return redirect(target)
        return _form(target, "")
    here, place = site(), request.remote_addr or ""
    name, password = request.form.get("name", "").strip(), request.form.get("password", "")
    wait_s = here.throttle.wait_s(name, place, here.now_s())
    if wait_s:
        minutes = -(-wait_s // 60)
        abort(
            429,
            f"Too many wrong passwords. Wait {minutes} minute{'s' if minutes > 1 else ''}, then try again.",
        )
    user = here.users.verified(name, password)
    if user is None:
        return _form(target, "That name and password do not belong together."), 401
    here.throttle.succeeded(name, place)
    rotate(here, user)
    return redirect(target, 303)


def sign_out() -> Response:
    """End the sign-in, here and in the database."""
    leave(site())
    return redirect("/sign-in", 303)


def _form(target: str, trouble: str) -> str:
    return render_template("sign_in.html", target=target, trouble=trouble, here="")
