"""Each exclusion fires on its own case, stays silent on the others, and none hides another."""

from dataclasses import replace

import pytest

from sync.domain.eligibility import (
    PLAIN_WORDS,
    RULES,
    Candidate,
    Exclusion,
    Policy,
    judge,
)
from sync.domain.facts import Customer, Marketing, SaleState

ANN = Customer("7", email="ann@mail.org")
GOOD = Candidate(SaleState.COMPLETED, 1000, "7", ANN, register_id="1")
POLICY = Policy()
ONLY_SHOPIFY = Policy(ecommerce_sources=frozenset({"shopify"}))


def reasons(candidate: Candidate, policy: Policy = POLICY) -> list[str]:
    return [str(reason) for reason in judge(candidate, policy).exclusions]


def test_an_ordinary_sale_to_a_known_person_is_eligible() -> None:
    verdict = judge(GOOD, POLICY)
    assert verdict.eligible
    assert verdict.primary is None


def customer(**fields: object) -> Candidate:
    return replace(GOOD, customer=replace(ANN, **fields))  # type: ignore[arg-type]  # fields of a customer


@pytest.mark.parametrize(
    ("candidate", "policy", "expected"),
    [
        (replace(GOOD, state=SaleState.OPEN), POLICY, ["not_completed"]),
        (replace(GOOD, state=SaleState.VOIDED), POLICY, ["voided"]),
        (GOOD, Policy(test_registers=frozenset({"1"})), ["test_sale"]),
        (GOOD, Policy(test_customers=frozenset({"7"})), ["test_sale"]),
        (GOOD, Policy(test_registers=frozenset({"2"}), test_customers=frozenset({"8"})), []),
        (replace(GOOD, web_source="shopify"), POLICY, ["ecommerce"]),
        (
            replace(GOOD, web_source="shopify"),
            Policy(ecommerce_sources=frozenset({"shopify"})),
            ["ecommerce"],
        ),
        (replace(GOOD, web_source="ecom"), Policy(ecommerce_sources=frozenset({"shopify"})), []),
        (replace(GOOD, web_source="shopify"), Policy(ecommerce_sources=frozenset()), []),
        (replace(GOOD, value_minor=0), POLICY, ["zero_value"]),
        (replace(GOOD, value_minor=0), Policy(exclude_zero_value=False), []),
        (replace(GOOD, value_minor=-1), POLICY, ["negative_value"]),
        (replace(GOOD, value_minor=-1), Policy(exclude_zero_value=False), ["negative_value"]),
        (replace(GOOD, shipped=False), POLICY, ["not_shipped"]),
        (replace(GOOD, customer_id=None, customer=None), POLICY, ["no_customer"]),
        (replace(GOOD, customer=None), POLICY, ["no_email"]),
        (customer(email=""), POLICY, ["no_email"]),
        (customer(email="   "), POLICY, ["no_email"]),
        (customer(email="ann@"), POLICY, ["unusable_email"]),
        (customer(email="ann@example.com"), POLICY, ["unusable_email"]),
        (GOOD, Policy(require_consent=True), ["no_consent"]),
        (customer(marketing=Marketing.OPTED_OUT), Policy(require_consent=True), ["no_consent"]),
        (customer(marketing=Marketing.CONSENTED), Policy(require_consent=True), []),
        (customer(marketing=Marketing.OPTED_OUT), POLICY, []),
        (customer(archived=True), POLICY, []),
    ],
)
def test_each_rule_fires_on_its_case_alone(candidate: Candidate, policy: Policy, expected: list[str]) -> None:
    assert reasons(candidate, policy) == expected


def test_every_reason_is_kept_and_the_first_one_counts() -> None:
    worst = Candidate(SaleState.VOIDED, 0, None, None, "1", "shopify", shipped=False)
    verdict = judge(worst, Policy(test_registers=frozenset({"1"})))
    assert [str(reason) for reason in verdict.exclusions] == [
        "voided", "test_sale", "ecommerce", "zero_value", "not_shipped", "no_customer",
    ]  # fmt: skip
    assert verdict.primary is Exclusion.VOIDED


def test_reasons_come_in_the_order_of_telling() -> None:
    order = list(Exclusion)
    fired = [rule(Candidate(SaleState.OPEN, 0, None, None), POLICY) for rule in RULES]
    positions = [order.index(reason) for reason in fired if reason is not None]
    assert positions == sorted(positions)


def test_every_exclusion_can_be_said_in_plain_words() -> None:
    assert set(PLAIN_WORDS) == set(Exclusion)
    assert all(words and words[0].islower() and not words.endswith(".") for words in PLAIN_WORDS.values())
