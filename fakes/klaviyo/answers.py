"""Answers in JSON:API's envelope."""

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from flask import Response, request

from fakes.klaviyo.errors import MEDIA_TYPE, invalid
from fakes.klaviyo.query import encode_cursor

T = TypeVar("T")


def base_url() -> str:
    """Scheme and host as the client called us: links must lead back here."""
    return request.host_url.rstrip("/")


def document(content: object, status: int = 200) -> Response:
    """A JSON:API document."""
    return Response(msgspec.json.encode(content), status=status, content_type=MEDIA_TYPE)


def single(resource: dict[str, Any], status: int = 200, included: Sequence[dict[str, Any]] = ()) -> Response:
    """One resource. The top-level link is the URL that was called."""
    content: dict[str, Any] = {"data": resource, "links": {"self": request.url}}
    if included:
        content["included"] = included
    return document(content, status)


def collection(
    resources: Sequence[object], next_cursor: list[Any] | None, included: Sequence[object] = ()
) -> Response:
    """One page of resources."""
    content: dict[str, Any] = {"data": resources}
    if included:
        content["included"] = included
    return document(content | {"links": page_links(next_cursor)})


def page_of(items: Sequence[T], cursor: list[Any] | None, size: int) -> tuple[Sequence[T], list[Any] | None]:
    """One page of a sequence that only grows at its end, and the cursor of the next page."""
    start = 0
    if cursor is not None:
        if len(cursor) != 2 or not isinstance(cursor[1], int):
            raise invalid("Invalid page cursor.", parameter="page[cursor]")
        start = cursor[1]
    end = start + size
    return items[start:end], ["next", end] if len(items) > end else None


def page_links(next_cursor: list[Any] | None) -> dict[str, str | None]:
    """``next`` repeats all parameters with its cursor; null on the last page."""
    following = None
    if next_cursor is not None:
        parameters = {**request.args.to_dict(), "page[cursor]": encode_cursor(next_cursor)}
        following = f"{request.base_url}?{urlencode(parameters)}"
    return {"self": request.url, "next": following, "prev": None}


def accepted() -> Response:
    """202 without a body and without a Content-Type."""
    return _empty(202)


def no_content() -> Response:
    """204."""
    return _empty(204)


def _empty(status: int) -> Response:
    response = Response(b"", status=status)
    del response.headers["Content-Type"]
    return response
