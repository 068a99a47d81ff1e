"""The subscriptions: one per plan that was paid at least once, and the file about them.

What does not belong here: orders and payments themselves (``orders``, ``events``).
"""

import polars as pl

from kartra_freshsales.sample import words
from kartra_freshsales.sample.charges import with_charges
from kartra_freshsales.sample.dice import choose, money, when
from kartra_freshsales.sample.orders import (
    ACTIVE,
    CANCELLED,
    FULFILLED,
    ORDER,
    PAUSED,
    PENDING,
    REVERTED,
)
from kartra_freshsales.sample.scale import Scale
from kartra_freshsales.sample.transaction_csv import (
    affiliate_username,
    buyer_email,
    buyers,
    lead_id,
    price_point,
    processor,
    processor_subscription_id,
    product_name,
    subscription_id,
)

_EXPORTED_AGAIN = 0.15
_DAY = pl.duration(days=1)
_STATUS = {
    CANCELLED: "Cancelled", ACTIVE: "Active", PENDING: "Pending Cancellation",
    REVERTED: "Active", PAUSED: "Paused", FULFILLED: "Terminated",
}  # fmt: skip


def subscription_rows(scale: Scale, orders: pl.DataFrame) -> pl.DataFrame:
    """All rows of the subscriptions files in file order.

    Columns beside those of the order: ``batch``, ``last`` (no later batch shows it),
    ``price`` and ``charged`` (cents a payment), ``first_charged``, ``state``.
    """
    dice = scale.dice
    plans = orders.filter(pl.col("plan") & (pl.col("payments") > 0)).sort("start", "order")
    place = pl.int_range(pl.len(), dtype=pl.Int64)
    home = plans.with_columns(
        (place * scale.batches // pl.len()).cast(pl.Int64).alias("batch")
    )
    shown = [home]
    for batch in range(1, scale.batches):
        # A row that finds nobody is shown once: no rule says what its repetition would be.
        again = dice.chance(ORDER, f"subscription again in {batch}", _EXPORTED_AGAIN)
        older = home.filter(again & pl.col("golden") & (pl.col("batch") < batch))
        shown.append(older.with_columns(pl.lit(batch, dtype=pl.Int64).alias("batch")))
    rows = pl.concat(shown).sort("batch", "start", "order")
    last = pl.col("batch") == pl.col("batch").max().over("order")
    return _charged(rows, scale).with_columns(
        last.alias("last"),
        pl.when(~pl.col("golden")).then(pl.lit("quarantined"))
        .when(last).then(pl.lit("loaded"))
        .otherwise(pl.lit("merged"))
        .alias("state"),
    )  # fmt: skip


def _charged(rows: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    """Add what the first and what each further payment came to."""
    paid = rows.with_columns(pl.lit("Rebill").alias("type"))
    later = with_charges(paid.with_columns(pl.lit(2, pl.Int64).alias("number")), scale)
    first = with_charges(paid.with_columns(pl.lit(1, pl.Int64).alias("number")), scale)
    return later.with_columns(first["charged"].alias("first_charged"))


def subscription_cells(rows: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    """The cells of some rows, in the order of the file: underscores and blanks mixed."""
    joined = rows.join(buyers(rows, scale), on="person", how="left", maintain_order="left")
    final = pl.col("last")
    status = pl.col("fate").replace_strict(_STATUS, return_dtype=pl.String)
    stated = joined.with_columns(
        pl.when(final).then(status).otherwise(pl.lit("Active")).alias("status")
    )
    terms = {at: terms for at, (_, _, terms) in enumerate(words.PLANS.values())}
    usual, rare = (
        pl.col("item").replace_strict(
            {at: each[which] for at, each in terms.items()}, return_dtype=pl.String
        )
        for which in (0, 1)
    )
    worded = scale.dice.chance(ORDER, "rare term", 0.2)
    return stated.select(
        ID=subscription_id(),
        Status=pl.col("status"),
        Product=product_name(),
        Price_point=price_point(scale),
        Recurrence_Term=pl.when(worded).then(rare).otherwise(usual),
        Buyer_Name=pl.col("buyer_name"),
        Buyer_Email=buyer_email(scale, ORDER),
        lead_id=lead_id(),
        **_schedule(scale),
        Processor=processor(scale),
        Processor_subscription_id=processor_subscription_id(scale),
        Affiliate_Username=affiliate_username(),
        JV_Username=pl.lit(None, dtype=pl.String),
    )


def _day(moment: pl.Expr) -> pl.Expr:
    return moment.dt.strftime("%d %b %Y")


def _schedule(scale: Scale) -> dict[str, pl.Expr]:
    """Dates, counts and sums; an end that does not exist is told in Kartra's ways."""
    status = pl.col("status")
    made = pl.col("payments")
    paid_last = pl.col("start") + (made - 1) * pl.col("days") * _DAY
    over = status.is_in(["Cancelled", "Terminated"])
    goes_on = status.is_in(["Active", "Paused"])
    zero = scale.dice.roll(ORDER, "no end", 3)
    no_end = choose(zero, ("", "0000-00-00 00:00:00", "N/A"))
    total = pl.col("first_charged") + (made - 1) * pl.col("charged")
    left = pl.when(status == "Terminated").then(pl.lit("0"))
    next_date = _day(paid_last + pl.col("days") * _DAY)
    return {
        "Start date": _day(pl.col("start")),
        "End date": pl.when(over).then(_day(paid_last + _DAY)).otherwise(no_end),
        "Payments made": made.cast(pl.String),
        "Payments left": left.otherwise(pl.lit("Until cancelled")),
        "Last payment date": _day(paid_last),
        "Next payment date": when(~over, next_date),
        "Next payment amount": pl.when(goes_on)
        .then(money(pl.col("charged"), thousands=_worth_a_comma(scale)))
        .when(status == "Pending Cancellation")
        .then(pl.lit("0.00")),
        "Total paid": money(total, thousands=_worth_a_comma(scale)),
    }


def _worth_a_comma(scale: Scale) -> pl.Expr:
    """True for the orders whose thousands carry a comma."""
    return scale.dice.chance(ORDER, "grouped", 0.5)
