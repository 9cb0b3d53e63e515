"""Articles and people: what a script adds and what the API's writes do to them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from fakes.sitoo.errors import Refused
from fakes.sitoo.records import GOODS, Face, GiftCard
from fakes.sitoo.wire import (
    Amount,
    cents,
    decimal_text,
    guid_text,
    milli,
    money_text,
    percent_number,
    seconds_of,
)

if TYPE_CHECKING:
    from fakes.sitoo.state import State

COMMON_GOODS, BOOKS = 2, 3  # the ids of the published example


class ProductIn(TypedDict, total=False):
    """What may be said of a new article; `group` (a vatid) wins over `vat` (percent)."""

    vat: Amount
    group: int | None
    category_id: int | None
    manufacturer_id: int | None
    image: str | None
    attributes: str
    barcode: str
    at: datetime | None


class UserIn(TypedDict, total=False):
    """What may be said of a new person; `crm` is copied to that person's orders."""

    mobile: str
    phone: str
    customer_number: str
    personal_id: str
    company: str
    crm: Mapping[str, str]
    address: Mapping[str, str]
    role: int | None


def furnish(state: "State") -> None:
    """What every account has: its site and two product groups."""
    url = "https://store.example-shop.se/"
    site = {"siteid": guid_text(state.ids.hexadecimal(32)), "server": "store.example-shop.se", "siteurl": url}
    state.docs["sites"].add(site, state.site_id)
    default = {"pricelistname": "Default Price List", "currencycode": state.currency}
    state.docs["pricelists"].add(default)
    groups = state.docs["productgroups"]
    groups.add({"value": 25, "productgroupname": "Common Goods"}, COMMON_GOODS)
    groups.add({"value": 6, "productgroupname": "Books"}, BOOKS)


def site_guid(state: "State") -> str:
    """The deprecated GUID of the site."""
    return str(state.docs["sites"].value(state.site_id, "siteid"))


def add_category(state: "State", title: str, parent_id: int | None) -> int:
    now = state.now()
    row = {
        "title": title,
        "categoryparentid": parent_id,
        "sortorder": len(state.docs["categories"]),
        "friendly": title.lower().replace(" ", "-"),
        "datecreated": now,
        "datemodified": now,
    }
    return int(state.docs["categories"].add(row))


def add_vat_group(state: "State", name: str, percent: Amount, kind: int = GOODS) -> int:
    row = {"value": percent_number(milli(percent)), "productgrouptype": kind, "productgroupname": name}
    return int(state.docs["productgroups"].add(row))


def group_for(state: "State", percent: Amount) -> int:
    """The group of articles with this VAT rate, made when there is none."""
    groups, value = state.docs["productgroups"], percent_number(milli(percent))
    for key in groups:
        if groups.value(key, "value") == value and groups.value(key, "productgrouptype") == GOODS:
            return int(key)
    return add_vat_group(state, f"VAT {value} %", percent)


def add_product(state: "State", title: str, sku: str, price: Amount, more: ProductIn) -> int:
    at, category = more.get("at"), more.get("category_id")
    stamp = state.now() if at is None else seconds_of(at)
    group = more.get("group")
    row = {
        "title": title,
        "sku": sku,
        "moneyprice": money_text(cents(price)),
        "vatid": group_for(state, more.get("vat", 25)) if group is None else group,
        "defaultcategoryid": category,
        "categories": [] if category is None else [category],
        "manufacturerid": more.get("manufacturer_id"),
        "barcode": more.get("barcode"),
        "friendly": sku.lower(),
        "datecreated": stamp,
        "datemodified": stamp,
    }
    product_id = int(state.products.add(row))
    refresh_face(state, product_id, more.get("attributes", ""))
    if more.get("image"):
        state.images[product_id] = [{"resourceid": more.get("image"), "datecreated": stamp}]
    state.version += 1
    return product_id


def refresh_face(state: "State", product_id: int, attributes: str | None = None) -> None:
    """Rows sold from now on show the article as it is now."""
    row, groups = state.products.whole(product_id), state.docs["productgroups"]
    group = groups.whole(row["vatid"]) if row["vatid"] in groups.rows else {}
    if attributes is None:
        old = state.face_of.get(product_id)
        attributes = state.faces[old].attributes if old else ""
    face = Face(
        product_id,
        row["title"],
        row["sku"],
        attributes,
        cents(row["moneyprice"]),
        milli(str(group.get("value", 0))),
        group.get("productgroupname", ""),
        group.get("productgrouptype", GOODS),
    )
    state.face_of[product_id] = len(state.faces)
    state.faces.append(face)


def check_sku(state: "State", sku: Any, but: Collection[object]) -> None:
    """Raises Refused(400) for characters a SKU cannot have, or one that an article has, ``but`` these."""
    if sku is None:
        return
    if not all(char.isascii() and (char.isalnum() or char in "_+-/") for char in sku):
        raise Refused(400, "product: sku takes only A-Z, a-z, 0-9, _, +, - and /.")
    if any(other not in but and state.products.value(other, "sku") == sku for other in state.products):
        raise Refused(400, "product: sku must be unique.")


