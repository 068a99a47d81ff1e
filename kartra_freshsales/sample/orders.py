"""Who ordered what, when, and how it went on: one row per order.

What does not belong here: the single payments, failures and refunds (``events``), cells.
"""

import polars as pl

from kartra_freshsales.sample import people, words
from kartra_freshsales.sample.dice import when
from kartra_freshsales.sample.people import PERSON
from kartra_freshsales.sample.scale import LAST_PAYMENT, Scale, outside_clock_change

ORDER = pl.col("order")
ORDERS_AT_MOST = 3
_BUYERS = 0.2
_MORE_ORDERS = (6, 3, 1)  # in ten buyers, one, two and three orders
_PLANNED = 0.62
_LATEST_ACTIVE = 18  # payments an active plan has behind it at most
_ENDED_AT_MOST = 12

CANCELLED = "cancelled"
ACTIVE = "active"
PENDING = "pending"
REVERTED = "reverted"
PAUSED = "paused"
FULFILLED = "fulfilled"
_FATES = {CANCELLED: 58, ACTIVE: 25, PENDING: 5, REVERTED: 3, PAUSED: 3, FULFILLED: 6}

# People whose first order does not depend on the dice: plan or not, fate, snags below.
_SET_PLAN = {0: False, 1: True, 2: False, 4: True, 6: False, 8: True}
_SET_FATE = {1: REVERTED, 4: CANCELLED, 8: PENDING}
FORCED = tuple(_SET_PLAN)
_WITHOUT_LEAD_ID = 8
_WITH_FORMER_EMAIL = 6


def orders(scale: Scale) -> pl.DataFrame:
    """All orders, those of the buyers no contacts export knows among them.

    Columns: ``order`` (a key), ``person, golden`` (the buyer must be found), ``plan`` (paid
    again and again), ``item`` (number of the product or plan), ``days`` between payments,
    ``start`` (account time), ``payments`` (made; 0 where none went through), ``fate`` (of a
    plan), ``automatic`` (cancelled after failures), ``trial``, ``without_lead``,
    ``former_email``, ``affiliate``.
    """
    total = scale.contacts + scale.strangers
    everyone = pl.select(pl.int_range(total, dtype=pl.Int64).alias("person"))
    buys = _is_forced() | scale.dice.chance(PERSON, "buys", _BUYERS)
    stranger = PERSON.ge(scale.contacts)
    buyers = everyone.filter(stranger | (buys & ~people.is_test(scale)))
    spread = [count for count, ten in enumerate(_MORE_ORDERS, start=1) for _ in range(ten)]
    count = scale.dice.roll(PERSON, "orders", len(spread)).replace_strict(
        dict(enumerate(spread)), return_dtype=pl.Int64
    )
    placed = buyers.select(
        "person",
        people.is_golden(scale).alias("golden"),
        people.date_joined(scale).alias("joined"),
        pl.int_ranges(0, count, dtype=pl.Int64).alias("slot"),
    ).explode("slot")
    keyed = placed.with_columns((PERSON * ORDERS_AT_MOST + pl.col("slot")).alias("order"))
    return _course(keyed.with_columns(*_terms(scale), *_snags(scale)), scale)


def _is_forced() -> pl.Expr:
    return PERSON.is_in(FORCED)


def _forced(table: dict[int, str] | dict[int, bool], dtype: type[pl.DataType]) -> pl.Expr:
    """What is set for a person's first order, else null."""
    first = when(pl.col("slot") == 0, PERSON)
    return first.replace_strict(table, default=None, return_dtype=dtype)


def _terms(scale: Scale) -> list[pl.Expr]:
    """Plan or not, and which; no person orders the same thing twice."""
    dice = scale.dice
    plan = pl.coalesce(_forced(_SET_PLAN, pl.Boolean), dice.chance(ORDER, "plan", _PLANNED))
    one_time, plans = len(words.ONE_TIME), len(words.PLANS)
    item = (
        pl.when(plan).then((dice.roll(PERSON, "plan item", plans) + pl.col("slot")) % plans)
        .otherwise((dice.roll(PERSON, "item", one_time) + pl.col("slot")) % one_time)
    )  # fmt: skip
    days = item.replace_strict(
        {at: days for at, (_, days, _) in enumerate(words.PLANS.values())},
        default=None,
        return_dtype=pl.Int64,
    )
    fate = pl.coalesce(_forced(_SET_FATE, pl.String), dice.weighted(ORDER, "fate", _FATES))
    return [
        plan.alias("plan"),
        item.alias("item"),
        when(plan, days).alias("days"),
        when(plan, fate).alias("fate"),
    ]


def _snags(scale: Scale) -> list[pl.Expr]:
    """What makes the buyer hard to find; somebody unknown has enough of that already."""
    dice, golden = scale.dice, pl.col("golden")
    first = pl.col("slot") == 0
    unset = ~_is_forced()
    without = unset & dice.chance(ORDER, "no lead id", 0.06)
    former = unset & dice.chance(ORDER, "former", 0.07)
    without |= first & PERSON.eq(_WITHOUT_LEAD_ID)
    former |= first & PERSON.eq(_WITH_FORMER_EMAIL)
    # Without a lead id the present e-mail is all that is left to find the buyer by.
    return [
        (golden & without).alias("without_lead"),
        (golden & former & ~without).alias("former_email"),
        dice.chance(ORDER, "affiliate", 0.08).alias("affiliate"),
    ]


def _course(placed: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    """Add when it began, how many payments followed, and how it ended."""
    dice, plan, fate = scale.dice, pl.col("plan"), pl.col("fate")
    ongoing = plan & fate.is_in([ACTIVE, PAUSED, REVERTED, PENDING])
    latest = pl.lit(LAST_PAYMENT)
    joined = pl.min_horizontal("joined", latest - pl.duration(days=1))
    recent = latest - pl.duration(days=pl.col("days") * _LATEST_ACTIVE)
    begin = pl.when(ongoing).then(pl.max_horizontal(joined, recent)).otherwise(joined)
    room = (latest - begin).dt.total_seconds()
    offset = room * dice.roll(ORDER, "start", 1_000_000) // 1_000_000
    started = placed.with_columns(
        outside_clock_change(begin + pl.duration(seconds=offset)).alias("start")
    )
    possible = (latest - pl.col("start")).dt.total_days() // pl.col("days") + 1
    ended = pl.min_horizontal(possible, dice.roll(ORDER, "payments", _ENDED_AT_MOST) + 1)
    declined = ~_is_forced() & dice.chance(ORDER, "declined", 0.05)
    payments = (
        pl.when(~plan).then(pl.when(declined).then(0).otherwise(1))
        .when(ongoing).then(possible)
        .otherwise(ended)
    )  # fmt: skip
    automatic = PERSON.eq(4) | dice.chance(ORDER, "automatic", 0.25)
    return started.select(
        "order", "person", "golden", "plan", "item", "days", "start", "fate",
        payments.cast(pl.Int64).alias("payments"),
        (plan & fate.eq(CANCELLED) & automatic).fill_null(value=False).alias("automatic"),
        (plan & dice.chance(ORDER, "trial", 0.12)).alias("trial"),
        "without_lead", "former_email", "affiliate",
    )  # fmt: skip
