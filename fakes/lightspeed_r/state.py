"""The truth of one R-Series account and the script that makes it trade.

Ids are strings of integers, money is Decimal (or a decimal string), instants are aware. What a script does at
an instant the fake's clock has not reached yet happens when the clock gets there: a sale rung up ahead of
time is not served before its `visible_at` (its own instant unless given), a void not before its `at`.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

import msgspec

from fakes.kit.agenda import Agenda
from fakes.kit.clock import Clock
from fakes.kit.kept import Kept, dump_all, load_all
from fakes.lightspeed_r import dump as dumping
from fakes.lightspeed_r import people, stock, trade
from fakes.lightspeed_r.categories import Tree
from fakes.lightspeed_r.docs import FIRST_ROWS, SCHEMAS, Doc
from fakes.lightspeed_r.index import Index
from fakes.lightspeed_r.lines import Lines
from fakes.lightspeed_r.records import (
    Account,
    Category,
    CreditAccount,
    Customer,
    CustomerType,
    Discount,
    Employee,
    Image,
    Item,
    LineIn,
    Manufacturer,
    Payment,
    PaymentType,
    Register,
    Returned,
    Sale,
    SaleVoid,
    ShipTo,
    Shop,
    Tag,
)
from fakes.lightspeed_r.switches import Switches
from fakes.lightspeed_r.tables import Table
from fakes.lightspeed_r.wire import fraction_text, scaled, seconds_of, time_text

# Apart from sale ids, so that `mark_shipped` may be given either.
FIRST_SHIP_TO_ID = 50_000_001

_STAMP = attrgetter("stamp_at")
# The entities with a shape of their own; all others are docs.
OVERLAID = (
    "Sale", "SalePayment", "Customer", "Item", "Shop", "Register", "Employee", "Category", "Manufacturer",
    "Image", "Discount", "PaymentType", "CustomerType", "Tag", "CreditAccount", "ShipTo", "SaleVoid",
)  # fmt: skip
_PAYMENT_TYPES = (
    (1, "Cash", "cash", 0, True),
    (3, "Credit Card", "credit card", 3, False),
    (4, "Credit Account", "credit account", 4, True),
    (5, "Gift Card", "gift card", 5, True),
)


class State:
    """One account. Not thread-safe by itself: the fake answers one request at a time."""

    def __init__(
        self,
        clock: Clock,
        switches: Switches,
        account: Account,
        kept: Mapping[str, Kept] | None = None,
    ) -> None:
        self.clock = clock
        self.switches = switches
        self.account = account
        self.kept = dict(kept or {})
        self.version = 0
        """Grows with every change and is never put back, so that nothing derived outlives its truth."""
        self.clear()

    def reset(self) -> None:
        """As freshly built, tokens included."""
        self.clear()
        for one in self.kept.values():
            one.reset()

    def clear(self) -> None:
        """No shops, nothing sold; one employee and the payment types that every account has."""
        self.version += 1
        self.agenda = Agenda()
        self.returned: dict[int, Returned] = {}
        # Wire texts of a row that differ from what its shape says, by entity and id.
        self.extras: dict[str, dict[int, dict[str, str]]] = {name: {} for name in OVERLAID}
        self.docs: dict[str, Table[Doc]] = {name: Table(timeStamp=_STAMP) for name in SCHEMAS}
        self.tracked: dict[tuple[int, int], int] = {}
        self.pointers: dict[tuple[str, str], tuple[int, dict[str, list[int]]]] = {}
        self.first_register: dict[int, int] = {}
        self.brand_ids: dict[str, int] = {}
        self.shops: Table[Shop] = Table(timeStamp=_STAMP)
        self.registers: Table[Register] = Table()
        self.categories: Table[Category] = Table(timeStamp=_STAMP)
        self.tree = Tree(self.categories)
        self.manufacturers: Table[Manufacturer] = Table(timeStamp=_STAMP)
        self.items: Table[Item] = Table(timeStamp=_STAMP)
        self.images: Table[Image] = Table(timeStamp=_STAMP)
        self.discounts: Table[Discount] = Table(timeStamp=_STAMP)
        self.payment_types: Table[PaymentType] = Table()
        self.employees: Table[Employee] = Table(timeStamp=_STAMP)
        self.customers: Table[Customer] = Table(timeStamp=_STAMP)
        self.customer_types: Table[CustomerType] = Table()
        self.tags: Table[Tag] = Table()
        self.credit_accounts: Table[CreditAccount] = Table(timeStamp=_STAMP)
        self.ship_tos: Table[ShipTo] = Table(FIRST_SHIP_TO_ID, timeStamp=_STAMP, saleID=attrgetter("sale_id"))
        self.voids: Table[SaleVoid] = Table(saleID=attrgetter("sale_id"))
        self.payments: Table[Payment] = Table(saleID=attrgetter("sale_id"))
        self.sales: Table[Sale] = Table(
            timeStamp=_STAMP, completeTime=attrgetter("complete_at"), updatetime=attrgetter("update_at")
        )
        self.lines = Lines()
        self.lines_shown = Index()
        for type_id, name, kind, refund_as, reserved in _PAYMENT_TYPES:
            self.payment_types.add(PaymentType(type_id, name, kind, refund_as, reserved))
        self.employees.add(Employee(1, "Till", "Keeper", self.now()))
        for name, fields in FIRST_ROWS:
            self.add(name, **fields)

    def now(self) -> int:
        return int(self.clock.now().timestamp())

    def settle(self) -> None:
        """Let everything happen that is due by the clock; called before each request is answered."""
        for at, action, args in self.agenda.pop_due(self.now()):
            ACTIONS[action](self, at, *args)
            self.version += 1
        self.tree.settle()

    def dump(self) -> dict[str, Any]:
        """The whole truth as a JSON object."""
        return {**dumping.dump(self), "kept": dump_all(self.kept)}

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Replace the truth by a dumped one. Raises ValueError when it is not one."""
        dumping.load(self, dumped)
        load_all(self.kept, dumped.get("kept", {}))

    def add_payment_type(self, name: str, kind: str = "user defined") -> str:
        """Another way to pay; `kind` is the vendor's word ("ecom", "adjustment", "user defined")."""
        row = PaymentType(self.payment_types.next_id(), name, kind, 0, reserved=False)
        return self._did(self.payment_types.add(row).id)

    # Any row, and what points at what

    def add(self, entity: str, **fields: str) -> str:
        """A row of a plain entity (docs.py) with these wire texts. Raises KeyError, ValueError."""
        schema, table, now = SCHEMAS[entity], self.docs[entity], self.now()
        unknown = sorted(fields.keys() - schema.fields.keys())
        if unknown:
            raise ValueError(f"{entity} has no field {unknown[0]}")
        archived = fields.pop("archived", "false") == "true"
        return self._did(table.add(Doc(table.next_id(), now, now, fields, archived)).id)

    def change(self, entity: str, row_id: str, **fields: str) -> None:
        """Other wire texts for a row that has a shape of its own, whatever they are."""
        self.extras[entity].setdefault(int(row_id), {}).update(fields)
        self.version += 1

    def record(
        self, entity: str, row_id: int, loaded: AbstractSet[str] = frozenset()
    ) -> dict[str, Any] | None:
        """A row as its endpoint would show it; None where there is none."""
        from fakes.lightspeed_r.entities import ENTITIES, text_of  # noqa: PLC0415  they read this state

        known = ENTITIES[entity]
        row = known.find(self, row_id)
        if row is None:
            return None
        found: dict[str, Any] = msgspec.json.decode(text_of(known, self, row, loaded))
        return found

    def pointing(self, entity: str, field: str, target_id: int) -> list[int]:
        """The ids of an entity's rows whose `field` is this id."""
        known = self.pointers.get((entity, field))
        if known is None or known[0] != self.version:
            found: dict[str, list[int]] = {}
            rows = (
                ((row.id, row.fields) for row in self.docs[entity])
                if entity in self.docs
                else self.extras[entity].items()
            )
            for row_id, fields in rows:
                found.setdefault(fields.get(field, "0"), []).append(row_id)
            known = self.pointers[entity, field] = (self.version, found)
        return known[1].get(str(target_id), [])

    def set_stock(self, item_id: str, shop_id: str, quantity: int) -> None:
        """Count the item in the shop from now on: an ItemShop row per shop and one for all (shop 0)."""
        stock.put(self, int(item_id), int(shop_id), quantity)
        self.version += 1

    # The shop and what it sells

    def add_shop(self, name: str, time_zone: str, registers: int = 1) -> str:
        """A shop with its registers; `time_zone` as R-Series spells it ("US/Pacific", "America/Toronto")."""
        shop = self.shops.add(Shop(self.shops.next_id(), name, time_zone, self.now()))
        for number in range(1, registers + 1):
            self.registers.add(Register(self.registers.next_id(), f"Register {number}", shop.id))
        return self._did(shop.id)

    def add_category(self, path: tuple[str, ...]) -> str:
        """The category at the end of the path; parents that do not exist yet are made."""
        return self._did(self.tree.add_path(path, self.now()))

    def add_manufacturer(self, name: str) -> str:
        """A brand; the same name again is the same brand."""
        if name not in self.brand_ids:
            row = Manufacturer(self.manufacturers.next_id(), name, self.now())
            self.brand_ids[name] = self.manufacturers.add(row).id
        return self._did(self.brand_ids[name])

    def add_item(
        self,
        description: str,
        *,
        category_id: str = "0",
        manufacturer_id: str = "0",
        price: Decimal | str | int,
        sku: str = "",
        image_public_id: str | None = None,
    ) -> str:
        now, item_id = self.now(), self.items.next_id()
        item = Item(item_id, description, sku, scaled(price), int(category_id), int(manufacturer_id), now)
        if image_public_id is not None:
            item.image_id = self.images.add(Image(self.images.next_id(), image_public_id, item_id, now)).id
        return self._did(self.items.add(item).id)

    def add_discount(self, name: str, *, amount: Decimal | str = "0", percent: Decimal | str = "0") -> str:
        """A named discount for `LineIn.discount_id`; `percent` is a fraction ("0.4")."""
        row = Discount(self.discounts.next_id(), name, scaled(amount), fraction_text(percent), self.now())
        return self._did(self.discounts.add(row).id)

    # People

    def add_customer(
        self,
        first: str,
        last: str,
        *,
        email: str | None = None,
        phones: Sequence[tuple[str, str] | str] = (),
        company: str = "",
        title: str = "",
        address: Mapping[str, str] | None = None,
        no_email: bool = True,
        tags: Sequence[str] = (),
        at: datetime,
    ) -> str:
        """A customer; `phones` are (number, useType) pairs, or bare numbers: Mobile, Home, Work in turn."""
        stamp = seconds_of(at)
        customer = Customer(
            id=self.customers.next_id(),
            first_name=first,
            last_name=last,
            title=title,
            company=company,
            email=email or "",
            phones=people.typed_phones(phones),
            address=dict(address or {}),
            no_email=no_email,
            create_at=stamp,
            stamp_at=stamp,
            contact_stamp_at=stamp,
            tags=tuple(tags),
        )
        self.customers.hold(customer)
        return self._when(stamp, "show_customer", customer.id)

    def set_email(self, customer_id: str, email: str, at: datetime) -> None:
        """Type another address ("" takes it away); moves the contact's and the customer's timeStamp."""
        self._when(seconds_of(at), "set_email", int(customer_id), email)

    def set_no_email(self, customer_id: str, at: datetime, *, no_email: bool) -> None:
        """Tick or untick "no e-mail", the opt-out of the till."""
        self._when(seconds_of(at), "set_no_email", int(customer_id), no_email)

    def archive_customer(self, customer_id: str, at: datetime) -> None:
        """What DELETE does: the row leaves default lists, its sales keep pointing at it."""
        self._when(seconds_of(at), "archive_customer", int(customer_id))

    def anonymize_customer(self, customer_id: str, at: datetime) -> None:
        """What `DELETE Customer/{id}/Anonymize` does: archived, and nobody any more."""
        self._when(seconds_of(at), "anonymize_customer", int(customer_id))

    def merge_customers(self, loser_id: str, winner_id: str, at: datetime) -> None:
        """Merge in the back office: the loser is archived; by switch its sales follow the winner."""
        self._when(seconds_of(at), "merge_customers", int(loser_id), int(winner_id))

    # Trading; the rules are in trade.py

    def sell(
        self,
        shop_id: str,
        at: datetime,
        lines: Sequence[LineIn],
        *,
        customer_id: str = "0",
        completed: bool = True,
        visible_at: datetime | None = None,
        reference: str = "",
        reference_source: str = "",
        ship_to: bool = False,
        register_id: str | None = None,
        update_time: datetime | None = None,
        payment_type: str = "1",
    ) -> str:
        """Ring up a sale. A later `visible_at` is an offline till's late upload: completeTime stays `at`."""
        if int(shop_id) not in self.shops.rows:
            raise KeyError(f"there is no shop {shop_id}")
        at_s = seconds_of(at)
        visible_s = at_s if visible_at is None else seconds_of(visible_at)
        draft = trade.Draft(
            shop_id=int(shop_id),
            register_id=trade.register_of(self, int(shop_id), register_id),
            customer_id=int(customer_id),
            at=at_s,
            visible_at=visible_s,
            completed=completed,
            reference=reference,
            reference_source=reference_source,
            update_at=None if update_time is None else seconds_of(update_time),
            payment_type=int(payment_type),
        )
        sale_id, add = self.sales.next_id(), self.lines.add
        sale = trade.ring_up(self, draft, [add(sale_id, line) for line in lines])
        if ship_to:
            trade.add_ship_to(self, sale)
        return self._did(sale.id)

    def refund(self, sale_id: str, at: datetime, lines: Mapping[str, int] | None = None) -> str:
        """Take goods back (`None`: all that is left): a new completed sale of negative lines and payment."""
        return self._did(trade.take_back(self, self._sale(sale_id), seconds_of(at), lines, ()).id)

    def exchange(
        self, sale_id: str, at: datetime, returned: Mapping[str, int], bought: Sequence[LineIn]
    ) -> str:
        """One new sale with the returned lines negative and the bought ones positive."""
        return self._did(trade.take_back(self, self._sale(sale_id), seconds_of(at), returned, bought).id)

    def add_credit_account(
        self, name: str = "Customer Credit Account", *, customer_id: str = "0", code: str = ""
    ) -> str:
        """A customer's account or, with a code, a gift card. A balance below 0 is money on deposit."""
        return self._did(people.open_account(self, name, int(customer_id), code, self.now()).id)

    def load_gift_card(
        self, shop_id: str, at: datetime, amount: Decimal | str, *, customer_id: str = "0", card_id: str = "0"
    ) -> str:
        """Sell credit on a gift card: a sale whose total is 0 while 100 were paid in."""
        draft = trade.Draft(
            shop_id=int(shop_id),
            register_id=trade.register_of(self, int(shop_id), None),
            customer_id=int(customer_id),
            at=seconds_of(at),
            visible_at=seconds_of(at),
        )
        return self._did(trade.load_gift_card(self, draft, scaled(amount), int(card_id)).id)

    def void(self, sale_id: str, at: datetime, reason: str = "") -> None:
        """Void the sale and write its SaleVoid row; which times move is a switch."""
        self._when(seconds_of(at), "void", int(sale_id), reason)

    def attach_customer(self, sale_id: str, customer_id: str, at: datetime) -> None:
        """Put a customer on a finished sale: only updatetime moves."""
        self._when(seconds_of(at), "attach", int(sale_id), int(customer_id))

    def edit_note(self, sale_id: str, at: datetime, note: str = "Checked") -> None:
        """Edit the sale's internal note: only updatetime moves."""
        self._when(seconds_of(at), "annotate", int(sale_id), note)

    def mark_shipped(self, ship_to_or_sale_id: str, at: datetime) -> None:
        """Flip `shipped` on the shipment (named by its own id or its sale's): its row's timeStamp moves."""
        self._when(seconds_of(at), "ship", trade.ship_to_of(self, int(ship_to_or_sale_id)).id)

    def archive_payment(self, sale_id: str, amount: Decimal | str, at: datetime) -> str:
        """A failed card attempt beside the real payment: archived, and to be ignored by every reader."""
        return self._did(trade.failed_payment(self, self._sale(sale_id), scaled(amount), seconds_of(at)).id)

    def quote(self, sale_id: str, at: datetime, notes: str = "") -> str:
        """Keep an open sale as a quote."""
        quote_id = self.add("Quote", saleID=sale_id, issueDate=time_text(seconds_of(at)), notes=notes)
        self.change("Sale", sale_id, quoteID=quote_id)
        return quote_id

    def edit_quote(self, quote_id: str, at: datetime, lines: Sequence[LineIn]) -> str:
        """Change what a quote offers: it moves to a new open sale, whose id is given; the old is archived."""
        quote = self.docs["Quote"].rows[int(quote_id)]
        before = self._sale(quote.fields["saleID"])
        sale_id = self.sell(
            str(before.shop_id), at, lines, customer_id=str(before.customer_id), completed=False
        )
        before.archived = True
        quote.fields["saleID"] = sale_id
        self.change("Sale", sale_id, quoteID=quote_id)
        return sale_id

    # Looking at the truth

    def sales_count(self) -> int:
        """All sales ever rung up, visible or not."""
        return len(self.sales)

    def sale(self, sale_id: str) -> Sale:
        """The sale's record; money in it is scaled by 10^7. Raises KeyError."""
        return self._sale(sale_id)

    def lines_of(self, sale_id: str) -> list[str]:
        """The ids of the sale's lines, in order."""
        return [str(line_id) for line_id in self._sale(sale_id).line_ids]

    def ship_to_of(self, sale_id: str) -> str:
        """The id of the sale's shipment, "0" without one."""
        return str(self._sale(sale_id).ship_to_id)

    # Inner workings

    def _did(self, row_id: int) -> str:
        self.version += 1
        return str(row_id)

    def _sale(self, sale_id: str) -> Sale:
        return self.sales.rows[int(sale_id)]

    def _when(self, at: int, action: str, row_id: int, *args: Any) -> str:
        """Do it now, or put it on the agenda when its instant is still to come."""
        self.version += 1
        if at <= self.now():
            ACTIONS[action](self, at, row_id, *args)
        else:
            self.agenda.put(at, self.version, action, row_id, *args)
        return str(row_id)


ACTIONS: Mapping[str, Callable[..., None]] = {**trade.ACTIONS, **people.ACTIONS}
