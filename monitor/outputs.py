"""What a run leaves behind: report.json and drift.csv. The same report gives the same bytes."""

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import msgspec

from monitor.report_data import Finding, Report

_COLUMNS = (
    "kind", "severity", "account", "shop", "shop_name", "business_day", "zone", "metric", "currency",
    "sale_id", "event_key", "event_id", "expected_time", "observed_time", "expected_amount",
    "observed_amount", "difference_minor", "title", "cause", "cause_proven", "remedy", "key",
)  # fmt: skip
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_json(report: Report, path: Path) -> None:
    """The whole report, one accounting row to a line, so that a year of shops fits in bounded memory."""
    encoder = msgspec.json.Encoder()
    head = encoder.encode(replace(report, accounting=()))
    end = b"]}"
    assert head.endswith(b'"accounting":[]}')  # the last field; the rows are written one by one
    with path.open("wb") as file:
        file.write(head.removesuffix(end))
        comma = b"\n"
        for row in report.accounting:
            file.write(comma + encoder.encode(row))
            comma = b",\n"
        file.write(b"\n]}\n")


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
        "files": {name: str(folder / name) for name in ("report.html", "report.json", "drift.csv")},
    }
    return msgspec.json.encode(short).decode()


class DriftFile:
    """drift.csv being written, one finding a row."""

    def __init__(self, file: TextIO) -> None:
        """Write the head."""
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(_COLUMNS)

    def write(self, findings: Iterable[Finding]) -> None:
        """Write findings in the order given."""
        self._writer.writerows(_cells(finding) for finding in findings)


@contextmanager
def drift_file(path: Path) -> Iterator[DriftFile]:
    """Open drift.csv for writing."""
    with path.open("w", encoding="utf-8", newline="") as file:
        yield DriftFile(file)


def guarded(text: str) -> str:
    """Text that no spreadsheet takes for a formula: `=1+1` becomes `'=1+1`."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _cells(finding: Finding) -> list[str | int]:
    day = finding.business_day.isoformat() if finding.business_day else ""
    texts = [
        finding.kind.value, finding.severity.value, finding.account, finding.shop, finding.shop_name, day,
        finding.zone, finding.metric, finding.currency, finding.sale_id, finding.event_key, finding.event_id,
        finding.expected.get("time", ""), finding.observed.get("time", ""),
        finding.expected.get("amount", ""), finding.observed.get("amount", ""),
    ]  # fmt: skip
    words = [finding.title, finding.cause.words, "yes" if finding.cause.proven else "no", finding.remedy]
    return [
        *(guarded(text) for text in texts), finding.difference_minor,
        *(guarded(text) for text in words), finding.key,
    ]  # fmt: skip
