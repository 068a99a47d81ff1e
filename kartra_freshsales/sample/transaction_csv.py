"""The transactions file as Kartra writes it: 57 columns, the currency in their names.

What does not belong here: which rows there are (``transaction_rows``), sums (``charges``).
"""

import polars as pl

from kartra_freshsales.sample import people, words
from kartra_freshsales.sample.dice import choose, digits, money, when
from kartra_freshsales.sample.events import (
    BY_PROCESSOR,
    CANCELLATION,
    EVENT,
    FAILED,
    PAID,
    RETIRED,
    UNDOING,
)
from kartra_freshsales.sample.orders import ORDER
from kartra_freshsales.sample.people import PERSON
from kartra_freshsales.sample.scale import Scale

NOT_AVAILABLE = "N/A"
COLUMNS = (
    "ID", "Transaction_Type", "Date", "Product", "Price_point", "Quantity",
    "Seller_username", "Buyer_Username", "Buyer_Name", "Buyer_Company", "Sales_Tax_ID",
    "Buyer_Email", "Buyer_Country", "Buyer_State", "Buyer_City", "Buyer_ZIP",
    "Buyer_Address", "Buyer_Phone_Country", "Buyer_Phone", "Buyer_IP", "Amount (USD)",
    "Base_Price (USD)", "Sales_tax (USD)", "Shipping_cost (USD)", "Coupon_code",
    "Coupon_discount (USD)", "Revenue (USD)", "Affiliate_Username", "Affiliate_Name",
    "Affiliate_Email", "Affiliate_Revenue (USD)", "JV_Username", "JV_Name", "JV_Email",
    "JV_Revenue (USD)", "Your_Net_Profit (USD)", "Tracking_link", "TrackingID1",
    "TrackingID2", "Landing_page", "Processor", "Processor_transaction_id",
    "Processor_subscription_id", "subscription_id", "lead_id", "affiliate_id", "jv_id",
    "Shipping_Name", "Shipping_Address", "Shipping_City", "Shipping_ZIP",
    "Shipping_Country", "Shipping_State", "Trial", "Automatic_Cancellation",
    "Subscription_payment_number", "Rebill_reattempt",
)  # fmt: skip


