"""How long a reading of history takes at best, from the limits the vendors publish."""

_EVENTS_A_MINUTE = 150 * 1_000  # bulk requests a minute, each with a thousand events
_SALES_A_PAGE = 100
_PAGE_DRIPS = 1.8  # a page of R-Series sales with lines and customers
_DRIPS_A_SECOND = 1.0  # with one register; half as much more for each further one


def klaviyo_s(events_count: int) -> float:
    """The least seconds in which Klaviyo takes so many events."""
    return events_count / _EVENTS_A_MINUTE * 60


def lightspeed_r_s(sales_count: int) -> float:
    """The same for R-Series and a shop with one register, for as long as it has not told its rate."""
    return sales_count / _SALES_A_PAGE * _PAGE_DRIPS / _DRIPS_A_SECOND
