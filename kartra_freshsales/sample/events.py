"""What happened to the orders: payments, failures, cancellations, refunds; one row each.

All nine of Kartra's transaction types occur. What does not belong here: sums of money
(``charges``), which batch exports an event (``transaction_rows``), cells.
"""

import polars as pl

from kartra_freshsales.sample.dice import when
from kartra_freshsales.sample.orders import (
    CANCELLED,
    FORCED,
    ORDER,
    ORDERS_AT_MOST,
    PENDING,
    REVERTED,
)
from kartra_freshsales.sample.people import PERSON
from kartra_freshsales.sample.scale import LAST_PAYMENT, Scale, outside_clock_change

SALE, REBILL = "Sale", "Rebill"
REFUND, PARTIAL, CHARGEBACK = "Refund", "Partial refund", "Chargeback"
FAILED, CANCELLATION = "Failed", "Cancellation"
REQUEST, REVERT = "Request Can.", "Revert Can."
PAID = (SALE, REBILL)
UNDOING = (REFUND, PARTIAL, CHARGEBACK)
TYPES = (*PAID, *UNDOING, FAILED, CANCELLATION, REQUEST, REVERT)

# How a refund names the payment it undoes, from the surest to the vaguest.
BY_PROCESSOR = "processor"
BY_PAYMENT = "payment number"
BY_PRODUCT = "product"
UNLINKED = "unlinked"

EVENT = ORDER * 128 + pl.col("number")  # a key for dice: no order has 128 payments
RETIRED = -1  # the item that nobody ever bought
_UNDO_IN_10_000 = {REFUND: 340, PARTIAL: 70, CHARGEBACK: 45}
# Undone first payments that do not depend on the dice, and what links them.
_SET_UNDO = {0: REFUND, 1: PARTIAL, 2: CHARGEBACK, 4: REFUND}
_SET_LINK = {0: BY_PRODUCT, 1: BY_PROCESSOR, 2: BY_PROCESSOR, 4: BY_PAYMENT}
_LINKS = {BY_PROCESSOR: 70, BY_PAYMENT: 15, BY_PRODUCT: 15}
_DAY = pl.duration(days=1)

_COLUMNS = (
    "order", "person", "found", "plan", "item", "trial", "without_lead", "former_email",
    "affiliate", "type", "date", "number", "nth", "link", "automatic",
)  # fmt: skip


def events(scale: Scale, orders: pl.DataFrame) -> pl.DataFrame:
    """All events, in no particular order.

    Columns beside those of the order: ``found`` (buyer, and of a refund also the sale,
    must be found), ``type``, ``date`` (account time), ``number`` of the payment meant,
    ``nth`` of its kind, ``link`` (how a refund names the payment it undoes).
    """
    known = orders.with_columns(
        pl.col("golden").alias("found"), pl.col("days").fill_null(0).alias("days")
    )
    payments = _payments(known)
    parts = [
        payments,
        _failures(scale, payments),
        _given_up(known),
        _declined(scale, known),
        _requests(scale, known),
        _reverts(known),
        _cancellations(known),
        _undone(scale, payments),
        _unlinkable(scale),
    ]
    return pl.concat([part.select(_COLUMNS) for part in parts]).with_columns(
        outside_clock_change(pl.col("date"))
    )


def _event(frame: pl.DataFrame, kind: str, date: pl.Expr, **also: pl.Expr) -> pl.DataFrame:
    """Name the events of one type; what is not said is one, none or no."""
    said = {
        "number": pl.col("payments"),
        "nth": pl.lit(1, dtype=pl.Int64),
        "link": pl.lit(None, dtype=pl.String),
        **also,
    }
    latest = pl.lit(LAST_PAYMENT) + 2 * _DAY
    return frame.with_columns(
        pl.lit(kind).alias("type"), pl.min_horizontal(date, latest).alias("date"), **said
    )


def _last_payment() -> pl.Expr:
    return pl.col("start") + (pl.col("payments") - 1) * pl.col("days") * _DAY