def transaction_cells(rows: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    """The cells of some transaction rows, columns in the order of the file; null is N/A."""
    joined = rows.join(buyers(rows, scale), on="person", how="left", maintain_order="left")
    cells = joined.select(
        **_what(scale), **_who(scale), **_money(scale), **_partners(), **_keys(scale),
        **_flags(),
    )  # fmt: skip
    absent = [name for name in COLUMNS if name not in cells.columns]
    nothing = pl.lit(None, dtype=pl.String)
    return cells.with_columns(nothing.alias(name) for name in absent).select(COLUMNS)


def buyers(rows: pl.DataFrame, scale: Scale) -> pl.DataFrame:
    """What a sale shows of each buyer, one row per person among the rows."""
    named = ~people.lacks_name(scale)
    name = pl.format("{} {}", people.given_name(scale), people.family_name(scale))
    company = people.company_name(people.company_number(scale), pl.lit(0))
    country = people.country(scale)
    return rows.select(PERSON.unique(maintain_order=True)).with_columns(
        when(named, name).alias("buyer_name"),
        company.alias("buyer_company"),
        people.email(scale).alias("email"),
        people.former_email(scale).alias("former"),
        country.alias("country"),
        country.replace_strict(
            {name: city for name, (city, _, _) in words.PLACES.items()},
            return_dtype=pl.String,
        ).alias("city"),
        people.calling_code_cell(scale).alias("calling_code"),
        people.phone(scale).alias("phone"),
    )


def product_name() -> pl.Expr:
    """The title of the product or plan ordered."""
    one_time = dict(enumerate(words.ONE_TIME)) | {RETIRED: words.RETIRED_PRODUCT}
    plan = pl.col("item").replace_strict(
        dict(enumerate(words.PLANS)), default=None, return_dtype=pl.String
    )
    single = pl.col("item").replace_strict(one_time, default=None, return_dtype=pl.String)
    return pl.when(pl.col("plan")).then(plan).otherwise(single)


def price_point(scale: Scale) -> pl.Expr:
    """The price point of the order, an ordinal."""
    return (scale.dice.roll(ORDER, "price point", 3) + 1).cast(pl.String)


def buyer_email(scale: Scale, key: pl.Expr) -> pl.Expr:
    """The e-mail of the order: today's or a former one, now and then in capitals."""
    cell = pl.when(pl.col("former_email")).then(pl.col("former")).otherwise(pl.col("email"))
    shouted = scale.dice.chance(key, "buyer e-mail in capitals", 0.03)
    return pl.when(shouted).then(cell.str.to_uppercase()).otherwise(cell)


def lead_id() -> pl.Expr:
    """The buyer's contact id, null where the order does not know it."""
    return when(~pl.col("without_lead"), people.kartra_id())


def subscription_id() -> pl.Expr:
    """The id of a plan's subscription, null for anything bought once."""
    return when(pl.col("plan"), (ORDER + 7_000_000).cast(pl.String))


def processor(scale: Scale) -> pl.Expr:
    """Who carried out the payments of the order."""
    return scale.dice.weighted(ORDER, "processor", words.PROCESSORS)


def processor_subscription_id(scale: Scale) -> pl.Expr:
    """The processor's own id of the plan."""
    paypal = processor(scale) == "PayPal"
    mark = pl.when(paypal).then(pl.lit("I-")).otherwise(pl.lit("sub_"))
    return when(pl.col("plan"), mark + digits(ORDER, 10))


def affiliate_username() -> pl.Expr:
    """The affiliate of the order, null for most."""
    return when(pl.col("affiliate"), pl.format("partner-{}", ORDER % 40))


def _what(scale: Scale) -> dict[str, pl.Expr]:
    return {
        "ID": pl.col("id").cast(pl.String),
        "Transaction_Type": pl.col("type"),
        "Date": pl.col("date").dt.strftime("%Y-%m-%d %H:%M:%S"),
        "Product": product_name(),
        "Price_point": price_point(scale),
        "Quantity": pl.col("quantity").cast(pl.String),
        "Seller_username": pl.lit("sample-academy"),
    }


def _who(scale: Scale) -> dict[str, pl.Expr]:
    return {
        "Buyer_Name": pl.col("buyer_name"),
        "Buyer_Company": pl.col("buyer_company"),
        "Buyer_Email": buyer_email(scale, EVENT),
        "Buyer_Country": pl.col("country"),
        "Buyer_City": pl.col("city"),
        "Buyer_Phone_Country": pl.col("calling_code"),
        "Buyer_Phone": pl.col("phone"),
        "Buyer_IP": pl.format("203.0.113.{}", PERSON % 250 + 1),
        "lead_id": lead_id(),
        "Shipping_Name": when(pl.col("shipping") > 0, pl.col("buyer_name")),
        "Shipping_Country": when(pl.col("shipping") > 0, pl.col("country")),
    }


def _money(scale: Scale) -> dict[str, pl.Expr]:
    """Sums as text: refunds with and without a minus, some thousands with a comma."""
    dice = scale.dice
    undoing = pl.col("type").is_in(UNDOING)
    negative = undoing & dice.chance(pl.col("id"), "negative", 0.5)
    grouped = dice.chance(ORDER, "grouped", 0.5)
    amount = pl.when(negative).then(-pl.col("amount")).otherwise(pl.col("amount"))
    paid = pl.col("type").is_in(PAID)
    revenue = pl.col("charged") - pl.col("tax") - pl.col("shipping")
    share = pl.when(pl.col("affiliate")).then(revenue * 3 // 10).otherwise(0)
    coupon = pl.col("discount") > 0
    return {
        "Amount (USD)": money(amount, thousands=grouped),
        "Base_Price (USD)": money(pl.col("price"), thousands=grouped),
        "Sales_tax (USD)": when(paid, money(pl.col("tax"))),
        "Shipping_cost (USD)": when(paid, money(pl.col("shipping"))),
        "Coupon_code": when(coupon, "SPRING20"),
        "Coupon_discount (USD)": when(paid & coupon, money(pl.col("discount"))),
        "Revenue (USD)": when(paid, money(revenue, thousands=grouped)),
        "Affiliate_Revenue (USD)": when(paid & pl.col("affiliate"), money(share)),
        "Your_Net_Profit (USD)": when(paid, money(revenue - share, thousands=grouped)),
    }


def _partners() -> dict[str, pl.Expr]:
    affiliate = pl.col("affiliate")
    return {
        "Affiliate_Username": affiliate_username(),
        "Affiliate_Name": when(affiliate, pl.format("Partner {}", ORDER % 40)),
        "Affiliate_Email": when(affiliate, pl.format("partner{}@example.org", ORDER % 40)),
        "affiliate_id": when(affiliate, (ORDER % 40 + 500).cast(pl.String)),
        "Landing_page": pl.format("https://shop.example.com/{}", pl.col("item") + 2),
    }


def _keys(scale: Scale) -> dict[str, pl.Expr]:
    """The ids a refund may share with its payment, as far as its ``link`` says so."""
    link, undoing = pl.col("link"), pl.col("type").is_in(UNDOING)
    shared = pl.col("type").is_in(PAID) | link.eq(BY_PROCESSOR).fill_null(value=False)
    payment = pl.format("ch_{}", digits(EVENT, 14))
    own = pl.format("re_{}{}", pl.col("id"), pl.col("nth"))
    named = undoing & scale.dice.chance(pl.col("id"), "own processor id", 0.5)
    numbered = pl.col("plan") & pl.col("type").is_in([*PAID, *UNDOING, FAILED])
    blank = scale.dice.chance(pl.col("id"), "blank subscription", 0.2)
    none = pl.when(blank & ~pl.col("plan")).then(pl.lit(""))
    return {
        "Processor": processor(scale),
        "Processor_transaction_id": pl.when(shared).then(payment).when(named).then(own),
        "Processor_subscription_id": processor_subscription_id(scale),
        "subscription_id": pl.coalesce(subscription_id(), none),
        "Subscription_payment_number": when(numbered, pl.col("number").cast(pl.String)),
    }


def _flags() -> dict[str, pl.Expr]:
    kind = pl.col("type")
    ended = kind == CANCELLATION
    by_itself = choose(pl.col("automatic").cast(pl.Int64), ("No", "Yes"))
    again = (kind == FAILED) & (pl.col("nth") > 1)
    trial = pl.col("trial") & (pl.col("number") <= 1)
    return {
        "Trial": choose(trial.cast(pl.Int64), ("No", "Yes")),
        "Automatic_Cancellation": when(ended, by_itself),
        "Rebill_reattempt": again.cast(pl.Int8).cast(pl.String),
    }
