"""The truth of one X-Series account and the script that makes it trade.

What a script does at an instant the fake's clock has not reached yet happens when the clock gets there
(`settle`, which every request does first). Every change draws the next number of one 64-bit counter, moves
the row to the tail of its resource's feed and is announced to `on_change`, where the webhooks listen.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from fakes.kit.agenda import Agenda
from fakes.kit.clock import Clock
from fakes.kit.ids import mix
from fakes.kit.kept import Kept, dump_all, load_all
from fakes.lightspeed_x import dump as dumping
from fakes.lightspeed_x import goods, money, naming, people, trade
from fakes.lightspeed_x.records import Adjustment, Amount, Charge, Customer, Line, LineIn, PayIn, Row, Sale
from fakes.lightspeed_x.setup import Options, open_account
from fakes.lightspeed_x.switches import Switches
from fakes.lightspeed_x.tables import Table, Versioned

R = TypeVar("R", bound=Versioned)


def seconds_of(instant: datetime) -> int:
    """Whole seconds since 1970 of an aware instant; a naive one is a bug in the script and raises."""
    if instant.tzinfo is None:
        raise ValueError("instants are aware: give the datetime a zone")
    return int(instant.timestamp())


class State:
    """One account. Not thread-safe by itself: the fake answers one request at a time."""

    opened_at: int
    retailer_id: str
    outlet_id: str
    register_id: str
    user_id: str
    walkin_id: str
    group_id: str
    tax_id: str
    discount_product_id: str

    def __init__(
        self,
        clock: Clock,
        switches: Switches,
        options: Options,
        kept: Mapping[str, Kept] | None = None,
    ) -> None:
        self.clock = clock
        self.switches = switches
        self.options = options
        self.kept = dict(kept or {})
        self.on_change: Callable[[str, Any, int], None] = lambda _table, _row, _at: None
        """Told of every committed change: the table's name, the row, the instant."""
        self.announce: Callable[[str, dict[str, Any]], None] = lambda _kind, _payload: None
        """Sends a webhook whose truth is not kept here: inventory, closures, consignments."""
        self.clear()
        open_account(self)

    def reset(self) -> None:
        """As freshly built, tokens included."""
        self.clear()
        open_account(self)
        for one in self.kept.values():
            one.reset()

    def clear(self) -> None:
        """No rows at all; `open_account` makes what every account has."""
        self.agenda = Agenda()
        self.turn = 0
        self.named = 0
        self.counter = self.options.version_start
        self.reserved: dict[str, int] = {}
        self.line_cache: dict[Any, Line] = {}
        self.amounts: dict[str, Decimal] = {}
        """Equal amounts of cached lines are one object: a year of receipts has few different ones."""
        self.names: dict[tuple[str, str], str] = {}
        self.registers_of: dict[str, str] = {}
        self.outlets: Table[Row] = Table("outlets")
        self.registers: Table[Row] = Table("registers")
        self.users: Table[Row] = Table("users")
        self.customers: Table[Customer] = Table("customers")
        self.customer_groups: Table[Row] = Table("customer_groups")
        self.products: Table[Row] = Table("products")
        self.brands: Table[Row] = Table("brands")
        self.tags: Table[Row] = Table("tags")
        self.product_categories: Table[Row] = Table("product_categories")
        self.suppliers: Table[Row] = Table("suppliers")
        self.taxes: Table[Row] = Table("taxes")
        self.payment_types: Table[Row] = Table("payment_types")
        self.channels: Table[Row] = Table("channels")
        self.promotions: Table[Row] = Table("promotions")
        self.gift_cards: Table[Row] = Table("gift_cards")
        self.store_credits: Table[Row] = Table("store_credits")
        self.webhooks: Table[Row] = Table("webhooks")
        self.sales: Table[Sale] = Table("sales")

    def now(self) -> int:
        """The clock in epoch seconds."""
        return int(self.clock.now().timestamp())

    def settle(self) -> None:
        """Let everything happen that is due by the clock; called before each request is answered."""
        for at, action, args in self.agenda.pop_due(self.now()):
            ACTIONS[action](self, at, *args)

    def dump(self) -> dict[str, Any]:
        """The whole truth as a JSON object."""
        return {**dumping.dump(self), "kept": dump_all(self.kept)}

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Replace the truth by a dumped one. Raises ValueError or KeyError when it is not one."""
        dumping.load(self, dumped)
        load_all(self.kept, dumped.get("kept", {}))

    # Versions, ids and the order of things

    def draw(self) -> int:
        """The next number of the account's one counter; it skips some, as a platform-wide one would."""
        gap = mix(self.counter ^ self.options.seed) % max(1, self.switches.version_gap_max)
        self.counter += 1 + gap
        return self.counter

    def new_id(self) -> str:
        self.named += 1
        return naming.uuid_text(self.options.seed, self.named, self.switches.id_style)

    def add(self, table: Table[R], row: R, at: int, version: int | None = None) -> R:
        """Keep a row and commit it at once."""
        table.rows[row.id] = row
        row.version = version or self.draw()
        table.feed.put(row.version, row.id)
        self.on_change(table.name, row, at)
        return row

    def changed(self, table: Table[Any], row: Any, at: int) -> None:
        """A committed row changed: a new version at the tail. One that is not committed yet just waits."""
        if not row.version:
            return
        row.updated_at = max(row.updated_at, at)
        table.feed.drop(row.version)
        row.version = self.draw()
        table.feed.put(row.version, row.id)
        self.on_change(table.name, row, at)

    def when(self, at: int, action: str, *args: Any) -> None:
        """Do it now, or put it on the agenda when its instant is still to come."""
        if at <= self.now():
            ACTIONS[action](self, at, *args)
            return
        self.turn += 1
        self.agenda.put(at, self.turn, action, *args)

    # The shop and what it sells

    def add_outlet(
        self, name: str, time_zone: str, *, currency: str | None = None, country: str = "US"
    ) -> str:
        """An outlet with its first register, "Register 1"; `time_zone` is a tz name."""
        outlet = goods.outlet(self, name, time_zone, currency or self.options.currency, country)
        self.add_register(outlet, "Register 1")
        return outlet

    def add_register(self, outlet_id: str, name: str) -> str:
        return goods.register(self, outlet_id, name)

    def add_user(self, name: str) -> str:
        return goods.user(self, name)

    def add_brand(self, name: str) -> str:
        return goods.named(self, self.brands, name)

    def add_tag(self, name: str) -> str:
        return goods.named(self, self.tags, name)

    def add_supplier(self, name: str) -> str:
        return goods.named(self, self.suppliers, name)

    def add_promotion(self, name: str, *, percent: Amount, promo_code: str = "") -> str:
        """A promotion to name on lines; it changes no price by itself."""
        return goods.promotion(self, name, money.amount(percent), promo_code)

    def add_channel(self, store_url: str, register_id: str, channel_type: str = "woocommerce") -> str:
        """A web shop whose sales are booked to this register."""
        return goods.channel(self, store_url, register_id, channel_type)

    def add_ui_webhook(self, kind: str, url: str) -> str:
        """A webhook made in the store's own pages: unsigned, and listed for no application."""
        return goods.ui_webhook(self, kind, url)

    def add_category(self, path: tuple[str, ...]) -> str:
        """The category at the end of the path; parents that do not exist yet are made."""
        return goods.category(self, path)

    def add_product(
        self,
        name: str,
        *,
        sku: str,
        price: Amount,
        category_id: str | None = None,
        brand_id: str | None = None,
        image_url: str | None = None,
        tags: Sequence[str] = (),
        parent_id: str | None = None,
        options: Mapping[str, str] | None = None,
        cost: Amount = 0,
        active: bool = True,
        description: str = "",
        supplier_id: str | None = None,
        kind: str = "standard",
    ) -> str:
        """A product at a shelf price; with `parent_id` a variant of it. `tags` are names."""
        asked = goods.ProductIn(
            name, sku, money.amount(price), category_id, brand_id, image_url,
            tuple(self.add_tag(tag) for tag in tags), parent_id, dict(options or {}), money.amount(cost),
            active, description, supplier_id, kind,
        )  # fmt: skip
        return goods.product(self, asked)

    def edit_product(self, product_id: str, at: datetime, **fields: Any) -> None:
        """Change fields by their 2.0 names; prices as `price_excluding_tax`."""
        self.when(seconds_of(at), "edit_product", product_id, fields)

    def delete_product(self, product_id: str, at: datetime) -> None:
        self.when(seconds_of(at), "delete_row", "products", product_id)

    # People

    def add_customer(
        self,
        first: str,
        last: str,
        *,
        email: str | None = None,
        phone: str = "",
        mobile: str = "",
        do_not_email: bool = False,
        address: Mapping[str, str] | None = None,
        company: str = "",
        group: str | None = None,
        tags: Sequence[str] = (),
        loyalty_balance: Amount | None = None,
        at: datetime,
        promotional_sms: bool = False,
        code: str | None = None,
        date_of_birth: str | None = None,
        gender: str | None = None,
        note: str = "",
    ) -> str:
        """A customer; `tags` become further groups, which is how X-Series sorts people."""
        fields: dict[str, Any] = {
            "first_name": first or None, "last_name": last or None, "email": email, "phone": phone,
            "mobile": mobile, "do_not_email": do_not_email, "company_name": company, "note": note,
            "enable_promotional_sms": promotional_sms, "date_of_birth": date_of_birth, "gender": gender,
            **people.address_fields(address or {}, self.options.country),
        }  # fmt: skip
        groups = [goods.group(self, name) for name in (*([group] if group else []), *tags)]
        return people.create(
            self,
            fields,
            seconds_of(at),
            groups=tuple(groups),
            code=code,
            loyalty=money.amount(loyalty_balance or 0),
        )

    def edit_customer(self, customer_id: str, at: datetime, **fields: Any) -> None:
        """Change fields by their 2.0 names."""
        self.when(seconds_of(at), "edit_customer", customer_id, fields)

    def set_email(self, customer_id: str, email: str | None, at: datetime) -> None:
        self.edit_customer(customer_id, at, email=email)

    def set_do_not_email(self, customer_id: str, value: bool, at: datetime) -> None:
        self.edit_customer(customer_id, at, do_not_email=value)

    def set_group(self, customer_id: str, group: str, at: datetime) -> None:
        self.when(seconds_of(at), "set_group", customer_id, goods.group(self, group))

    def delete_customer(self, customer_id: str, at: datetime) -> None:
        self.when(seconds_of(at), "delete_customer", customer_id)

    def merge_customers(self, loser_id: str, winner_id: str, at: datetime) -> None:
        """Merge in the back office: the loser shows as deleted; by switch its sales follow the winner."""
        self.when(seconds_of(at), "merge_customers", loser_id, winner_id)

    # Trading; the rules are in trade.py

    def sell(
        self,
        outlet_id: str,
        at: datetime,
        lines: Sequence[LineIn | tuple[Any, ...]],
        *,
        customer_id: str | None = None,
        register_id: str | None = None,
        user_id: str | None = None,
        state: str = "closed",
        attributes: Sequence[str] = (),
        source: str = "USER",
        source_id: str | None = None,
        note: str = "",
        payments: Sequence[PayIn] | None = None,
        adjustments: Sequence[Adjustment] = (),
        charges: Sequence[Charge] = (),
        discount: Amount | None = None,
        visible_at: datetime | None = None,
        version_at: datetime | None = None,
    ) -> str:
        """Ring up a sale. `visible_at` later than `at` is an offline till's late upload; `version_at` before
        `visible_at` commits a version that is lower than others already served."""
        at_s = seconds_of(at)
        visible_s = at_s if visible_at is None else seconds_of(visible_at)
        draft = trade.Draft(
            register_id or self.registers_of[outlet_id], user_id or self.user_id, customer_id, at_s, state,
            tuple(attributes), source, source_id, note, tuple(adjustments), tuple(charges), discount,
            None if payments is None else tuple(payments),
            visible_s, visible_s if version_at is None else seconds_of(version_at),
        )  # fmt: skip
        return trade.ring_up(self, draft, lines).id

    def sell_many(self, rows: Iterable[tuple[str, datetime, Sequence[Any], str | None]]) -> int:
        """Many closed sales, oldest first: (outlet, at, lines of (product, quantity, price), customer)."""
        count = 0
        for outlet_id, at, lines, customer_id in rows:
            self.sell(outlet_id, at, lines, customer_id=customer_id)
            count += 1
        return count

    def park(self, outlet_id: str, at: datetime, lines: Sequence[Any], **options: Any) -> str:
        """A sale put aside, with nothing paid."""
        return self.sell(outlet_id, at, lines, state="parked", **options)

    def layby(
        self, outlet_id: str, at: datetime, lines: Sequence[Any], *, deposit: Amount = 0, **options: Any
    ) -> str:
        """Goods kept by the shop until `close`; `pay` adds instalments."""
        paid = (PayIn("Cash", deposit),) if money.amount(deposit) else ()
        return self.sell(
            outlet_id, at, lines, state="pending", attributes=("layby",), payments=paid, **options
        )

    def on_account(self, outlet_id: str, at: datetime, lines: Sequence[Any], **options: Any) -> str:
        """Goods gone, money owed: the customer's balance rises until it is paid."""
        return self.sell(outlet_id, at, lines, state="pending", attributes=("onaccount",), **options)

    def order(
        self,
        outlet_id: str,
        at: datetime,
        lines: Sequence[Any],
        *,
        attributes: Sequence[str] = ("pickup",),
        **options: Any,
    ) -> str:
        """A paid order that waits for `pickup` or `dispatch`."""
        return self.sell(outlet_id, at, lines, state="pending", attributes=attributes, **options)

    def pay(self, sale_id: str, at: datetime, amount: Amount, name: str = "Cash") -> None:
        self.when(seconds_of(at), "pay", sale_id, str(amount), name)

    def close(self, sale_id: str, at: datetime) -> None:
        """Pay what is left and close it."""
        self.when(seconds_of(at), "close", sale_id)

    pickup = dispatch = close

    def refund(
        self,
        sale_id: str,
        at: datetime,
        lines: Mapping[str, Amount] | None = None,
        *,
        linked: bool = True,
        state: str = "closed",
        register_id: str | None = None,
        payment: str = "Cash",
    ) -> str:
        """Take goods back, `None`: all that is left. Not `linked` is a return without its receipt."""
        wanted = None if lines is None else {key: money.amount(value) for key, value in lines.items()}
        back = trade.Back(wanted, (), linked, state, register_id, payment)
        return trade.take_back(self, self.sale(sale_id), seconds_of(at), back).id

    def exchange(
        self,
        sale_id: str,
        at: datetime,
        returned: Mapping[str, Amount],
        bought: Sequence[LineIn | tuple[Any, ...]],
        *,
        linked: bool = True,
    ) -> str:
        """One sale with the returned lines negative and the bought ones positive."""
        wanted = {key: money.amount(value) for key, value in returned.items()}
        back = trade.Back(wanted, tuple(bought), linked, "closed", None, "Cash")
        return trade.take_back(self, self.sale(sale_id), seconds_of(at), back).id

    def void(self, sale_id: str, at: datetime) -> None:
        self.when(seconds_of(at), "void", sale_id)

    def delete_sale(self, sale_id: str, at: datetime) -> None:
        """It stays in the list, with `deleted_at`."""
        self.when(seconds_of(at), "delete_row", "sales", sale_id)

    def touch(self, sale_id: str, at: datetime) -> None:
        """A new version and nothing else, as some outside integration causes."""
        self.when(seconds_of(at), "touch", sale_id)

    def attach_customer(self, sale_id: str, customer_id: str, at: datetime) -> None:
        self.when(seconds_of(at), "attach", sale_id, customer_id)

    def edit_note(self, sale_id: str, at: datetime, note: str = "Checked") -> None:
        self.when(seconds_of(at), "annotate", sale_id, note)

    # Looking at the truth

    def sales_count(self) -> int:
        """All sales ever rung up, visible or not."""
        return len(self.sales)

    def sale_ids(self) -> list[str]:
        return list(self.sales.rows)

    def sale(self, sale_id: str) -> Sale:
        """The sale's record. Raises KeyError."""
        return self.sales.rows[sale_id]

    def customer(self, customer_id: str) -> Customer:
        """The customer's record. Raises KeyError."""
        return self.customers.rows[customer_id]

    def customer_count(self) -> int:
        """WALKIN and the deleted included."""
        return len(self.customers)

    def lines_of(self, sale_id: str) -> list[str]:
        """The ids of the sale's lines, in order."""
        return trade.line_ids(self.sale(sale_id))

    def total_of(self, sale_id: str) -> Decimal:
        """The sale's total, tax included."""
        return money.gross_total(self.sale(sale_id))


ACTIONS: Mapping[str, Callable[..., None]] = {**trade.ACTIONS, **people.ACTIONS, **goods.ACTIONS}
