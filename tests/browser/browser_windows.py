"""Windows of the browser, and what their pages complain of."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page


class Windows:
    """Fresh windows; `complaints` of each page collects errors and requests that left it."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []

    def open(
        self,
        url: str,
        stays: Callable[[str], bool],
        *,
        width: int = 1280,
        scheme: Any = "light",
        scripts: bool = True,
        cookies: Any = None,
    ) -> Page:
        """Go there. `stays` says whether a request is one that the page may make."""
        context = self._browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=scripts,
            storage_state=cookies,
        )
        self._contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(5_000)
        page.complaints = complaints = []
        page.on("console", lambda said: complaints.append(said.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda sent: stays(sent.url) or complaints.append(f"asked for {sent.url}"))
        page.goto(url)
        return page

    def close(self) -> None:
        for context in self._contexts:
            context.close()
