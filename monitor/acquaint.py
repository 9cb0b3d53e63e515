"""Whom Klaviyo knows, as the monitor itself sees it: asked only where a profile stands in for consent."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from sync.domain.acquaintance import addresses, decided_at, people_of, sale_acquainted
from sync.domain.facts import Sale, SaleState
from sync.sources.protocol import Page


@runtime_checkable
class KnowsProfiles(Protocol):
    """Klaviyo being asked for profiles; `sync.klaviyo.read.KlaviyoReader` is one."""

    def known_since(self, emails: Sequence[str]) -> Mapping[str, datetime]:
        """When the profiles of those among these addresses that have one were made."""
        ...


def acquainted(pages: Iterator[Page], klaviyo: KnowsProfiles) -> Iterator[Page]:
    """The same pages, their people with the instant since when Klaviyo knows them.

    A sale that only counts since somebody's profile was made has changed then: until that has settled,
    nothing is said to be missing.
    """
    for page in pages:
        since = klaviyo.known_since(addresses([each for sale in page.sales for each in people_of(sale)]))
        yield replace(page, sales=tuple(_acquainted(sale, since) for sale in page.sales))


def _acquainted(sale: Sale, since: Mapping[str, datetime]) -> Sale:
    known = sale_acquainted(sale, since)
    # A Canceled Order is dated by the void itself.
    if known is sale or known.state is SaleState.VOIDED:
        return known
    return replace(known, changed_at=decided_at(known))
