"""Carrying out what happens in the shop."""

from collections.abc import Callable, Mapping
from functools import partial

from scenarios.language.trade import (
    ChangeCustomer,
    CloseRegisters,
    DeleteCustomer,
    EditSale,
    Exchange,
    Finish,
    MergeCustomers,
    NewCustomer,
    OfSale,
    Pay,
    Refund,
    Sell,
)
from scenarios.runner.failing import CannotTell
from scenarios.runner.stage import Sold, Stage
from scenarios.runner.till import When


def sell(stage: Stage, told: Sell) -> None:
    """Ring up."""
    # A customer's till is the sale's, where no shop says otherwise.
    home = "" if told.shop or told.to is None else stage.till_of(told.to)
    shop = stage.shop(told.shop, home)
    if told.to is not None:
        stage.person(shop.till, told.to)
    stage.stock(shop.till, told.items)
    when = stage.when(told.at, told.uploaded, shop.zone)
    told = told.model_copy(update={"shop": shop.name})
    stage.keep(told.sale, shop.till, stage.tills[shop.till].sell(told, when), shop.name)


def refund(stage: Stage, told: Refund) -> None:
    """Take back."""
    sold, when = _of(stage, told.of, told.at)
    made = stage.tills[sold.till].refund(sold.id, told, when)
    stage.keep(told.as_ or f"refund of {told.of}", sold.till, made, sold.shop)


def exchange(stage: Stage, told: Exchange) -> None:
    """Take back and sell."""
    sold, when = _of(stage, told.of, told.at)
    stage.stock(sold.till, told.bought)
    made = stage.tills[sold.till].exchange(sold.id, told, when)
    name = told.as_ or f"exchange of {told.of}"
    stage.keep(name, sold.till, made[-1], sold.shop)
    for number, back in enumerate(made[:-1], 1):
        stage.keep(
            f"{name}, return {number}" if number > 1 else f"{name}, return", sold.till, back, sold.shop
        )


def finish(stage: Stage, told: Finish) -> None:
    """Pay the rest and close."""
    sold, when = _of(stage, told.of, told.at)
    made = stage.tills[sold.till].finish(sold.id, told, when.at)
    if made == sold.id:
        stage.touched()
    else:
        stage.keep(told.as_ or f"{told.of} finished", sold.till, made, sold.shop)


def pay(stage: Stage, told: Pay) -> None:
    """Pay a part."""
    sold, when = _of(stage, told.of, told.at)
    stage.tills[sold.till].pay(sold.id, told, when.at)
    stage.touched()


def do(word: str, stage: Stage, told: OfSale) -> None:
    """Void, delete, hide, ship, cancel."""
    sold, when = _of(stage, told.of, told.at)
    stage.tills[sold.till].do(word, sold.id, when.at)
    stage.touched()


def edit_sale(stage: Stage, told: EditSale) -> None:
    """Change a receipt."""
    sold, when = _of(stage, told.of, told.at)
    if told.customer is not None:
        stage.person(sold.till, told.customer)
    stage.tills[sold.till].edit_sale(sold.id, told, when.at)
    stage.touched()


def new_customer(stage: Stage, told: NewCustomer) -> None:
    """Somebody new."""
    stage.add_customer(told, stage.instant(told.since) if told.since else stage.now)
    stage.touched()


def change_customer(stage: Stage, told: ChangeCustomer) -> None:
    """Somebody changes."""
    till, when = stage.till_of(told.of), stage.when(told.at, None, stage.zone)
    if told.email:
        stage.known_as[told.of].add(told.email.lower())
    stage.tills[till].change_customer(stage.person(till, told.of), told, when.visible_at)
    stage.touched()


def delete_customer(stage: Stage, told: DeleteCustomer) -> None:
    """Somebody is gone."""
    till, when = stage.till_of(told.of), stage.when(told.at, None, stage.zone)
    stage.tills[till].delete_customer(stage.person(till, told.of), when.visible_at)
    stage.touched()


def merge_customers(stage: Stage, told: MergeCustomers) -> None:
    """Two become one."""
    till, when = stage.till_of(told.of), stage.when(told.at, None, stage.zone)
    loser, winner = stage.person(till, told.of), stage.person(till, told.into)
    stage.tills[till].merge_customers(loser, winner, when.visible_at)
    stage.touched()


def close_registers(stage: Stage, told: CloseRegisters) -> None:
    """The day ends in a shop."""
    shop = stage.shop(told.shop)
    when = stage.when(told.at, None, shop.zone)
    stage.tills[shop.till].close_registers(shop.name, when.at)
    stage.touched()


def _of(stage: Stage, name: str, at: str | None) -> tuple[Sold, When]:
    """A receipt and when something is done to it, in its shop's time: never before now."""
    sold = stage.sale(name)
    shop = next((one for one in stage.shops if one.name == sold.shop), None)
    if shop is None:
        raise CannotTell(f"`{name}` was sold in no shop of this story")
    when = stage.when(at, None, shop.zone)
    return sold, When(when.visible_at, when.visible_at) if at is None else when


DO: Mapping[str, Callable[..., None]] = {
    "sell": sell,
    "refund": refund,
    "exchange": exchange,
    "finish": finish,
    "pay": pay,
    "edit sale": edit_sale,
    "new customer": new_customer,
    "change customer": change_customer,
    "delete customer": delete_customer,
    "merge customers": merge_customers,
    "close registers": close_registers,
    **{word: partial(do, word) for word in ("void", "delete sale", "hide sale", "ship", "cancel")},
}
