"""What links in answers begin with, when clients reach the fake through a proxy or a name of their own."""

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


@dataclass(frozen=True, slots=True)
class LinkBase:
    """Scheme and host, with its port if it has one."""

    scheme: str
    host: str

    def __str__(self) -> str:
        return f"{self.scheme}://{self.host}"

    def put_into(self, environ: "WSGIEnvironment") -> None:
        """Make every URL that is built from this request begin here."""
        environ["wsgi.url_scheme"] = self.scheme
        environ["HTTP_HOST"] = self.host


def link_base(url: str) -> LinkBase:
    """Read one from a URL such as ``https://a.klaviyo.com``. Raises ValueError for anything else."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or url.rstrip("/") != _plain(parts):
        raise ValueError(f"a link base looks like https://host or http://host:port, not {url!r}")
    return LinkBase(parts.scheme, parts.netloc)


def _plain(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc}"
