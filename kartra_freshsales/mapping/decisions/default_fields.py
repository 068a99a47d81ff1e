"""The default target of every column Kartra has, per export kind: data only.

``mappings/fields.yaml`` shows the same table with its comments; a test compares the two.
Not here: the models (``fields``), columns an account made up itself.
"""

from collections.abc import Mapping
from typing import Any

Targets = dict[str, dict[str, Any]]


def _key(name: str) -> dict[str, Any]:
    return {"field": name}


def _custom(label: str, kind: str = "text") -> dict[str, Any]:
    return {"custom": {"label": label, "type": kind}}


def _derived(what: str) -> dict[str, Any]:
    return {"derived": what}


def _drop(reason: str) -> dict[str, Any]:
    return {"drop": reason}


_NO_IP = "personal data without use in a CRM"
_ON_CONTACT = "a copy of the buyer's contact as it was at the purchase"
_PARTNERS = "affiliate accounting stays with Kartra"
_TRACKING = "advertising tracking, not sales data"

CONTACTS: Targets = {
    "kartra_id": _custom("Kartra ID"),
    "email": _key("email"),
    "first_name": _key("first_name"),
    "middle_name": _custom("Middle name"),
    "last_name": _key("last_name"),
    "last_name2": _custom("Second last name"),
    "full_name": _derived("name"),
    "phone_country_code": _derived("phone"),
    "phone": _derived("phone"),
    "company": _derived("account"),
    "address": _key("address"),
    "city": _key("city"),
    "state": _key("state"),
    "zip": _key("zipcode"),
    "country": _key("country"),
    "website": _custom("Website"),
    "facebook": _key("facebook"),
    "twitter": _key("twitter"),
    "linkedin": _key("linkedin"),
    "instagram": _custom("Instagram"),
    "google_plus": _drop("the service was closed in 2019"),
    "ip": _drop(_NO_IP),
    "ip_country": _drop(_NO_IP),
    "date_joined": _custom("Kartra created", "date"),
    "score": _custom("Kartra score", "number"),
    "source": _custom("Kartra source", "dropdown"),
    "source_detail": _custom("Kartra source detail"),
    "time_zone": _custom("Kartra time zone"),
    "language": _custom("Language", "dropdown"),
    "lifetime_spend": _drop("a total of the transactions, which are migrated one by one"),
    "tags": _derived("tags"),
    "lists": _derived("lists"),
    "sequences": _custom("Kartra sequences", "textarea"),
    "memberships": _custom("Kartra memberships", "textarea"),
    "mail_status": _custom("Kartra mail status"),
    "gdpr_status": _custom("GDPR status"),
    "gdpr_communications": _custom("GDPR communications"),
    "gdpr_status_date": _custom("GDPR status date", "date"),
    "gdpr_status_ip": _drop(_NO_IP),
    "notes": _derived("note"),
    "owner": _derived("owner"),
}

TRANSACTIONS: Targets = {
    "id": _custom("Kartra transaction ID"),
    "transaction_type": _custom("Kartra type", "dropdown"),
    "date": _key("closed_date"),
    "product": _custom("Product"),
    "price_point": _custom("Price point"),
    "quantity": _custom("Quantity", "number"),
    "seller_username": _drop("the Kartra account itself"),
    "buyer_username": _drop(_ON_CONTACT),
    "buyer_name": _drop(_ON_CONTACT),
    "buyer_company": _drop(_ON_CONTACT),
    "sales_tax_id": _drop(_ON_CONTACT),
    "buyer_email": _derived("contact"),
    "buyer_country": _drop(_ON_CONTACT),
    "buyer_state": _drop(_ON_CONTACT),
    "buyer_city": _drop(_ON_CONTACT),
    "buyer_zip": _drop(_ON_CONTACT),
    "buyer_address": _drop(_ON_CONTACT),
    "buyer_phone_country": _drop(_ON_CONTACT),
    "buyer_phone": _drop(_ON_CONTACT),
    "buyer_ip": _drop(_NO_IP),
    "amount": _key("amount"),
    "base_price": _drop("the amount less tax, shipping and discount, which are kept"),
    "sales_tax": _custom("Sales tax", "number"),
    "shipping_cost": _custom("Shipping cost", "number"),
    "coupon_code": _custom("Coupon code"),
    "coupon_discount": _custom("Coupon discount", "number"),
    "revenue": _custom("Kartra revenue", "number"),
    "affiliate_username": _drop(_PARTNERS),
    "affiliate_name": _drop(_PARTNERS),
    "affiliate_email": _drop(_PARTNERS),
    "affiliate_revenue": _drop(_PARTNERS),
    "jv_username": _drop(_PARTNERS),
    "jv_name": _drop(_PARTNERS),
    "jv_email": _drop(_PARTNERS),
    "jv_revenue": _drop(_PARTNERS),
    "your_net_profit": _drop("depends on affiliate accounting; not a profit"),
    "tracking_link": _drop(_TRACKING),
    "trackingid1": _drop(_TRACKING),
    "trackingid2": _drop(_TRACKING),
    "landing_page": _drop(_TRACKING),
    "processor": _custom("Payment method"),
    "processor_transaction_id": _custom("Processor transaction ID"),
    "processor_subscription_id": _drop("the Kartra subscription ID is kept"),
    "subscription_id": _custom("Kartra subscription ID"),
    "lead_id": _derived("contact"),
    "affiliate_id": _drop(_PARTNERS),
    "jv_id": _drop(_PARTNERS),
    "shipping_name": _drop("deliveries are not sales data"),
    "shipping_address": _drop("deliveries are not sales data"),
    "shipping_city": _drop("deliveries are not sales data"),
    "shipping_zip": _drop("deliveries are not sales data"),
    "shipping_country": _drop("deliveries are not sales data"),
    "shipping_state": _drop("deliveries are not sales data"),
    "trial": _custom("Trial", "checkbox"),
    "automatic_cancellation": _drop("only set on cancellations, which are no deals"),
    "subscription_payment_number": _custom("Payment number", "number"),
    "rebill_reattempt": _drop("the history of failed attempts is not migrated"),
    "owner": _derived("owner"),
}

