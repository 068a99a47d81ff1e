"""Golden frames and an account as the mapping room sees them; odd values have reasons.

ann     pays, works for a company, has notes, tags with three spellings, two lists
bob     no last name, shares ann's phone, was fully refunded: pays nothing in the end
cleo    company only, an owner who left, an unreadable phone
dora    nothing but an e-mail, has unsubscribed
"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from kartra_freshsales.freshsales.lookups import Lookups, StageTarget
from kartra_freshsales.freshsales.metadata import User
from kartra_freshsales.kartra.aliases import CONTACTS as CONTACTS_COLUMNS
from kartra_freshsales.kartra.aliases import SUBSCRIPTIONS as SUBSCRIPTIONS_COLUMNS
from kartra_freshsales.kartra.aliases import TRANSACTIONS as TRANSACTIONS_COLUMNS
from kartra_freshsales.mapping.model import Mapping
from kartra_freshsales.mapping.payloads import intended

CONTACT_SCHEMA: dict[str, Any] = {
    "contact_key": pl.String,
    "email": pl.String,
    "kartra_id": pl.String,
    "first_name": pl.String,
    "last_name": pl.String,
    "phone": pl.String,
    "phone_raw": pl.String,
    "company": pl.String,
    "account_key": pl.String,
    "address": pl.String,
    "city": pl.String,
    "state": pl.String,
    "zip": pl.String,
    "country": pl.String,
    "website": pl.String,
    "facebook": pl.String,
    "twitter": pl.String,
    "linkedin": pl.String,
    "instagram": pl.String,
    "ip": pl.String,
    "ip_country": pl.String,
    "date_joined": pl.Datetime("us", "UTC"),
    "date_joined_raw": pl.String,
    "score": pl.Int64,
    "source": pl.String,
    "source_detail": pl.String,
    "time_zone": pl.String,
    "language": pl.String,
    "lifetime_spend": pl.String,
    "mail_status": pl.String,
    "gdpr_status": pl.String,
    "gdpr_communications": pl.String,
    "gdpr_status_date": pl.Datetime("us", "UTC"),
    "gdpr_status_date_raw": pl.String,
    "gdpr_status_ip": pl.String,
    "notes": pl.String,
    "owner": pl.String,
    "tags": pl.List(pl.String),
    "lists": pl.List(pl.String),
    "sequences": pl.List(pl.String),
    "memberships": pl.List(pl.String),
    "consent": pl.String,
}
PROVENANCE: dict[str, Any] = {
    "_batch": pl.String,
    "_file": pl.String,
    "_row": pl.Int64,
    "_exported_at": pl.Datetime("us", "UTC"),
    "sources": pl.List(pl.String),
}
ACCOUNT_SCHEMA: dict[str, Any] = {
    "account_key": pl.String,
    "name": pl.String,
    "website": pl.String,
    "domain": pl.String,
    "variants": pl.List(pl.String),
    "contacts": pl.Int64,
    "owner": pl.String,
}
MONEY = pl.Decimal(18, 2)
TRANSACTION_SCHEMA: dict[str, Any] = {
    "deal_key": pl.String,
    "transaction_id": pl.String,
    "type": pl.String,
    "date": pl.Date,
    "date_at": pl.Datetime("us", "UTC"),
    "date_raw": pl.String,
    "product": pl.String,
    "price_point": pl.String,
    "quantity": pl.String,
    "amount": MONEY,
    "currency": pl.String,
    "processor": pl.String,
    "processor_transaction_id": pl.String,
    "subscription_id": pl.String,
    "payment_number": pl.String,
    "trial": pl.String,
    "coupon_code": pl.String,
    "sales_tax": MONEY,
    "shipping_cost": MONEY,
    "coupon_discount": MONEY,
    "revenue": MONEY,
    "contact_key": pl.String,
    "account_key": pl.String,
    "join_rung": pl.String,
    "owner": pl.String,
    "refund_status": pl.String,
    "refunded_amount": MONEY,
    "refund_date": pl.Date,
    "refund_ids": pl.List(pl.String),
    "buyer_email": pl.String,
}
SUBSCRIPTION_SCHEMA: dict[str, Any] = {
    "deal_key": pl.String,
    "subscription_id": pl.String,
    "status": pl.String,
    "status_raw": pl.String,
    "product": pl.String,
    "price_point": pl.String,
    "interval": pl.String,
    "interval_raw": pl.String,
    "start_date": pl.Date,
    "end_date": pl.Date,
    "last_payment_date": pl.Date,
    "next_payment_date": pl.Date,
    "next_payment_amount": MONEY,
    "total_paid": MONEY,
    "currency": pl.String,
    "payments_made": pl.String,
    "payments_left": pl.String,
    "processor": pl.String,
    "contact_key": pl.String,
    "account_key": pl.String,
    "join_rung": pl.String,
    "owner": pl.String,
}

ANN, BOB, CLEO, DORA = (
    "ann@example.com",
    "bob@example.org",
    "cleo@example.net",
    "dora@example.com",
)

Row = dict[str, Any]


def _frame(rows: list[Row], schema: dict[str, Any], file: str) -> pl.DataFrame:
    custom = {key: pl.String for row in rows for key in row if key.startswith("custom:")}
    whole = {**schema, **custom, **PROVENANCE}
    filled = []
    for at, row in enumerate(rows, start=2):
        batch = row.get("_batch", "first")
        base: Row = dict.fromkeys(whole)
        base |= {"_batch": batch, "_file": file, "_row": at}
        base |= {"sources": [f"{batch}/{file}:{at}"], **row}
        filled.append(base)
    return pl.DataFrame(filled, schema=whole)


def contact(email: str, **values: Any) -> Row:
    return {
        "contact_key": email.casefold(),
        "email": email,
        "consent": "not_subscribed",
    } | values


def contacts(*rows: Row) -> pl.DataFrame:
    return _frame(list(rows) or CONTACTS, CONTACT_SCHEMA, "contacts.csv")


def accounts(*rows: Row) -> pl.DataFrame:
    return _frame(list(rows) or ACCOUNTS, ACCOUNT_SCHEMA, "contacts.csv")


def sale(number: str, who: str | None, amount: str = "10.00", **values: Any) -> Row:
    return {
        "deal_key": f"txn:{number}",
        "transaction_id": number,
        "type": "Sale",
        "date": date(2024, 5, 1),
        "product": "Course",
        "amount": Decimal(amount),
        "currency": "USD",
        "contact_key": who,
        "refund_status": "none",
        "refunded_amount": Decimal("0.00"),
        "refund_ids": [],
    } | values


def transactions(*rows: Row) -> pl.DataFrame:
    return _frame(list(rows) or TRANSACTIONS, TRANSACTION_SCHEMA, "transactions.csv")


def subscription(number: str, who: str, **values: Any) -> Row:
    return {
        "deal_key": f"sub:{number}",
        "subscription_id": number,
        "status": "Active",
        "product": "Club",
        "interval": "monthly",
        "start_date": date(2024, 1, 5),
        "currency": "USD",
        "contact_key": who,
    } | values


def subscriptions(*rows: Row) -> pl.DataFrame:
    return _frame(list(rows) or SUBSCRIPTIONS, SUBSCRIPTION_SCHEMA, "subscriptions.csv")


def none_of(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.clear()


CONTACTS = [
    contact(
        "Ann@Example.com",
        kartra_id="11",
        first_name="Ann",
        last_name="Arbor",
        phone="+12025550101",
        phone_raw="202 555 0101",
        company="Acme Inc.",
        account_key="acme",
        city="Oslo",
        zip="0150",
        country="Norway",
        website="acme.example.com",
        # 2 a.m. UTC on the 2nd is still the 1st in New York
        date_joined=datetime(2023, 3, 2, 2, 0, tzinfo=UTC),
        score=42,
        gdpr_status="Accepted",
        gdpr_communications="Yes",
        gdpr_status_date=datetime(2023, 3, 2, 12, 0, tzinfo=UTC),
        consent="subscribed",
        notes="Met at the fair.",
        owner="owner-north@example.com",
        tags=["VIP", "vip", "webinar registered"],
        lists=["News", "Old news (inactive)"],
        **{"custom:Favourite colour": "Red", "custom:Newsletter": "Yes"},
    ),
    contact(
        BOB,
        first_name="Bob",
        phone="+12025550101",
        phone_raw="+1 202 555 0101",
        date_joined=datetime(2024, 3, 2, 2, 0, tzinfo=UTC),
        tags=["Vip"],
        lists=["news"],
        _batch="second",
        **{"custom:Favourite colour": "red; Blue"},
    ),
    contact(
        CLEO,
        last_name="Chan",
        phone_raw="call me",
        company="ACME",
        account_key="acme",
        owner="former-owner@example.com",
    ),
    contact(DORA, consent="unsubscribed", mail_status="Do not contact"),
]
ACCOUNTS = [
    {
        "account_key": "acme",
        "name": "Acme Inc.",
        "website": "acme.example.com",
        "domain": "example.com",
        "variants": ["Acme Inc.", "ACME"],
        "contacts": 2,
        "owner": "owner-north@example.com",
    }
]
TRANSACTIONS = [
    sale("T1", ANN, "100.00", account_key="acme", processor="stripe", trial="Yes"),
    sale("T2", ANN, "19.90", type="Rebill", product="Club", subscription_id="S1"),
    sale(
        "T3",
        BOB,
        "50.00",
        refund_status="full",
        refunded_amount=Decimal("50.00"),
        refund_date=date(2024, 6, 1),
        refund_ids=["T9"],
    ),
]
SUBSCRIPTIONS = [
    subscription(
        "S1",
        ANN,
        next_payment_date=date(2024, 7, 5),
        next_payment_amount=Decimal("19.90"),
        payments_made="6",
        payments_left="Until cancelled",
    ),
    subscription("S2", BOB, status="Cancelled", end_date=date(2024, 6, 2)),
]

USERS = (
    User(id=1, email="admin@example.com"),
    User(id=2, email="Owner-North@example.com"),
    User(id=3, email="former-owner@example.com", is_active=False),
    User(id=4, email="successor@example.com"),
)
STAGES = {"New": "Open", "Won": "Closed Won", "Lost": "Closed Lost"}
LOOKUPS = Lookups(
    owners={
        "admin@example.com": 1,
        "owner-north@example.com": 2,
        "successor@example.com": 4,
    },
    lifecycle_stages={"Lead": 10, "Sales Qualified Lead": 20, "Customer": 30},
    contact_statuses={
        ("Lead", "New"): 11,
        ("Sales Qualified Lead", "Qualified"): 21,
        ("Customer", "Won"): 31,
    },
    deal_stages={
        (pipeline, stage): StageTarget(base + at, base, forecast)
        for pipeline, base in (("Default Pipeline", 100), ("Renewals", 200))
        for at, (stage, forecast) in enumerate(STAGES.items(), start=1)
    },
    pipelines={"Default Pipeline": 100, "Renewals": 200},
    default_pipeline="Default Pipeline",
    currencies={"USD": 900},
)


def built(mapping: Any = None, **changes: Any) -> pl.DataFrame:
    """``intended`` over the scenario, with some of its inputs replaced."""
    return intended(
        changes.get("contacts", contacts()),
        changes.get("accounts", accounts()),
        changes.get("transactions", transactions()),
        changes.get("subscriptions", subscriptions()),
        mapping or Mapping(),
        changes.get("lookups", LOOKUPS),
        edition=changes.get("edition", "suite"),
    )


def payload(rows: pl.DataFrame, key: str, module: str | None = None) -> Row:
    found = rows.filter(pl.col("source_key") == key)
    if module is not None:
        found = found.filter(pl.col("module") == module)
    record: Row = json.loads(found.item(0, "payload"))
    return record


def problem(rows: pl.DataFrame, key: str) -> str | None:
    word: str | None = rows.filter(pl.col("source_key") == key).item(0, "problem")
    return word


def columns_of_the_exports() -> dict[str, list[str]]:
    """Every column Kartra is known to have, and two of the account's own."""
    return {
        "contacts": [*CONTACTS_COLUMNS, "Favourite colour"],
        "transactions": [*TRANSACTIONS_COLUMNS, "Cohort"],
        "subscriptions": list(SUBSCRIPTIONS_COLUMNS),
    }
