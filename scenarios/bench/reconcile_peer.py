"""The peer's process: datacompy on Polars comparing the same two files by sale and metric."""

import sys


def main() -> None:
    """Compare what can be compared and count what differs."""
    import polars as pl  # noqa: PLC0415 - an optional extra
    from datacompy import PolarsCompare  # noqa: PLC0415 - the same

    names = pl.col("kind").replace_strict({"placed": "Placed Order", "refunded": "Refunded Order"})
    columns = ["sale_id", "metric", "happened_at", "currency", "total_minor"]
    expected = pl.read_parquet(sys.argv[1]).with_columns(names.alias("metric")).select(columns)
    observed = pl.read_parquet(sys.argv[2]).select(columns)
    compared = PolarsCompare(expected, observed, join_columns=["sale_id", "metric"])
    rows = compared.df1_unq_rows.height, compared.df2_unq_rows.height, compared.intersect_rows.height
    print(rows)  # noqa: T201 - what a command does


if __name__ == "__main__":
    main()