SUBSCRIPTIONS: Targets = {
    "subscription_id": _custom("Kartra subscription ID"),
    "status": _custom("Subscription status", "dropdown"),
    "product": _custom("Product"),
    "price_point": _custom("Price point"),
    "interval": _custom("Subscription interval"),
    "buyer_name": _drop(_ON_CONTACT),
    "buyer_email": _derived("contact"),
    "lead_id": _derived("contact"),
    "start_date": _custom("Subscription start", "date"),
    "end_date": _custom("Subscription end", "date"),
    "payments_made": _custom("Payments made", "number"),
    "payments_left": _custom("Payments left"),
    "last_payment_date": _custom("Last payment date", "date"),
    "next_payment_date": _custom("Next payment date", "date"),
    "next_payment_amount": _custom("Next payment amount", "number"),
    "total_paid": _custom("Total paid", "number"),
    "processor": _custom("Payment method"),
    "processor_subscription_id": _drop("the Kartra subscription ID is kept"),
    "affiliate_username": _drop(_PARTNERS),
    "jv_username": _drop(_PARTNERS),
    "owner": _derived("owner"),
}

DEFAULT_FIELDS: Mapping[str, Targets] = {
    "contacts": CONTACTS,
    "transactions": TRANSACTIONS,
    "subscriptions": SUBSCRIPTIONS,
}

DERIVATIONS: Mapping[str, Mapping[str, str]] = {
    "contacts": {
        "name": "first and last name",
        "phone": "mobile number; work number where the mobile is shared or unreadable",
        "account": "sales account and the link to it",
        "tags": "tags",
        "lists": "marketing lists, or a multi-select field",
        "note": "notes",
        "owner": "owner",
    },
    "transactions": {"contact": "link to the contact and its account", "owner": "owner"},
    "subscriptions": {"contact": "link to the contact and its account", "owner": "owner"},
}
"""What columns may contribute to, with the words a person reads."""

FRESHSALES_KEYS: Mapping[str, frozenset[str]] = {
    "contacts": frozenset(
        {
            "email", "first_name", "last_name", "job_title", "address", "city", "state",
            "zipcode", "country", "facebook", "twitter", "linkedin", "external_id",
            "medium", "keyword",
        }
    ),
    "transactions": frozenset({"amount", "closed_date", "expected_close"}),
    "subscriptions": frozenset({"closed_date", "expected_close"}),
}  # fmt: skip
"""Keys of Freshsales a column may be written to as it is."""

HELPERS: Mapping[str, set[str]] = {
    "contacts": {"full_name", "phone_country_code"},
    "transactions": {"lead_id"},
    "subscriptions": {"lead_id", "buyer_email"},
}
"""Columns that only help another one: alone they contribute nothing."""

_CARRIED_THOUGH_DROPPED = frozenset(
    {"ip", "ip_country", "gdpr_status_ip", "lifetime_spend", "google_plus"}
)

NOT_CARRIED: Mapping[str, frozenset[str]] = {
    kind: frozenset(
        column
        for column, target in targets.items()
        if column in HELPERS[kind]
        or ("drop" in target and column not in _CARRIED_THOUGH_DROPPED)
    )
    for kind, targets in DEFAULT_FIELDS.items()
}
"""Columns that golden records do not hold, so that nothing can be made of them here."""
