"""What codes are called on the page: states, kinds of finding, terms of the accounting, reasons."""

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.report_data import DayStatus, FindingKind, VerdictCode, ZoneStatus

STATES: Mapping[VerdictCode, str] = {
    VerdictCode.AGREES: "Agrees",
    VerdictCode.DRIFT: "Drift",
    VerdictCode.COULD_NOT_JUDGE: "Could not judge",
}

DAYS: Mapping[DayStatus, str] = {
    DayStatus.AGREES: "agrees",
    DayStatus.DRIFT: "drift",
    DayStatus.SETTLING: "still settling",
    DayStatus.EMPTY: "nothing on either side",
}

ZONES: Mapping[ZoneStatus, str] = {
    ZoneStatus.NOT_NEEDED: "Not needed",
    ZoneStatus.PROVEN: "Proven",
    ZoneStatus.NOT_A_ZONE: "Not a time zone",
    ZoneStatus.CANNOT_TELL: "Cannot tell",
}


@dataclass(frozen=True, slots=True)
class KindWords:
    """A kind of finding for someone who never heard of it."""

    name: str
    meaning: str


KINDS: Mapping[FindingKind, KindWords] = {
    FindingKind.REMAINDER: KindWords(
        "Books that do not close", "Something is there that no term of the accounting explains."
    ),
    FindingKind.SILENCE: KindWords(
        "Suspicious silence", "A source that used to have something suddenly has nothing."
    ),
    FindingKind.MISSING: KindWords(
        "Missing", "The POS has it and it belongs in Klaviyo, but it is not there."
    ),
    FindingKind.CONTROL_TOTAL: KindWords(
        "Till's own total differs", "A register counted something else than the POS shows of it."
    ),
    FindingKind.DUPLICATE: KindWords("Duplicates", "Klaviyo counts the same sale more than once."),
    FindingKind.ORPHANED: KindWords("Orphaned", "Klaviyo has an event that no sale in the POS stands for."),
    FindingKind.AMOUNT_MISMATCH: KindWords(
        "Another amount", "Sale and event are both there but differ in value."
    ),
    FindingKind.WRONG_CURRENCY: KindWords(
        "Another currency", "The event is in a currency other than the sale's."
    ),
    FindingKind.DAY_SHIFT: KindWords("Another day", "The event lies on another day than its sale."),
    FindingKind.LOST_REFUND: KindWords(
        "Lost refunds", "A refund of the POS that Klaviyo does not subtract from the customer's value."
    ),
    FindingKind.WRONG_PROFILE: KindWords(
        "Wrong profile", "The event hangs on the profile of somebody other than the customer."
    ),
    FindingKind.LINE_MISMATCH: KindWords(
        "Other lines", "Sale and event name different products or quantities."
    ),
    FindingKind.SAME_SECOND_COLLAPSE: KindWords(
        "Collapsed in one second", "Several sales of one second became a single event."
    ),
    FindingKind.DOUBLE_KEY: KindWords("Two keys", "The same sale was sent under two different ids."),
    FindingKind.TWIN_METRIC: KindWords(
        "Twin metric", "Two metrics share one name, so that a chart may count both."
    ),
    FindingKind.CONSENT_MISMATCH: KindWords(
        "Consent differs", "The POS and Klaviyo disagree on marketing consent."
    ),
    FindingKind.FUTURE_DATED: KindWords("Dated ahead", "The event claims to have happened in the future."),
    FindingKind.LATE: KindWords("Late", "The event arrived, but later than it should have."),
}

# What each term of the accounting means, in the order in which the pictures show them.
MEANINGS: tuple[tuple[str, str], ...] = (
    ("In the POS", "Everything the POS has for these days, whether or not it should reach Klaviyo."),
    (
        "Left out on purpose",
        "What a rule keeps out of Klaviyo. Each is counted once, under its first reason.",
    ),
    ("Still settling", "Too fresh to judge: it may still be on its way. It is no error yet."),
    ("Missing", "It should be in Klaviyo, had time enough to get there, and is not there."),
    ("Delivered", "In the POS and in Klaviyo, under the same id."),
    ("Other amount", "Money only: what delivered events say beyond what the POS says of the same sales."),
    ("Orphaned", "In Klaviyo, though nothing in the POS stands for it."),
    ("Duplicates", "Further copies of something that Klaviyo already has."),
    ("From or to another day", "Delivered, but the event lies on another day or in another currency."),
    ("In Klaviyo", "Every event of this metric that Klaviyo has for these days."),
    ("Remainder", "What is left when all of the above is added up. It must be zero on both sides."),
)


def kind(found: FindingKind) -> KindWords:
    """The words of a kind; its code where it has none yet."""
    return KINDS.get(found) or KindWords(sentence(found.value.replace("_", " ")), "")


def sentence(words: str) -> str:
    """Words that were written to go on in a sentence, as a line of their own: capitalised."""
    return words[:1].upper() + words[1:]
