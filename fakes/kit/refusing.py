"""What any till's refusals are made of: the exception that ends a request, and an edge's own page."""

from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.wrappers import Response

HTML = "text/html; charset=UTF-8"


class Refused(Exception):
    """The request is answered with this status and message, in the till's own shape."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def phrase(status: int) -> str:
    """The words of RFC 9110 for a status."""
    return HTTP_STATUS_CODES.get(status, "Error")


def edge_page(status: int) -> Response:
    """The HTML with which a CDN answers for a till that does not."""
    name = phrase(status)
    html = f"<html><head><title>{status} {name}</title></head><body><h1>{name}</h1></body></html>"
    return Response(html, status=status, content_type=HTML)
