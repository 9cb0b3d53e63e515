"""Routes that cost little to make: a test has a fresh fake, and most of that is registering routes."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, request
from werkzeug.routing import Rule
from werkzeug.wrappers import Response

View = Callable[..., Response]


class FastRule(Rule):
    """A rule that only matches: compiling what builds URLs takes four fifths of the time to make one."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        del append_unknown
        return _no_url


def _no_url(*_: object, **__: object) -> tuple[str, str]:
    raise NotImplementedError("nothing here builds URLs")


def mount(api: Blueprint, path: str, views: Mapping[str, View]) -> None:
    """One rule for a path; `views` are by method."""

    def view(**parts: Any) -> Response:
        return views["GET" if request.method == "HEAD" else request.method](**parts)

    # A dot in a name would mean a nested blueprint.
    name = path.replace(".json", "").replace("/", ":")
    api.add_url_rule(path, name, view, methods=list(views), provide_automatic_options=False)
