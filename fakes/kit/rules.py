"""Routes that are only ever matched, never built: a fake has a hundred, and must be ready in milliseconds."""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class MatchedRule(Rule):
    """A route without the compiled URL builders, which take nine tenths of the time to make one."""

    def _compile_builder(
        self,
        append_unknown: bool = True,  # noqa: ARG002 - werkzeug calls it so
    ) -> Callable[..., tuple[str, str]]:
        return _never_built


def _never_built(*_: Any, **__: Any) -> tuple[str, str]:
    raise NotImplementedError("a fake's routes are matched, not built: write the link yourself")
