"""What is shown when a page cannot be: what happened and what to do, and nothing about the inside."""

import logging

from flask import Flask, g, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from sync.domain.masking import mask_text
from sync.settings import WrongSettings
from sync.store.errors import StoreTrouble

_log = logging.getLogger(__name__)
_WORDS = {
    400: ("That was not understood", "Go back and try again."),
    401: ("You are signed out", "Sign in and do it again."),
    403: ("Not allowed", "Ask somebody who is an operator."),
    404: ("There is no such page", "It may have been let go of, or belong to an account you do not see."),
    405: ("That is not done this way", "Go back and use the page's own buttons."),
    413: ("That is too much", "Send less at a time."),
    429: ("Too many tries", "Wait a little."),
}


def explain(app: Flask) -> None:
    """Answer trouble with a page."""
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(WrongSettings, _ours)
    app.register_error_handler(StoreTrouble, _ours)
    app.register_error_handler(Exception, _fault)


def _forged(_problem: Exception) -> tuple[str, int]:
    return _page(
        400,
        "This form has expired",
        "It was made for another sign-in. Load the page again, then send it once more.",
    )


def _http(problem: HTTPException) -> tuple[str, int] | HTTPException:
    code = problem.code or 500
    if code < 400:
        return problem
    title, remedy = _WORDS.get(code, ("That did not work", "Go back and try again."))
    # Only words that we wrote ourselves: a library's description may quote what was sent.
    own = problem.description if code in (400, 403, 409, 429) and _ours_to_say(problem) else ""
    return _page(code, title, own or remedy)


def _ours_to_say(problem: HTTPException) -> bool:
    return problem.description != type(problem).description


def _ours(problem: Exception) -> tuple[str, int]:
    return _page(503, "That did not work", mask_text(str(problem)))


def _fault(problem: Exception) -> tuple[str, int]:
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "nowhere"
    _log.error("%s on %s: %s at %s", request.method, request.endpoint, type(problem).__name__, place)
    return _page(500, "A fault of tillproof", "Its log names the place. Trying again does no harm.")


def _page(code: int, title: str, remedy: str) -> tuple[str, int]:
    g.setdefault("user", None)
    return render_template("error.html", code=code, title=title, remedy=remedy), code
