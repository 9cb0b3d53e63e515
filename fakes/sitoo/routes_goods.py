"""Parts of articles (variants, images) and gift cards."""

from typing import Any

from flask import Blueprint
from werkzeug.wrappers import Response

from fakes.sitoo import goods, variants
from fakes.sitoo.documents import Documents, Field, read_fields
from fakes.sitoo.door import answer, envelope, whole_number
from fakes.sitoo.errors import Refused
from fakes.sitoo.mount import View, mount
from fakes.sitoo.records import GiftCard
from fakes.sitoo.request import body, read_list, read_query
from fakes.sitoo.schemas_goods import IMAGES, VARIANT_FIELDS
from fakes.sitoo.state import State
from fakes.sitoo.wire import cents, money_text

_CARD = {
    one.name: one
    for one in (
        Field("type", "text", "giftcard", "w"),
        Field("currencycode", "text", "", "w"),
        Field("cardnumber", "text", "", "w"),
        Field("transactions", "objects", [], "w"),
    )
}
_TRANSACTION = {
    one.name: one
    for one in (Field("moneyamount", "money", "0.00", "w"), Field("merchant_reference", "text", None, "w"))
}
_ON_ADDING = ("deliverytype", "deliverytext", "email", "mobile", "product_reference", "pin")
VALID_S = 10 * 365 * 86_400


