"""What each event says about money, in whole cents.

What does not belong here: which events there are (``events``), how a sum is written.
"""

import polars as pl

from kartra_freshsales.sample import words
from kartra_freshsales.sample.dice import when
from kartra_freshsales.sample.events import EVENT, FAILED, PAID, PARTIAL, RETIRED, UNDOING
from kartra_freshsales.sample.orders import ORDER
from kartra_freshsales.sample.people import PERSON
from kartra_freshsales.sample.scale import Scale

_RETIRED_PRICE = 29_700
_TRIAL_PRICE = 100
_SHIPPED = "Brand Workbook"
_SHIPPING = 695


def with_charges(events: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    """Add ``price, quantity, discount, tax, shipping, charged`` and ``amount``.

    ``charged`` is what the payment meant came to; ``amount`` what this event moved, always
    at least 0: the whole of it, a part, or nothing where no money is at stake.
    """
    dice = scale.dice
    first = pl.col("number") <= 1
    trial = pl.col("trial") & first
    item_price = pl.when(pl.col("plan")).then(_plan_price()).otherwise(_product_price())
    price = pl.when(trial).then(_TRIAL_PRICE).otherwise(item_price)
    several = ~pl.col("plan") & dice.chance(ORDER, "several", 0.05)
    coupon = first & ~trial & dice.chance(ORDER, "coupon", 0.1)
    taxed = dice.chance(PERSON, "taxed", 0.2)
    priced = events.with_columns(
        price.cast(pl.Int64).alias("price"),
        pl.when(several).then(2).otherwise(1).cast(pl.Int64).alias("quantity"),
    )
    gross = pl.col("price") * pl.col("quantity")
    discount = pl.when(coupon).then(gross // 5).otherwise(0)
    shipped = ~pl.col("plan") & pl.col("item").eq(list(words.ONE_TIME).index(_SHIPPED))
    parted = priced.with_columns(
        discount.alias("discount"),
        pl.when(shipped).then(_SHIPPING).otherwise(0).cast(pl.Int64).alias("shipping"),
    ).with_columns(_tax_due(taxed, gross - pl.col("discount")).alias("tax"))
    charged = gross - pl.col("discount") + pl.col("shipping") + pl.col("tax")
    return parted.with_columns(charged.alias("charged")).with_columns(
        _moved(scale).alias("amount")
    )


def _tax_due(taxed: pl.Expr, net: pl.Expr) -> pl.Expr:
    """Sales tax of 8.25 percent, in whole cents, where it is due."""
    return pl.when(taxed).then(net * 825 // 10_000).otherwise(0)


def _plan_price() -> pl.Expr:
    prices = {at: price for at, (price, _, _) in enumerate(words.PLANS.values())}
    return pl.col("item").replace_strict(prices, default=None, return_dtype=pl.Int64)


def _product_price() -> pl.Expr:
    prices = dict(enumerate(words.ONE_TIME.values())) | {RETIRED: _RETIRED_PRICE}
    return pl.col("item").replace_strict(prices, default=None, return_dtype=pl.Int64)


def _moved(scale: Scale) -> pl.Expr:
    kind, charged = pl.col("type"), pl.col("charged")
    share = scale.dice.roll(EVENT, "share refunded", 21) + 20  # two of them stay below all
    moves = kind.is_in([*PAID, *UNDOING, FAILED])
    part = when(kind == PARTIAL, charged * share // 100)
    return pl.when(moves).then(pl.coalesce(part, charged)).otherwise(0)
