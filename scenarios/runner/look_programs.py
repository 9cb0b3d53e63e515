"""Checks of what the sync remembers and said."""

from collections.abc import Callable, Mapping

from sqlalchemy import text

from scenarios.language.then import Code, Counts, LeftOut, Letter, Letters, Nothing
from scenarios.runner.failing import CannotTell, must
from scenarios.runner.stage import Stage
from sync.app import LetterOf

_VERDICT = text(
    "SELECT sales.verdict FROM sales JOIN accounts ON accounts.id = sales.account "
    "WHERE sales.sale_id = :sale AND accounts.name = :account"
)


def letters_are_only(stage: Stage, told: Letters) -> None:
    """These dead letters and no others."""
    left = list(stage.sync.dead_letters.list())
    missing = []
    for one in told.root:
        found = next((letter for letter in left if _fits(stage, letter, one)), None)
        if found is None:
            missing.append(one)
        else:
            left.remove(found)
    must(
        not missing and not left,
        "dead letters",
        [f"{one.subject}: {one.reason or 'any reason'}, sale {one.sale or 'any'}" for one in missing],
        [_tell(stage, letter) for letter in left],
    )


def no_letters(stage: Stage, _told: Nothing) -> None:
    """None."""
    letters_are_only(stage, Letters([]))


def leaves_out(stage: Stage, told: LeftOut) -> None:
    """Why the ledger left these sales out."""
    expected, actual = [], []
    for name, reason in told.root.items():
        expected.append(f"{name}: {reason}")
        actual.append(f"{name}: {_reason(stage, name)}")
    must(expected == actual, "why the ledger leaves sales out", expected, actual)


def _reason(stage: Stage, name: str) -> str:
    """The first reason against a sale's order, or its refund where it has none."""
    sold = stage.sale(name)
    with stage.sync.store.reading() as connection:
        verdict = connection.execute(_VERDICT, {"sale": sold.order_id, "account": sold.till}).scalar()
    if verdict is None:
        return "never read"
    reasons = dict(part.split("=", 1) for part in str(verdict).split() if "=" in part)
    found = reasons.get("placed") or reasons.get("refunded") or next(iter(reasons.values()), "")
    return found.partition("+")[0] or "nothing"


def counted(stage: Stage, told: Counts) -> None:
    """What the last run counted, over all accounts."""
    if not stage.seen.results:
        raise CannotTell("the sync has not run yet")
    found: dict[str, int] = {}
    for result in stage.seen.results:
        for name, count in result.tally.counts().items():
            found[name] = found.get(name, 0) + count
    unknown = [name for name in told.root if name not in found]
    if unknown:
        raise CannotTell(f"the sync counts no `{unknown[0]}`; it counts {', '.join(found)}")
    must(
        all(found[name] == count for name, count in told.root.items()),
        "what the last run of the sync counted",
        [f"{name}: {count}" for name, count in told.root.items()],
        [f"{name}: {found[name]}" for name in told.root],
    )


def exit_code(stage: Stage, told: Code) -> None:
    """The exit code of the last run: the highest of its accounts."""
    if not stage.seen.results:
        raise CannotTell("the sync has not run yet")
    found = max(result.exit_code for result in stage.seen.results)
    must(found == told.is_, "the sync's exit code", [str(told.is_)], [str(found)])


def _fits(stage: Stage, found: LetterOf, wanted: Letter) -> bool:
    letter = found.letter
    return (
        letter.subject == wanted.subject
        and (wanted.reason is None or letter.reason.startswith(wanted.reason))
        and (wanted.sale is None or letter.sale_id == stage.sale(wanted.sale).order_id)
    )


def _tell(stage: Stage, found: LetterOf) -> str:
    names = {one.order_id: name for name, one in stage.sold.items()}
    letter = found.letter
    sale = names.get(letter.sale_id, letter.sale_id or "none")
    return f"{letter.subject}: {letter.reason}, sale {sale} ({letter.detail})"


LOOK: Mapping[str, Callable[..., None]] = {
    "dead letters are only": letters_are_only,
    "no dead letters": no_letters,
    "ledger leaves out": leaves_out,
    "sync counted": counted,
    "sync exit code": exit_code,
}