def _payments(orders: pl.DataFrame) -> pl.DataFrame:
    """One row per payment that went through; the first is the sale."""
    paid = orders.filter(pl.col("payments") > 0)
    numbered = paid.with_columns(
        pl.int_ranges(1, pl.col("payments") + 1, dtype=pl.Int64).alias("number")
    ).explode("number")
    date = pl.col("start") + (pl.col("number") - 1) * pl.col("days") * _DAY
    rows = _event(numbered, SALE, date, number=pl.col("number"))
    sale = pl.col("number") == 1
    return rows.with_columns(
        pl.when(sale).then(pl.lit(SALE)).otherwise(pl.lit(REBILL)).alias("type"),
        pl.lit(value=False).alias("automatic"),
    )


def _counted(frame: pl.DataFrame, count: pl.Expr) -> pl.DataFrame:
    """Each row as often as ``count`` says, numbered from 1 in ``nth``."""
    ranged = frame.with_columns(
        count.alias("count"), pl.int_ranges(1, count + 1, dtype=pl.Int64).alias("nth")
    )
    return ranged.filter(pl.col("count") > 0).explode("nth")


def _failures(scale: Scale, payments: pl.DataFrame) -> pl.DataFrame:
    """Attempts before a payment went through, three days apart."""
    rebills = payments.filter(pl.col("type") == REBILL)
    fate = scale.dice.roll(EVENT, "failures", 100)
    count = pl.when(fate < 3).then(3).when(fate < 9).then(2).when(fate < 22).then(1)  # noqa: PLR2004
    tried = _counted(rebills, count.otherwise(0).cast(pl.Int64))
    date = pl.col("date") - (pl.col("count") - pl.col("nth") + 1) * 3 * _DAY
    return _event(tried, FAILED, date, number=pl.col("number"), nth=pl.col("nth"))


def _given_up(orders: pl.DataFrame) -> pl.DataFrame:
    """The four attempts after which Kartra cancels by itself."""
    tried = _counted(orders.filter("automatic"), pl.lit(4, dtype=pl.Int64))
    date = _last_payment() + (pl.col("days") + 3 * (pl.col("nth") - 1)) * _DAY
    number = pl.col("payments") + 1
    rows = _event(tried, FAILED, date, number=number, nth=pl.col("nth"))
    return rows.with_columns(pl.lit(value=False).alias("automatic"))


def _declined(scale: Scale, orders: pl.DataFrame) -> pl.DataFrame:
    """Attempts of those who never came to pay."""
    never = orders.filter(pl.col("payments") == 0)
    tried = _counted(never, scale.dice.roll(ORDER, "attempts", 3) + 1)
    date = pl.col("start") + pl.duration(minutes=7) * (pl.col("nth") - 1)
    return _event(tried, FAILED, date, number=pl.lit(1, pl.Int64), nth=pl.col("nth"))


def _requests(scale: Scale, orders: pl.DataFrame) -> pl.DataFrame:
    """Wishes to cancel: pending, taken back, or fulfilled later."""
    fate = pl.col("fate")
    wished = fate.eq(CANCELLED) & ~pl.col("automatic")
    asked = fate.is_in([PENDING, REVERTED]) | (
        wished & scale.dice.chance(ORDER, "asks", 0.5)
    )
    rows = _event(orders.filter(asked), REQUEST, _last_payment() + pl.duration(hours=1))
    return rows.with_columns(pl.lit(value=False).alias("automatic"))


def _reverts(orders: pl.DataFrame) -> pl.DataFrame:
    taken_back = orders.filter(pl.col("fate") == REVERTED)
    return _event(taken_back, REVERT, _last_payment() + pl.duration(hours=9))


def _cancellations(orders: pl.DataFrame) -> pl.DataFrame:
    ended = orders.filter(pl.col("fate") == CANCELLED)
    by_itself = _last_payment() + (pl.col("days") + 10) * _DAY
    asked = _last_payment() + pl.duration(hours=30)
    return _event(
        ended, CANCELLATION, pl.when("automatic").then(by_itself).otherwise(asked)
    )


