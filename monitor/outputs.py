"""What a run leaves behind: report.json and drift.csv. The same report gives the same bytes."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

import msgspec

from monitor.report_data import Finding, Limit, Report

_CHUNK = 8 * 2**20
FILES = ("report.html", "report.json", "drift.csv", "drift.parquet")
FINDINGS_MAX = 2_000  # in report.json and report.html
COLUMNS = (
    "kind", "severity", "account", "shop", "shop_name", "business_day", "zone", "metric", "currency",
    "sale_id", "event_key", "event_id", "expected_time", "observed_time", "expected_amount",
    "observed_amount", "difference_minor", "title", "cause", "cause_proven", "remedy", "key",
)  # fmt: skip
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where a run leaves what it found."""

    folder: Path

    @property
    def json(self) -> Path:
        """The report as data."""
        return self.folder / "report.json"

    @property
    def html(self) -> Path:
        """The report as a page."""
        return self.folder / "report.html"

    @property
    def drift(self) -> Path:
        """The findings as a table."""
        return self.folder / "drift.csv"

    @property
    def drift_parquet(self) -> Path:
        """All findings as a table for programs."""
        return self.folder / "drift.parquet"

    def evidence(self, account: str) -> Path:
        """The folder of one account's evidence."""
        return self.folder / "evidence" / "".join(c if c.isalnum() or c in "-_" else "_" for c in account)


def cut(shown: int, total: int, where: str, rest: str) -> Limit:
    """Something longer than its limit: `where` shows `shown` of `total`, `rest` has more."""
    return Limit("cut", f"{where} shows {shown:,} of {total:,} findings", rest)


def write_json(report: Report, path: Path, rows: Path | None = None) -> None:
    """The whole report, one accounting row to a line, so that a year of shops fits in bounded memory.

    `rows` is a file with the accounting's rows, a line of JSON each; else the report's own are taken.
    """
    encoder = msgspec.json.Encoder()
    whole = encoder.encode(replace(report, accounting=()))
    head, found, rest = whole.rpartition(b'"accounting":[')
    assert found  # the rows are written one by one between `head` and `rest`
    with path.open("wb") as file:
        file.write(head + found)
        comma = b"\n"
        for row in map(encoder.encode, report.accounting):
            file.write(comma + row)
            comma = b",\n"
        if rows is not None:
            file.write(b"\n")
            _splice(rows, file)
        file.write(b"\n" + rest + b"\n")


def _splice(rows: Path, into: BinaryIO) -> None:
    """Copy lines with a comma between each two: JSON has no line breaks inside a line."""
    left = b""
    with rows.open("rb") as file:
        while chunk := file.read(_CHUNK):
            whole = left + chunk
            left = whole[-1:]
            into.write(whole[:-1].replace(b"\n", b",\n"))
    into.write(left.rstrip(b"\n"))


def summary_json(report: Report, folder: Path) -> str:
    """The report without its long lists, for a program that runs the command; the rest is in the files."""
    short = {
        "verdict": report.verdict,
        "exit_code": report.exit_code,
        "sentence": report.sentence,
        "next_step": report.next_step,
        "as_of": report.as_of,
        "window": report.window,
        "findings_by_kind": report.findings_by_kind,
        "sides": report.sides,
        "limits": report.limits,
        "files": {name: str(folder / name) for name in FILES},
    }
    return msgspec.json.encode(short).decode()


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula: `=1+1` becomes `'=1+1`."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def cells(finding: Finding) -> list[str | int]:
    """One row of drift.csv and drift.parquet, in the order of COLUMNS."""
    day = finding.business_day.isoformat() if finding.business_day else ""
    return [
        finding.kind.value, finding.severity.value, finding.account, finding.shop, finding.shop_name, day,
        finding.zone, finding.metric, finding.currency, finding.sale_id, finding.event_key, finding.event_id,
        finding.expected.get("time", ""), finding.observed.get("time", ""),
        finding.expected.get("amount", ""), finding.observed.get("amount", ""), finding.difference_minor,
        finding.title, finding.cause.words, "yes" if finding.cause.proven else "no", finding.remedy,
        finding.key,
    ]  # fmt: skip
