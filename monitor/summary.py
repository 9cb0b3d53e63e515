"""The report on a terminal: verdict, next step, detail. Every line reads well without colour."""

from collections.abc import Iterator

from rich.text import Text

from monitor.page import text, words
from monitor.report_data import AccountingRow, Report, VerdictCode
from monitor.words import sentence

# Told by a sign and a word as well as by colour.
_SIGNS = {
    VerdictCode.AGREES: ("✓", "bold green"),
    VerdictCode.DRIFT: ("▲", "bold red"),
    VerdictCode.COULD_NOT_JUDGE: ("?", "bold yellow"),
}
_LIMITS_MAX = 5
_TOTALS_MAX = 12


def render_summary(report: Report, *, detail: bool = False) -> list[Text]:
    """The lines to print, in the order of the page. `detail` adds the accounting and what was left out.

    Texts, not markup: a shop called `[red]` is printed as it is called.
    """
    lines = [_verdict(report), Text(_plain(report.next_step)), *_kinds(report), *_limits(report)]
    if detail:
        lines += [*_accounting(report), *_left_out(report)]
    lines.append(_scope(report))
    return lines


def _verdict(report: Report) -> Text:
    sign, style = _SIGNS[report.verdict]
    return Text.assemble(
        (f"{sign} {words.STATES[report.verdict]}", style), "  ", (_plain(report.sentence), "bold")
    )


def _kinds(report: Report) -> Iterator[Text]:
    """One line per kind of finding, gravest first."""
    order = {kind.value: kind for kind in words.KINDS}
    for name, kind in order.items():
        total = report.findings_by_kind.get(name)
        if total and total.count:
            worth = _plain(text.moneys(total.by_currency))
            told = f"{words.kind(kind).name}: {text.count(total.count)}"
            yield Text.assemble(("  ▲ ", "red"), told, (f"  {worth}", "dim"))


def _limits(report: Report) -> Iterator[Text]:
    for limit in report.limits[:_LIMITS_MAX]:
        told = sentence(_plain(limit.words))
        yield Text.assemble(("  ? ", "yellow"), told, (f" {_plain(limit.remedy)}", "dim"))
    left = len(report.limits) - _LIMITS_MAX
    if left > 0:
        yield Text(f"  ? and {left} more such remarks in the report", "yellow")


def _accounting(report: Report) -> Iterator[Text]:
    for row in report.totals[:_TOTALS_MAX]:
        yield Text.assemble((f"  {_plain(row.metric)} ", "bold"), _plain(_terms(row)))


def _terms(row: AccountingRow) -> str:
    """Both equations of one metric, in counts: what the pictures of the page draw. Zeros are left away."""
    parts = [
        (row.excluded_count, "left out"),
        (row.settling_count, "settling"),
        (row.missing_count, "missing"),
    ]
    amiss = [(row.orphaned_count, "orphaned"), (row.duplicate_count, "duplicate")]
    gone = "".join(f" + {text.count(number)} {name}" for number, name in parts if number)
    more = "".join(f" + {text.count(number)} {name}" for number, name in amiss if number)
    remainder = f"{text.count(row.remainder_count)} and {text.money(row.remainder_minor, row.currency)}"
    pos, delivered = text.count(row.pos_count), text.count(row.delivered_count)
    return (
        f"{row.currency}: {pos} in the POS = {delivered} delivered{gone};"
        f" {text.count(row.events_count)} in Klaviyo{' = delivered' + more if more else ''};"
        f" remainder {remainder}"
    )


def _left_out(report: Report) -> Iterator[Text]:
    for one in sorted(report.exclusions, key=lambda x: (-x.excluded_count, x.metric, x.reason)):
        if one.excluded_count:
            worth = text.money(one.excluded_minor, one.currency)
            line = (
                f"  left out of {one.metric} because {one.words}: {text.count(one.excluded_count)}, {worth}"
            )
            yield Text(_plain(line), "dim")


def _scope(report: Report) -> Text:
    window = report.window
    scope = f"{text.days(window)}, {text.zones(window)}, as of {text.instant(report.as_of)}"
    return Text(_plain(scope), "dim")


def _plain(words: str) -> str:
    """Without what could steer a terminal, and with plain spaces, so that lines can be searched."""
    return text.showable(words).replace(text.NBSP, " ")
