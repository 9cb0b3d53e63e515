"""Looking into the fakes' truth, past their interfaces."""

from fakes.klaviyo.state import State as KlaviyoState


def count_events(klaviyo: KlaviyoState) -> dict[str, int]:
    """How many events of each metric a Klaviyo holds."""
    names = [metric.name for metric in klaviyo.metrics]
    counts = dict.fromkeys(names, 0)
    for row in klaviyo.events.live_rows():
        counts[names[klaviyo.events.metric[row]]] += 1
    return counts
