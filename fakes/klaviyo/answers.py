"""Answers in JSON:API's envelope."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from flask import Response, request

from fakes.klaviyo.errors import MEDIA_TYPE
from fakes.klaviyo.query import Query, bad_cursor, encode_cursor
from fakes.klaviyo.shapes import sparse

T = TypeVar("T")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Cursors:
    """Where the neighbouring pages start; None where there is none."""

    next: list[Any] | None = None
    prev: list[Any] | None = None


ONLY_PAGE = Cursors()


def base_url() -> str:
    """Scheme and host as the client called us: links must lead back here."""
    return request.host_url.rstrip("/")


def document(content: object, status: int = 200) -> Response:
    """A JSON:API document."""
    return Response(msgspec.json.encode(content), status=status, content_type=MEDIA_TYPE)


def single(resource: Json | None, status: int = 200, included: Sequence[Json] = ()) -> Response:
    """One resource, or null. The top-level link is the URL that was called."""
    content: Json = {"data": resource}
    if included:
        content["included"] = included
    return document(content | {"links": {"self": request.url}}, status)


def one(resource: Json, query: Query, status: int = 200, included: Sequence[Json] = ()) -> Response:
    """One resource with the attributes that the query chooses."""
    return single(chosen([resource], query)[0], status, included)


def collection(
    resources: Sequence[object], cursors: Cursors = ONLY_PAGE, included: Sequence[object] = ()
) -> Response:
    """One page of resources."""
    content: Json = {"data": resources}
    if included:
        content["included"] = included
    return document(content | {"links": page_links(cursors)})


def chosen(resources: Sequence[Json], query: Query) -> list[Json]:
    """The resources with only the attributes that the query's sparse fieldsets choose."""
    return [sparse(one, query.fields.get(one["type"])) for one in resources]


def ids_of(resources: Sequence[Mapping[str, Any]]) -> list[Json]:
    """Only type and id, as relationship endpoints answer."""
    return [{"type": one["type"], "id": one["id"]} for one in resources]


def page_of(items: Sequence[T], query: Query, fixed: int = 0) -> tuple[Sequence[T], Cursors]:
    """One page of a sequence, and where its neighbours start. Without any size everything is one page."""
    size, start = query.size or fixed or max(1, len(items)), 0
    if query.cursor is not None:
        if len(query.cursor) != 2 or type(query.cursor[1]) is not int or query.cursor[1] < 0:
            raise bad_cursor()
        start = query.cursor[1]
    end = start + size
    following = ["next", end] if len(items) > end else None
    return items[start:end], Cursors(following, ["prev", max(0, start - size)] if start else None)


def page_links(cursors: Cursors) -> dict[str, str | None]:
    """``next`` and ``prev`` repeat all parameters with their cursor; null where there is no such page."""
    return {"self": request.url, "next": _link(cursors.next), "prev": _link(cursors.prev)}


def _link(cursor: list[Any] | None) -> str | None:
    if cursor is None:
        return None
    parameters = {**request.args.to_dict(), "page[cursor]": encode_cursor(cursor)}
    return f"{request.base_url}?{urlencode(parameters)}"


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
