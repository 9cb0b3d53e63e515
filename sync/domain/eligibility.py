"""Which sales become events: pure functions of (candidate, policy), all of them asked, reasons kept.

Both the sync and the monitor use this file; they differ in where their evidence comes from, not in the
rule. Adding an exclusion is one member of `Exclusion`, one function below and one scenario.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sync.domain.contact import usable_email
from sync.domain.facts import Customer, Mark, Marketing, SaleState
from sync.domain.profile import anchor


class Exclusion(StrEnum):
    """Why something is left out on purpose. The order is the order of telling: the first one counts."""

    PRACTICE = "practice"
    BOOKING = "booking"
    PARKED = "parked"
    ABANDONED = "abandoned"
    NOT_COMPLETED = "not_completed"
    VOIDED = "voided"
    TEST_SALE = "test_sale"
    RESERVED = "reserved"
    UNPAID = "unpaid"
    UNKNOWN_KIND = "unknown_kind"
    NETTED_EXCHANGE = "netted_exchange"
    GIFT_CARD = "gift_card"
    ECOMMERCE = "ecommerce"
    ZERO_VALUE = "zero_value"
    NEGATIVE_VALUE = "negative_value"
    NOT_SHIPPED = "not_shipped"
    NO_CUSTOMER = "no_customer"
    NO_EMAIL = "no_email"
    UNUSABLE_EMAIL = "unusable_email"
    NO_IDENTIFIER = "no_identifier"
    NO_CONSENT = "no_consent"
    METRIC_OFF = "metric_off"


PLAIN_WORDS: dict[Exclusion, str] = {
    Exclusion.NOT_COMPLETED: "the sale was never completed",
    Exclusion.VOIDED: "the sale was voided",
    Exclusion.TEST_SALE: "it is a test sale",
    Exclusion.PRACTICE: "it was rung up for practice",
    Exclusion.BOOKING: "it is a booking; the sale counts when the goods are sold",
    Exclusion.PARKED: "the receipt was parked; the sale counts when it is finished",
    Exclusion.ABANDONED: "the receipt was abandoned",
    Exclusion.RESERVED: "the money is only reserved, not taken yet",
    Exclusion.UNPAID: "it was never paid",
    Exclusion.UNKNOWN_KIND: "the till gives it a kind or state that tillproof does not know yet",
    Exclusion.NETTED_EXCHANGE: "it is half of an exchange rung up as two receipts that pay each other",
    Exclusion.GIFT_CARD: "a gift card was sold, which is no revenue until it is spent",
    Exclusion.ECOMMERCE: "it came from a web shop that reports its own sales",
    Exclusion.ZERO_VALUE: "its value is zero",
    Exclusion.NEGATIVE_VALUE: "its value is below zero without goods coming back, such as store credit",
    Exclusion.NOT_SHIPPED: "the goods have not been shipped yet",
    Exclusion.NO_CUSTOMER: "no customer was on the receipt",
    Exclusion.NO_EMAIL: "the customer has no e-mail address",
    Exclusion.UNUSABLE_EMAIL: "the customer's e-mail address is one that Klaviyo does not take",
    Exclusion.NO_IDENTIFIER: (
        "the receipt names the customer only by an e-mail address, phone number or customer number "
        "that Klaviyo does not take"
    ),
    Exclusion.NO_CONSENT: "the customer has not agreed to marketing",
    Exclusion.METRIC_OFF: "this kind of event is switched off",
}


@dataclass(frozen=True, slots=True)
class Policy:
    """Which exclusions apply. Part of a preset; every field can be overridden per account."""

    exclude_zero_value: bool = True
    require_consent: bool = False
    ecommerce_sources: frozenset[str] = frozenset({"*"})  # lower-case names; `*` means any web source
    test_registers: frozenset[str] = frozenset()
    test_customers: frozenset[str] = frozenset()
    identifiers: tuple[str, ...] = ("email",)  # what a profile may be known by, the strongest first
    counted: frozenset[Mark] = frozenset()  # marks that do not leave a receipt out
    known_profiles_suffice: bool = False  # without consent it is enough that Klaviyo has their profile


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing that may become an event, reduced to the facts the rules ask about."""

    state: SaleState
    value_minor: int
    customer_id: str | None
    customer: Customer | None
    register_id: str = ""
    web_source: str = ""
    shipped: bool = True  # false only for a shipment that has not left
    marks: frozenset[Mark] = frozenset()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Eligible, or excluded with all its reasons in the order of telling."""

    exclusions: tuple[Exclusion, ...] = ()

    @property
    def eligible(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.exclusions

    @property
    def primary(self) -> Exclusion | None:
        """The reason it is counted under; None when eligible."""
        return self.exclusions[0] if self.exclusions else None


ELIGIBLE = Verdict()


def judge(candidate: Candidate, policy: Policy) -> Verdict:
    """Ask every rule and keep every reason."""
    reasons = tuple([reason for rule in RULES if (reason := rule(candidate, policy)) is not None])
    if candidate.marks:
        reasons = tuple(sorted({*reasons, *marked(candidate, policy)}, key=_ORDER.index))
    return Verdict(reasons) if reasons else ELIGIBLE


def not_completed(candidate: Candidate, _policy: Policy) -> Exclusion | None:
    """Parked, quoted and unpaid sales are ordinary rows in a POS; they are not sales yet."""
    return Exclusion.NOT_COMPLETED if candidate.state is SaleState.OPEN else None


def voided(candidate: Candidate, _policy: Policy) -> Exclusion | None:
    """A voided sale never happened; one voided after it was sent gets a Canceled Order."""
    return Exclusion.VOIDED if candidate.state is SaleState.VOIDED else None


def marked(candidate: Candidate, policy: Policy) -> list[Exclusion]:
    """What the till itself calls something else than a sale, unless the policy counts it all the same."""
    return [BY_MARK[mark] for mark in candidate.marks - policy.counted]


def test_sale(candidate: Candidate, policy: Policy) -> Exclusion | None:
    """Training registers and test customers, as configured."""
    at_test_register = candidate.register_id in policy.test_registers
    by_test_customer = candidate.customer_id is not None and candidate.customer_id in policy.test_customers
    return Exclusion.TEST_SALE if at_test_register or by_test_customer else None


def ecommerce(candidate: Candidate, policy: Policy) -> Exclusion | None:
    """A web shop reports its own sales to Klaviyo; sending them again would double them."""
    if not candidate.web_source:
        return None
    listed = "*" in policy.ecommerce_sources or candidate.web_source in policy.ecommerce_sources
    return Exclusion.ECOMMERCE if listed else None


def zero_value(candidate: Candidate, policy: Policy) -> Exclusion | None:
    """Sales of value 0 are not sent where the preset says so."""
    return Exclusion.ZERO_VALUE if policy.exclude_zero_value and candidate.value_minor == 0 else None


def negative_value(candidate: Candidate, _policy: Policy) -> Exclusion | None:
    """Issuing store credit has a negative total although nothing came back: it is no purchase."""
    return Exclusion.NEGATIVE_VALUE if candidate.value_minor < 0 else None


def not_shipped(candidate: Candidate, _policy: Policy) -> Exclusion | None:
    """A shipment counts only once it is marked as shipped."""
    return None if candidate.shipped else Exclusion.NOT_SHIPPED


def no_customer(candidate: Candidate, _policy: Policy) -> Exclusion | None:
    """An anonymous sale has nobody to be credited to."""
    return Exclusion.NO_CUSTOMER if candidate.customer_id is None else None


def no_email(candidate: Candidate, policy: Policy) -> Exclusion | None:
    """Events are anchored to an e-mail address, unless the policy knows other identifiers."""
    if candidate.customer_id is None or len(policy.identifiers) > 1:
        return None
    known = candidate.customer is not None and bool(candidate.customer.email.strip())
    return None if known else Exclusion.NO_EMAIL


def unusable_email(candidate: Candidate, policy: Policy) -> Exclusion | None:
    """One address that Klaviyo refuses would reject its whole batch; a test domain would vanish."""
    if len(policy.identifiers) > 1:
        return None
    if candidate.customer is None or not candidate.customer.email.strip():
        return None
    return None if usable_email(candidate.customer.email) else Exclusion.UNUSABLE_EMAIL


def no_identifier(candidate: Candidate, policy: Policy) -> Exclusion | None:
    """Where several identifiers serve, one of them must be of a form that Klaviyo takes."""
    if candidate.customer_id is None or len(policy.identifiers) == 1:
        return None
    named = candidate.customer is not None and anchor(candidate.customer, policy.identifiers) is not None
    return None if named else Exclusion.NO_IDENTIFIER


def no_consent(candidate: Candidate, policy: Policy) -> Exclusion | None:
    """Where the preset asks for consent, anything short of a yes is a no.

    Unless a profile suffices: a sale does not make known to Klaviyo whom it knows already. What counts is
    that the profile exists when the sale is judged, not when it was rung up: a later sign-up brings the
    sales before it, and consent taken back does not make wrong what was sent before.
    """
    if not policy.require_consent or candidate.customer is None:
        return None
    if candidate.customer.marketing is Marketing.CONSENTED:
        return None
    known = policy.known_profiles_suffice and candidate.customer.known_since is not None
    return None if known else Exclusion.NO_CONSENT


Rule = Callable[[Candidate, Policy], Exclusion | None]
RULES: tuple[Rule, ...] = (
    not_completed, voided, test_sale, ecommerce, zero_value, negative_value, not_shipped,
    no_customer, no_email, unusable_email, no_identifier, no_consent,
)  # fmt: skip
BY_MARK: dict[Mark, Exclusion] = {
    Mark.BOOKING: Exclusion.BOOKING,
    Mark.PARKED: Exclusion.PARKED,
    Mark.ABANDONED: Exclusion.ABANDONED,
    Mark.UNPAID: Exclusion.UNPAID,
    Mark.RESERVED: Exclusion.RESERVED,
    Mark.PRACTICE: Exclusion.PRACTICE,
    Mark.UNKNOWN_KIND: Exclusion.UNKNOWN_KIND,
    Mark.NETTED: Exclusion.NETTED_EXCHANGE,
    Mark.TEST: Exclusion.TEST_SALE,
    Mark.GIFT_CARD: Exclusion.GIFT_CARD,
}
_ORDER = tuple(Exclusion)
