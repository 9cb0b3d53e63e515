"""Which sales a reconciliation called missing, read from its drift.csv; the monitor is not imported."""

import csv
from pathlib import Path

from sync.settings import WrongSettings

_NEEDED = {"kind", "account", "sale_id"}


def missing_sales(path: Path, account: str) -> list[str]:
    """The sales of one account that a drift.csv calls missing, each once, in the order of the file.

    Raises WrongSettings for a file that cannot be read or is no drift.csv.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if not _NEEDED.issubset(reader.fieldnames or ()):
                raise WrongSettings(f"{path} is no drift.csv of a reconciliation: it lacks its columns")
            rows = [
                row["sale_id"] for row in reader if row["kind"] == "missing" and row["account"] == account
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise WrongSettings(
            f"{path} cannot be read ({type(problem).__name__}); name the drift.csv of a reconciliation"
        ) from None
    return list(dict.fromkeys(sale for sale in rows if sale))