def _undone(scale: Scale, payments: pl.DataFrame) -> pl.DataFrame:
    """Refunds, partial refunds and chargebacks of payments, never on the day of payment."""
    dice = scale.dice
    first = (
        PERSON.is_in(FORCED) & ORDER.eq(PERSON * ORDERS_AT_MOST) & (pl.col("number") == 1)
    )
    forced = when(first, PERSON)
    roll = dice.roll(EVENT, "undone", 10_000)
    kind, bound = pl.lit(None, dtype=pl.String), sum(_UNDO_IN_10_000.values())
    for name, share in reversed(_UNDO_IN_10_000.items()):
        kind = pl.when(roll < bound).then(pl.lit(name)).otherwise(kind)
        bound -= share
    set_kind = forced.replace_strict(_SET_UNDO, default=None, return_dtype=pl.String)
    chosen = payments.with_columns(pl.coalesce(set_kind, kind).alias("undo")).filter(
        pl.col("undo").is_not_null()
    )
    parts = pl.when(pl.col("undo") == PARTIAL).then(dice.roll(EVENT, "parts", 2) + 1)
    rows = _counted(chosen, parts.otherwise(1).cast(pl.Int64))
    hours = dice.roll(EVENT, "hours to refund", 40) + 20 + pl.col("nth") * 5
    link = pl.coalesce(
        forced.replace_strict(_SET_LINK, default=None, return_dtype=pl.String), _link(scale)
    )
    return _event(
        rows, REFUND, pl.col("date") + pl.duration(hours=hours),
        number=pl.col("number"), nth=pl.col("nth"), link=link,
    ).with_columns(pl.col("undo").alias("type"))  # fmt: skip


def _link(scale: Scale) -> pl.Expr:
    """How the payment is named, as far as the order allows.

    Only a plan numbers its payments, and only where a product was bought once and the
    buyer is known by number does the product lead back to one payment.
    """
    link = scale.dice.weighted(EVENT, "link", _LINKS)
    by_product = link.eq(BY_PRODUCT) & ~pl.col("plan") & ~pl.col("without_lead")
    by_payment = link.ne(BY_PROCESSOR) & pl.col("plan")
    return (
        pl.when(by_product).then(pl.lit(BY_PRODUCT))
        .when(by_payment).then(pl.lit(BY_PAYMENT))
        .otherwise(pl.lit(BY_PROCESSOR))
    )  # fmt: skip


def _unlinkable(scale: Scale) -> pl.DataFrame:
    """Refunds that lead back to no payment: a product nobody bought, or nobody known."""
    count = max(6, scale.contacts // 400)
    nth = pl.int_range(count, dtype=pl.Int64)
    made_up = pl.select(nth.alias("place")).with_columns(
        (-1 - pl.col("place")).alias("order"), (pl.col("place") % 2 == 0).alias("retired")
    )
    beyond = scale.contacts + scale.strangers + pl.col("place")
    known = (pl.col("place") * 37 + 11) % scale.contacts
    retired = pl.col("retired")
    undoing = pl.Series(UNDOING)
    no, none = pl.lit(value=False), pl.lit(0, dtype=pl.Int64)
    return made_up.select(
        "order",
        pl.when(retired).then(known).otherwise(beyond).alias("person"),
        no.alias("found"), no.alias("plan"),
        pl.when(retired).then(RETIRED).otherwise(0).cast(pl.Int64).alias("item"),
        no.alias("trial"), no.alias("without_lead"), no.alias("former_email"),
        no.alias("affiliate"),
        (pl.col("place") // 2 % 3).replace_strict(
            [0, 1, 2], undoing, return_dtype=pl.String
        ).alias("type"),
        (pl.lit(LAST_PAYMENT) - scale.dice.roll(ORDER, "when undone", 2_000) * _DAY)
        .alias("date"),
        none.alias("number"), none.alias("nth"), pl.lit(UNLINKED).alias("link"),
        no.alias("automatic"),
    )  # fmt: skip
