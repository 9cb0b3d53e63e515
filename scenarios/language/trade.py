"""`when`, in the shop: selling, taking back, mending, people. Which till knows what is in README.md."""

from typing import Literal

from pydantic import Field

from scenarios.language.base import Amount, Anything, Items, Moment, Name, Returned, Words
from scenarios.language.given import Customer

Kind = Literal[
    "sale",
    "unfinished",
    "parked",
    "layby",
    "on account",
    "pickup",
    "delivery",
    "booking",
    "webshop",
    "gift card",
]


class Happening(Words):
    """Something with a time. Without one it happens now."""

    at: Moment | None = None


class Sell(Happening):
    """Ring up a receipt."""

    sale: Name
    items: Items
    to: Name | None = None  # a customer; none: nobody
    kind: Kind = "sale"
    shop: Name = ""  # none: the first
    register_: int = Field(default=1, ge=1)
    uploaded: Moment | None = None  # when an offline till's receipt arrives
    from_web: str = ""  # the web platform it came from
    payment: str = ""
    deposit: Amount | None = None
    discount: Amount | None = None  # off the whole receipt (lightspeed_x)
    ship: bool = False  # to be shipped (lightspeed_r)
    practice: bool = False
    note: str = ""
    email: str = ""  # typed at the till (sitoo)
    phone: str = ""
    extra: Anything = Field(default_factory=dict)  # more of the fake's own sell()


class Refund(Happening):
    """Take goods back; without `items` all that is left."""

    of: Name
    as_: Name = ""  # what the story calls the refund; none: refund of OF
    items: Returned | None = None
    linked: bool = True
    payment: str = ""
    extra: Anything = Field(default_factory=dict)


class Exchange(Happening):
    """Take some goods back and sell others on one receipt."""

    of: Name
    as_: Name = ""
    returned: Returned
    bought: Items
    pair: bool = False  # as two receipts that pay each other (sitoo)
    linked: bool = True


class OfSale(Happening):
    """A sale and a time."""

    SHORT = "of"
    of: Name


class Void(OfSale):
    """Take a receipt back as if it had not been (sitoo: cancel it)."""


class DeleteSale(OfSale):
    """Remove a receipt from the till's books (lightspeed_x)."""


class HideSale(OfSale):
    """Keep a receipt from the API though its Z-report counts it (sitoo)."""


class Ship(OfSale):
    """Send the goods off, or hand them out: shipped, dispatched, picked up, delivered."""


class Cancel(OfSale):
    """Cancel an order that is open or reserved (sitoo)."""


class Finish(OfSale):
    """Pay the rest and close what was parked, laid by or booked."""

    as_: Name = ""  # the new receipt's name (sitoo); none: the same


class Pay(OfSale):
    """Pay a part."""

    amount: Amount | None = None
    payment: str = "Cash"


class EditSale(OfSale):
    """Change a finished receipt."""

    customer: Name | None = None
    note: str | None = None
    extra: Anything = Field(default_factory=dict)  # sitoo: wire fields


class ChangeCustomer(Happening):
    """Change a person in the till."""

    of: Name
    email: str | None = None  # "" takes it away
    marketing: Literal["agreed", "refused"] | None = None
    group: str | None = None
    extra: Anything = Field(default_factory=dict)  # the till's own fields


class DeleteCustomer(Happening):
    """Delete or archive a person in the till."""

    SHORT = "of"
    of: Name


class MergeCustomers(Happening):
    """Two entries become one."""

    of: Name
    into: Name


class NewCustomer(Customer):
    """Somebody new, now or since `since`."""


class CloseRegisters(Happening):
    """End the day at every register of a shop (sitoo: writes the Z-reports)."""

    SHORT = "shop"
    shop: Name = ""


WORDS: dict[str, type[Words]] = {
    "sell": Sell,
    "refund": Refund,
    "exchange": Exchange,
    "void": Void,
    "delete sale": DeleteSale,
    "hide sale": HideSale,
    "ship": Ship,
    "finish": Finish,
    "pay": Pay,
    "cancel": Cancel,
    "edit sale": EditSale,
    "new customer": NewCustomer,
    "change customer": ChangeCustomer,
    "delete customer": DeleteCustomer,
    "merge customers": MergeCustomers,
    "close registers": CloseRegisters,
}
