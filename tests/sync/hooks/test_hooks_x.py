"""X-Series tells of a sale by webhook: it is in Klaviyo within seconds, once, whatever the deliveries do."""

from collections import Counter
from pathlib import Path

from hooks_kit import x_told


def test_a_sale_is_in_klaviyo_as_soon_as_its_webhook_was_followed(tmp_path: Path) -> None:
    with x_told(tmp_path) as told:
        sale = told.sell()
        told.follow(2)
        assert told.placed() == Counter([sale])
        assert told.status().waiting_count == 0