class GoodsRoutes:
    """`/products/{id}/productvariants`, `/products/{id}/images` and `/giftcards`."""

    def __init__(self, state: State) -> None:
        self.state = state

    def add_to(self, api: Blueprint, base: str) -> None:
        """Register the routes below an account's base path."""
        product, card = f"{base}/sites/<site>/products/<product>", f"{base}/sites/<site>/giftcards"
        mount(api, f"{product}/productvariants.json", {"GET": self.variants, "PUT": self.set_variants})
        mount(api, f"{product}/images.json", {"GET": self.images, "POST": self.add_image})
        mount(api, f"{product}/images/<image>.json", {"DELETE": self.remove_image})
        mount(api, f"{card}.json", {"POST": self.add_card})
        mount(api, f"{card}/<number>.json", {"GET": self.card})
        transactions: dict[str, View] = {"POST": self.add_transaction, "DELETE": self.remove_transactions}
        mount(api, f"{card}/<number>/transactions.json", transactions)

    def variants(self, product: str) -> Response:
        """All variants of the article's family; an article without any is alone in its family."""
        state = self.state
        rows = [goods.product_json(state, key) for key in variants.family(state, self._product(product))]
        groups: dict[str, list[str]] = {}
        for row in rows:
            for one in row["variant"]:
                options = groups.setdefault(one["name"], [])
                options += [] if one["value"] in options else [one["value"]]
        return answer(
            {
                "groups": [{"name": name, "options": options} for name, options in groups.items()],
                "variants": [
                    {
                        **{name: row[name] for name in VARIANT_FIELDS},
                        "attributes": [one["value"] for one in row["variant"]],
                        "pricelisthasvolume": False,
                    }
                    for row in rows
                ],
            }
        )

    def set_variants(self, product: str) -> Response:
        """All of them at once: those not named are deleted."""
        variants.set_variants(self.state, self._product(product), body())
        return answer(True)

    def images(self, product: str) -> Response:
        asked = read_list({}, IMAGES.shown, self.state.switches)
        rows, documents = self.state.images.get(self._product(product), []), Documents(IMAGES)
        keys = [documents.add(row, row["resourceid"]) for row in rows]
        page = keys[asked.start : asked.start + asked.num]
        return envelope(len(keys), [documents.part(key, asked.fields or IMAGES.listed) for key in page])

    def add_image(self, product: str) -> Response:
        product_id = self._product(product)
        row = Documents(IMAGES).read(body(), self.state.switches.unknown_field, partial=False)
        kept = {"resourceid": row["resourceid"], "datecreated": self.state.now()}
        kept["filesize"] = len(row.get("filedata", "")) * 3 // 4
        self.state.images.setdefault(product_id, []).append(kept)
        self.state.version += 1
        return answer(True)

    def remove_image(self, product: str, image: str) -> Response:
        rows = self.state.images.get(self._product(product), [])
        for row in rows:
            if row["resourceid"] == image:
                rows.remove(row)
                self.state.version += 1
                return answer(True)
        raise Refused(404)

    def add_card(self) -> Response:
        state = self.state
        given = read_query(dict.fromkeys(_ON_ADDING, "text"), state.switches)
        row = read_fields(_CARD.get, body(), unknown=state.switches.unknown_field, name="giftcard")
        first = [self._transaction(one) for one in row.get("transactions", [])]
        if row.get("type", "giftcard") not in ("giftcard", "creditnote") or not first:
            raise Refused(400, "giftcard: a type (giftcard, creditnote) and a transaction are required.")
        number = row.get("cardnumber") or f"95{state.ids.number('gift card', 10**17):018d}"
        try:
            card = goods.open_gift_card(
                state,
                number,
                state.now(),
                first[0][0],
                pin=given.get("pin", ""),
                kind=row.get("type", "giftcard"),
                ref=first[0][1],
            )
        except ValueError as error:
            raise goods.refuse(error) from None
        card.currency = row.get("currencycode") or state.currency
        return answer(self._done(card))

    def card(self, number: str) -> Response:
        return answer(_card_json(self._card(number)))

    def add_transaction(self, number: str) -> Response:
        card, (amount, ref) = self._card(number), self._transaction(body())
        try:
            goods.use_gift_card(self.state, card, amount, self.state.now(), ref)
        except ValueError as error:
            raise goods.refuse(error) from None
        return answer(self._done(card))

    def remove_transactions(self, number: str) -> Response:
        """Roll back: the body is what `addedtransactionids` said."""
        card, given = self._card(number), body()
        known = {one[0] for one in card.transactions}
        if not isinstance(given, list) or not given or not known & {str(one) for one in given}:
            raise Refused(400, "giftcard: an array of transaction ids of this card is required.")
        card.transactions = [one for one in card.transactions if one[0] not in given]
        self.state.version += 1
        return answer(True)

    def _transaction(self, given: Any) -> tuple[int, str | None]:
        unknown = self.state.switches.unknown_field
        row = read_fields(_TRANSACTION.get, given, unknown=unknown, name="giftcardtransaction")
        if "moneyamount" not in row:
            raise Refused(400, "giftcardtransaction: moneyamount is required.")
        return cents(row["moneyamount"]), row.get("merchant_reference")

    def _done(self, card: GiftCard) -> dict[str, Any]:
        return {
            "giftcard": _card_json(card),
            "addedtransactionids": [card.transactions[-1][0], self.state.ids.hexadecimal(40)],
            "receipttext": None,
            "print_voucher": False,
            "print_pin": None,
        }

    def _card(self, number: str) -> GiftCard:
        given = read_query({"pin": "text"}, self.state.switches)
        card = self.state.gift_cards.get(number)
        if card is None:
            raise Refused(404)
        if card.pin and given.get("pin") != card.pin:
            raise Refused(400, "giftcard: pin is wrong.")
        return card

    def _product(self, text: str) -> int:
        product_id = whole_number(text)
        if product_id not in self.state.products.rows:
            raise Refused(404)
        return product_id


def _card_json(card: GiftCard) -> dict[str, Any]:
    hidden = card.number[:2] + "*" * max(0, len(card.number) - 6) + card.number[-4:]
    return {
        "type": card.kind,
        "currencycode": card.currency,
        "cardnumber": card.number,
        "cardnumber_display": " ".join(hidden[place : place + 4] for place in range(0, len(hidden), 4)),
        "redeemable": card.balance > 0,
        "date_expires": card.at + VALID_S,
        "date_created": card.at,
        "moneyamount": money_text(card.balance),
        "requirespin": bool(card.pin),
        "transactions": [
            {
                "transactionid": transaction_id,
                "date": at,
                "moneyamount": money_text(amount),
                "merchant_reference": ref,
                "staff_reference": None,
                "transaction_reference": None,
            }
            for transaction_id, at, amount, ref in card.transactions
        ],
    }
