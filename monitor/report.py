"""The report as one HTML file: self-contained, readable offline, the same to the byte for the same report."""

import base64
import hashlib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from monitor.page.pattern import Amiss
from monitor.page.text import showable
from monitor.page.whole import page
from monitor.report_data import Report

_TEMPLATES = Path(__file__).parent / "templates"


def render(report: Report, amiss: Iterable[Amiss] | None = None) -> str:
    """The page as text: nothing in it is fetched from elsewhere, and no text of a till becomes markup.

    `amiss` names the shops' days that differ where the report does not hold its accounting.

    At most 200 findings are shown as cards and the page says so; the rest is in `drift.csv`, which is
    expected to lie beside it.
    """
    pages = _environment()
    style = pages.get_template("report/report.css").render()
    script = pages.get_template("report/report.js").render()
    return pages.get_template("report.html").render(
        page=page(report, amiss), style_hash=_csp_hash(style), script_hash=_csp_hash(script)
    )


def write(report: Report, path: Path, amiss: Iterable[Amiss] | None = None) -> Path:
    """Render to `path` in UTF-8 with plain newlines, whole or not at all; returns the path.

    Raises OSError when the folder is not there or cannot be written.
    """
    unfinished = path.with_name(f"{path.name}.part")
    unfinished.write_bytes(render(report, amiss).encode())
    unfinished.replace(path)
    return path


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Escapes everything, in every template. `StrictUndefined`: a misspelled name is an error, not a gap."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_showable,
    )


def _showable(value: object) -> object:
    # Only plain text: what a macro returns is markup that was made of cleaned text already.
    return showable(value) if type(value) is str else value


def _csp_hash(text: str) -> str:
    """How a content security policy names an inline style or script it lets through."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
