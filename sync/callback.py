"""Waiting, on this machine, for the one redirect that ends a sign-in."""

from http.server import BaseHTTPRequestHandler, HTTPServer

_PAGE = b"<!doctype html><title>tillproof</title><p>Thank you. You may close this window.</p>"


def wait_for_redirect(port: int) -> str:
    """The address of the first request on 127.0.0.1:`port` that carries a code or an error.

    A vendor that insists on https for its redirects needs a forwarder in front.
    """
    found: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(_PAGE)
            if "code=" in self.path or "error=" in self.path:
                found.append(f"http://127.0.0.1:{port}{self.path}")

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the address holds the code."""

    with HTTPServer(("127.0.0.1", port), Handler) as server:
        while not found:
            server.handle_request()
    return found[0]
