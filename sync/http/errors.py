"""What can go wrong with an upstream API, named for what the caller must do next.

    ApiTrouble
    ├── TryLater        wait `after_s`, then repeat it: rate limit, 5xx, network, after our own retries
    ├── Reconnect       the credentials are dead: a person must connect the account again
    ├── NotPermitted    403: a person must grant the scope it names
    ├── Refused         4xx: our request is wrong; `code`, `detail` and `pointer` say where
    ├── NotThere        404
    ├── Unintelligible  the answer is not what this API sends: HTML, cut off, a link to another host
    └── TooMuch         a limit of ours was reached: body size, pages

Messages say what to do next. They quote no payload, and e-mail addresses in them are masked.
"""

from sync.domain.masking import mask_text

_DETAIL_LENGTH_MAX = 300  # of what an upstream says about a refusal


class ApiTrouble(Exception):
    """An upstream did not do what we asked. `upstream` is its name, `status` its HTTP status, if any."""

    def __init__(self, upstream: str, message: str, *, status: int | None = None) -> None:
        """Keep who it was and mask whatever personal the message might carry."""
        super().__init__(f"{upstream}: {mask_text(message)}")
        self.upstream = upstream
        self.status = status


class TryLater(ApiTrouble):
    """Nothing is wrong with the request; it may be repeated after `after_s` seconds."""

    def __init__(
        self, upstream: str, message: str, *, after_s: float = 0.0, status: int | None = None
    ) -> None:
        """Keep how long the upstream asked us to wait; 0 when it did not say."""
        super().__init__(upstream, message, status=status)
        self.after_s = after_s


class Reconnect(ApiTrouble):
    """The credentials are dead; only a person can connect the account again."""


class NotPermitted(ApiTrouble):
    """The credentials work but do not allow this; `scope` names what is missing where that is known."""

    def __init__(self, upstream: str, message: str, *, scope: str = "", status: int | None = 403) -> None:
        """Keep the missing scope, empty when the upstream did not say."""
        super().__init__(upstream, message, status=status)
        self.scope = scope


class Refused(ApiTrouble):
    """The upstream understood and said no; repeating the same request would be refused again."""

    def __init__(
        self, upstream: str, status: int, *, code: str = "", detail: str = "", pointer: str = ""
    ) -> None:
        """Keep the upstream's code, its words and the place in our body that it points to."""
        self.code = code
        self.detail = mask_text(detail)[:_DETAIL_LENGTH_MAX]
        self.pointer = pointer
        told = " ".join(part for part in (code, self.detail, pointer) if part)
        super().__init__(upstream, f"refused our request with {status}: {told or 'no reason given'}")
        self.status = status


class NotThere(ApiTrouble):
    """What was asked for does not exist (404)."""

    def __init__(self, upstream: str, message: str = "there is no such thing", *, status: int = 404) -> None:
        """A 404, with the upstream's own words where it had any."""
        super().__init__(upstream, message, status=status)


class Unintelligible(ApiTrouble):
    """The answer cannot be read as what this API sends, even after asking again."""


class TooMuch(ApiTrouble):
    """A limit of ours was reached; asking for less may help."""
