"""One rule a path: a test has a fresh fake, and most of making it is registering routes."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, request
from werkzeug.wrappers import Response

View = Callable[..., Response]


def mount(api: Blueprint, path: str, views: Mapping[str, View]) -> None:
    """One rule for a path; `views` are by method."""

    def view(**parts: Any) -> Response:
        return views["GET" if request.method == "HEAD" else request.method](**parts)

    # A dot in a name would mean a nested blueprint.
    name = path.replace(".json", "").replace("/", ":")
    api.add_url_rule(path, name, view, methods=list(views), provide_automatic_options=False)