def product_json(state: "State", product_id: int) -> dict[str, Any]:
    """An article with its calculated fields."""
    row, face = state.products.whole(product_id), state.faces[state.face_of[product_id]]
    groups = state.docs["productgroups"]
    group = (
        groups.whole(row["vatid"]) if row["vatid"] in groups.rows else {"value": 0, "productgrouptype": 10}
    )
    return {
        **row,
        "moneyfinalprice": row["moneyofferprice"] if row["offerisenabled"] else row["moneyprice"],
        "offerisactive": row["offerisenabled"],
        "vatvalue": group["value"],
        "productgrouptype": group["productgrouptype"],
        "variant": [
            {"name": name, "value": value}
            for name, _, value in (part.partition(": ") for part in face.attributes.split(", ") if part)
        ],
    }


def add_variants(
    state: "State", parent_id: int, variants: Sequence[tuple[str, str, Mapping[str, str]]]
) -> list[int]:
    parent, made = state.products.whole(parent_id), []
    for number, (title, sku, attributes) in enumerate(variants):
        words = ", ".join(f"{name}: {value}" for name, value in attributes.items())
        if number == 0:
            state.products.update(parent_id, {"title": title, "sku": sku, "variantparentid": parent_id})
            refresh_face(state, parent_id, words)
            made.append(parent_id)
            continue
        more: ProductIn = {"group": parent["vatid"], "category_id": parent["defaultcategoryid"]}
        more["manufacturer_id"], more["attributes"] = parent["manufacturerid"], words
        product_id = add_product(state, title, sku, parent["moneyprice"], more)
        state.products.update(product_id, {"variantparentid": parent_id})
        made.append(product_id)
    return made


def add_user(state: "State", row: dict[str, Any], at: datetime, more: UserIn) -> str:
    stamp = seconds_of(at)
    fields = {
        **row,
        **dict(more.get("address") or {}),
        "mobile": more.get("mobile", ""),
        "phone": more.get("phone", ""),
        "customernumber": more.get("customer_number", ""),
        "personalid": more.get("personal_id", ""),
        "company": more.get("company", ""),
        "role": more.get("role"),
        "datecreated": stamp,
        "datemodified": stamp,
    }
    user_id = keep_user(state, fields)
    if more.get("crm"):
        state.crm[user_id] = dict(more["crm"])
    return user_id


def keep_user(state: "State", fields: Mapping[str, Any]) -> str:
    """A new user with its GUID. Raises ValueError for an e-mail address in use."""
    _check_email(state, str(fields["email"]), None)
    user_id = guid_text(state.ids.hexadecimal(32))
    state.users.add(fields, user_id)
    state.email_users[str(fields["email"]).lower()] = user_id
    state.version += 1
    return user_id


def edit_user(state: "State", at: int, user_id: str, changes: Mapping[str, Any]) -> None:
    """Change a user. Raises KeyError or ValueError."""
    old = str(state.users.value(user_id, "email"))
    new = str(changes.get("email", old))
    _check_email(state, new, user_id)
    state.users.update(user_id, {**changes, "datemodified": at})
    state.email_users.pop(old.lower(), None)
    state.email_users[new.lower()] = user_id


def delete_user(state: "State", _at: int, user_id: str) -> None:
    """Forget a user. Raises KeyError."""
    state.email_users.pop(str(state.users.value(user_id, "email")).lower(), None)
    state.users.remove(user_id)
    state.crm.pop(user_id, None)


def _check_email(state: "State", email: str, user_id: str | None) -> None:
    if not email:
        raise ValueError("user: email is required.")
    if state.email_users.get(email.lower(), user_id) != user_id:
        raise ValueError("user: email must be unique.")


def open_gift_card(
    state: "State",
    number: str,
    at: int,
    amount: int,
    *,
    pin: str = "",
    kind: str = "giftcard",
    ref: str | None = None,
) -> GiftCard:
    """A new card. Raises ValueError for a number in use."""
    if number in state.gift_cards:
        raise ValueError("giftcard: cardnumber is in use.")
    card = state.gift_cards[number] = GiftCard(number, kind, state.currency, at, pin)
    use_gift_card(state, card, amount, at, ref)
    return card


def use_gift_card(state: "State", card: GiftCard, amount: int, at: int, ref: str | None = None) -> str:
    """Move money on or off a card; gives the transaction's id. Raises ValueError below zero."""
    if card.balance + amount < 0:
        raise ValueError("giftcard: the balance is too low.")
    transaction_id = str(state.ids.number("gift card transaction", 3456))
    card.transactions.append((transaction_id, at, amount, ref))
    state.version += 1
    return transaction_id


def refuse(error: Exception) -> Refused:
    """What a write that makes no sense is answered."""
    return Refused(400, str(error.args[0]) if error.args else "")


def tax_rate_text(rate: int) -> str:
    """Thousandths of a percent as a decimal: "8.875"."""
    return decimal_text(rate)
