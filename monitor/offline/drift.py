"""The findings of two exports: the complete list straight from the engine, the gravest as cards.

`drift.parquet` and `drift.csv` have the columns every reconciliation writes. Each text in them is the one
the cards have: causes and remedies come from the same function, asked once for all findings alike.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from monitor.causes import Advice, Known, advise
from monitor.compare import Comparison, quoted
from monitor.details import Detail
from monitor.findings import finding_of, severity
from monitor.outputs import COLUMNS, FORMULA_STARTS
from monitor.report_data import Finding, FindingKind, ZoneDiagnosis
from monitor.words import SIGNS
from sync.domain.money import exponent

_GRAVITY = " ".join(f"WHEN '{kind.value}' THEN {at}" for at, kind in enumerate(FindingKind))
_ORDER = f"""CASE f.finding {_GRAVITY} END, f.account, f.business_day, f.shop_id, f.metric,
    coalesce(f.sale_id, f.event_sale_id), coalesce(f.event_id, '')"""
_FIELDS = """f.finding, f.shop_id, f.zone, f.business_day, f.metric, f.currency, f.difference_minor,
    f.sale_id, f.sale_id, CASE WHEN f.sale_id IS NULL THEN NULL ELSE '' END, f.sale_id, f.kind,
    f.unit_at, f.unit_at, f.unit_at, f.total_minor, f.unit_currency,
    CASE WHEN f.sale_id IS NULL THEN NULL ELSE '' END, CASE WHEN f.sale_id IS NULL THEN NULL ELSE '' END,
    f.unit_no IS NOT NULL,
    f.event_id, f.event_sale_id, f.event_sale_id, f.event_at, f.value_minor, f.event_currency, f.profile,
    f.best_id, NULL, NULL, f.best_profile"""


def known(account: str, zone: ZoneDiagnosis | None, absent: frozenset[str]) -> Known:
    """What is known of an account whose sides were only read from files: nobody can be asked."""
    return Known(account, "", absent, frozenset(), frozenset(), zone, ours=False)


def prepare(engine: Comparison, of_account: dict[str, Known]) -> None:
    """Ask for the cause of each group of findings alike, and spell money as the cards do."""
    engine.db.execute(
        "CREATE TABLE advice (finding VARCHAR, code VARCHAR, account VARCHAR, apart_s BIGINT,"
        " severity VARCHAR, cause VARCHAR, proven VARCHAR, remedy VARCHAR)"
    )
    engine.fill("advice", list(_advice(engine, of_account)))
    engine.db.execute("CREATE TABLE coins (currency VARCHAR, sign VARCHAR, digits BIGINT, size BIGINT)")
    named = [name for (name,) in engine.rows(_CURRENCIES)]
    engine.fill(
        "coins", [(name, SIGNS.get(name, ""), exponent(name), 10 ** exponent(name)) for name in named]
    )
    engine.db.execute(_DRIFT)


def write(engine: Comparison, parquet: Path, table: Path) -> None:
    """The complete list, as Parquet and as CSV that no spreadsheet takes for formulas."""
    plain = ", ".join(COLUMNS)
    guarded = ", ".join(name if name == "difference_minor" else _guarded(name) for name in COLUMNS)
    for columns, path, form in ((plain, parquet, "parquet"), (guarded, table, "csv")):
        query = f"SELECT {columns} FROM drift ORDER BY place"  # noqa: S608 - columns of ours
        engine.db.execute(f"COPY ({query}) TO {quoted(path)} (FORMAT {form})")


def _guarded(name: str) -> str:
    risky = f"{name} <> '' AND contains('{''.join(FORMULA_STARTS)}', left({name}, 1))"
    return f"CASE WHEN {risky} THEN chr(39) ELSE '' END || {name} AS {name}"


def cards(engine: Comparison, of_account: dict[str, Known], most: int) -> list[Finding]:
    """At most `most` findings, gravest first, with a fair share for each kind."""
    each = max(1, most // max(1, len(FindingKind)))
    query = f"""
        SELECT account, {_FIELDS} FROM (
            SELECT *, row_number() OVER (PARTITION BY f.finding ORDER BY {_ORDER}) AS nth FROM found f
        ) f
        ORDER BY CASE WHEN nth <= {each} THEN 0 ELSE 1 END, {_ORDER} LIMIT {most}
    """  # noqa: S608 - literals and numbers of ours
    made = [finding_of(Detail(*row), of_account[account], {}) for account, *row in engine.rows(query)]
    order = {kind: at for at, kind in enumerate(FindingKind)}
    return sorted(made, key=lambda one: (order[one.kind], one.account, one.business_day or date.min))


def _advice(engine: Comparison, of_account: dict[str, Known]) -> Iterator[tuple[Any, ...]]:
    query = f"""
        SELECT f.code, f.apart_s, f.account, {_FIELDS} FROM (
            SELECT *, row_number() OVER (
                PARTITION BY finding, code, account, apart_s
                ORDER BY coalesce(sale_id, ''), coalesce(event_id, '')
            ) AS nth FROM found
        ) f WHERE nth = 1 ORDER BY ALL
    """  # noqa: S608 - literals of ours
    for code, apart_s, account, *row in engine.rows(query):
        detail = Detail(*row)
        told: Advice = advise(detail, of_account[account])
        assert told.cause.code == code, f"SQL says {code}, the cause is {told.cause.code}"
        yield (
            detail.kind, code, account, apart_s, severity(FindingKind(detail.kind), detail).value,
            told.cause.words, "yes" if told.cause.proven else "no", told.remedy,
        )  # fmt: skip


_CURRENCIES = """
SELECT DISTINCT currency FROM (
    SELECT unit_currency AS currency FROM found UNION SELECT event_currency FROM found
) WHERE currency IS NOT NULL ORDER BY 1
"""


def _money(minor: str, coin: str) -> str:
    """The SQL that spells an amount: `$1,234.50`, `5.00 CHF`, `-$3.00`."""
    return (
        f"CASE WHEN {minor} < 0 THEN '-' ELSE '' END || {coin}.sign"
        f" || format('{{:,}}', abs({minor}) // {coin}.size)"
        f" || CASE WHEN {coin}.digits > 0"
        f" THEN '.' || lpad(CAST(abs({minor}) % {coin}.size AS VARCHAR), CAST({coin}.digits AS INTEGER), '0')"
        f" ELSE '' END || CASE WHEN {coin}.sign = '' THEN ' ' || {coin}.currency ELSE '' END"
    )


def _time(at: str, side: str) -> str:
    return (
        f"coalesce(strftime(make_timestamp((f.{at} + f.{side}_offset_s) * 1000000), '%Y-%m-%d %H:%M:%S')"
        f" || f.{side}_offset, '')"
    )


_TITLE = f"""CASE f.finding
    WHEN 'duplicate' THEN f.metric || ' of sale ' || f.sale_id || ' is in Klaviyo more than once'
    WHEN 'orphaned' THEN f.metric || ' ' || f.event_sale_id || ' has no sale in the POS'
    WHEN 'amount_mismatch' THEN f.metric || ' of sale ' || f.sale_id || ' is worth '
        || {_money("abs(f.difference_minor)", "c")}
        || CASE WHEN f.difference_minor > 0 THEN ' more' ELSE ' less' END || ' in Klaviyo'
    WHEN 'wrong_currency' THEN f.metric || ' of sale ' || f.sale_id || ' is in ' || f.event_currency
        || ' in Klaviyo'
    WHEN 'day_shift' THEN f.metric || ' of sale ' || f.sale_id || ' lies '
        || format('{{:,}}', abs(f.event_day - f.unit_day))
        || CASE WHEN abs(f.event_day - f.unit_day) = 1 THEN ' day ' ELSE ' days ' END
        || CASE WHEN f.event_day > f.unit_day THEN 'later' ELSE 'earlier' END || ' in Klaviyo'
    WHEN 'future_dated' THEN f.metric || ' '
        || coalesce('of sale ' || f.sale_id, f.event_sale_id) || ' lies in the future in Klaviyo'
    ELSE f.metric || ' of sale ' || f.sale_id || ' is not in Klaviyo' END"""
_DRIFT = f"""
CREATE TABLE drift AS
SELECT row_number() OVER (ORDER BY {_ORDER}) AS place,
       f.finding AS kind, a.severity, f.account, f.shop_id AS shop, '' AS shop_name,
       strftime(f.business_day, '%Y-%m-%d') AS business_day, f.zone, f.metric, f.currency,
       coalesce(f.sale_id, '') AS sale_id, coalesce(f.sale_id, f.event_sale_id, '') AS event_key,
       coalesce(f.event_id, '') AS event_id,
       {_time("unit_at", "unit")} AS expected_time, {_time("event_at", "event")} AS observed_time,
       coalesce({_money("f.total_minor", "u")}, '') AS expected_amount,
       coalesce({_money("f.value_minor", "e")}, '') AS observed_amount,
       f.difference_minor, {_TITLE} AS title, a.cause, a.proven AS cause_proven, a.remedy,
       f.finding || '-' || left(sha256(concat_ws(chr(31), f.finding, f.account, f.metric,
           coalesce(f.sale_id, ''), coalesce(f.event_id, ''))), 12) AS key
FROM found f
JOIN advice a ON a.finding = f.finding AND a.code = f.code AND a.account = f.account AND a.apart_s = f.apart_s
LEFT JOIN coins c ON c.currency = f.currency
LEFT JOIN coins u ON u.currency = f.unit_currency
LEFT JOIN coins e ON e.currency = f.event_currency
"""  # noqa: S608 - literals of ours
