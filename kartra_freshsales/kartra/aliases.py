"""The names under which a Kartra column may turn up, per kind of export: data only.

Keys are our canonical names; values are accepted headers after normalisation, strongest
first. The lists follow what is known of real Kartra files, its API and its importers.

What does not belong here: normalising a header (``headers``), matching it (``kinds``).
"""

from collections.abc import Mapping

Aliases = Mapping[str, tuple[str, ...]]

OWNER = ("owner", "owner_email", "agent", "assigned_to", "assigned_agent")

CONTACTS = {
    "kartra_id": ("kartra_id", "lead_id", "contact_id", "id"),
    "email": ("email", "lead_email", "e_mail", "email_address", "e_mail_address"),
    "first_name": ("first_name", "firstname", "first", "given_name"),
    "middle_name": ("middle_name", "middlename"),
    "last_name": ("last_name", "lastname", "last", "surname", "family_name"),
    "last_name2": ("last_name2", "last_name_2", "second_last_name"),
    "full_name": ("full_name", "name", "contact_name"),
    "phone_country_code": (
        "phone_country_code", "phone_country", "country_code", "phone_code", "dial_code",
    ),
    "phone": ("phone", "phone_number", "mobile", "telephone"),
    "company": ("company", "company_name", "organization", "organisation", "business_name"),
    "address": ("address", "address_1", "street", "mailing_address"),
    "city": ("city", "town"),
    "state": ("state", "county", "province", "region"),
    "zip": ("zip", "zip_code", "zipcode", "postcode", "postal_code"),
    "country": ("country", "country_code_2"),
    "website": ("website", "url", "site"),
    "facebook": ("facebook", "facebook_url"),
    "twitter": ("twitter", "twitter_url", "x", "x_url"),
    "linkedin": ("linkedin", "linkedin_url"),
    "instagram": ("instagram", "instagram_url"),
    "google_plus": ("google_plus",),
    "ip": ("ip", "ip_address"),
    "ip_country": ("ip_country",),
    "date_joined": (
        "date_joined", "joined", "date_added", "created", "created_at", "date_created",
        "signup_date", "date",
    ),
    "score": ("score", "lead_score", "points", "total_points"),
    "source": ("source", "lead_source", "origin"),
    "source_detail": (
        "source_detail", "referring_id", "referred_by", "affiliate", "affiliate_username",
    ),
    "time_zone": (
        "time_zone", "lead_preferred_time_zone", "preferred_time_zone", "timezone",
    ),
    "language": ("language", "lead_preferred_language", "preferred_language"),
    "lifetime_spend": (
        "lifetime_spend", "total_spent", "lifetime_value", "ltv", "revenue", "amount_spent",
        "money_spent",
    ),
    "tags": ("tags", "tag", "lead_tags", "tag_names", "tag_name"),
    "lists": ("lists", "list", "list_names", "list_name", "subscribed_lists"),
    "sequences": ("sequences", "sequence", "sequence_names"),
    "memberships": ("memberships", "membership", "membership_names"),
    "mail_status": (
        "mail_status", "status", "contact_status", "mailing_status", "email_status",
        "active", "blacklisted", "blocklisted", "unsubscribed", "bounced",
    ),
    "gdpr_status": ("gdpr_status", "gdpr_lead_status", "gdpr"),
    "gdpr_communications": (
        "gdpr_communications", "gdpr_lead_communications", "commercial_messages",
        "communications",
    ),
    "gdpr_status_date": ("gdpr_status_date", "gdpr_lead_status_date"),
    "gdpr_status_ip": ("gdpr_status_ip", "gdpr_lead_status_ip"),
    "notes": ("notes", "note", "comments"),
    "owner": OWNER,
}  # fmt: skip

TRANSACTIONS = {
    "id": ("id", "transaction_id", "order_id"),
    "transaction_type": ("transaction_type", "type"),
    "date": ("date", "transaction_date", "date_time"),
    "product": ("product", "product_name"),
    "price_point": (
        "price_point", "product_price_point", "price_point_number",
        "transaction_product_price_point",
    ),
    "quantity": ("quantity", "transaction_quantity"),
    "seller_username": ("seller_username",),
    "buyer_username": ("buyer_username",),
    "buyer_name": ("buyer_name",),
    "buyer_company": ("buyer_company",),
    "sales_tax_id": ("sales_tax_id",),
    "buyer_email": ("buyer_email", "lead_email", "email"),
    "buyer_country": ("buyer_country",),
    "buyer_state": ("buyer_state",),
    "buyer_city": ("buyer_city",),
    "buyer_zip": ("buyer_zip",),
    "buyer_address": ("buyer_address",),
    "buyer_phone_country": ("buyer_phone_country",),
    "buyer_phone": ("buyer_phone",),
    "buyer_ip": ("buyer_ip",),
    "amount": ("amount", "transaction_full_amount", "full_amount", "total"),
    "base_price": ("base_price", "transaction_base_amount"),
    "sales_tax": ("sales_tax", "transaction_tax", "tax", "vat"),
    "shipping_cost": ("shipping_cost", "transaction_shipping"),
    "coupon_code": ("coupon_code",),
    "coupon_discount": ("coupon_discount", "transaction_discount", "discount"),
    "revenue": ("revenue",),
    "affiliate_username": ("affiliate_username", "transaction_affiliate"),
    "affiliate_name": ("affiliate_name",),
    "affiliate_email": ("affiliate_email",),
    "affiliate_revenue": ("affiliate_revenue",),
    "jv_username": ("jv_username",),
    "jv_name": ("jv_name",),
    "jv_email": ("jv_email",),
    "jv_revenue": ("jv_revenue",),
    "your_net_profit": ("your_net_profit", "net_profit"),
    "tracking_link": ("tracking_link",),
    "trackingid1": ("trackingid1", "tracking_id1", "tracking_id_1"),
    "trackingid2": ("trackingid2", "tracking_id2", "tracking_id_2"),
    "landing_page": ("landing_page",),
    "processor": ("processor", "payment_processor", "gateway"),
    "processor_transaction_id": ("processor_transaction_id",),
    "processor_subscription_id": (
        "processor_subscription_id", "transaction_subscription_id",
    ),
    "subscription_id": ("subscription_id", "transaction_internal_subscription_id"),
    "lead_id": ("lead_id", "buyer_id"),
    "affiliate_id": ("affiliate_id",),
    "jv_id": ("jv_id",),
    "shipping_name": ("shipping_name",),
    "shipping_address": ("shipping_address",),
    "shipping_city": ("shipping_city",),
    "shipping_zip": ("shipping_zip",),
    "shipping_country": ("shipping_country",),
    "shipping_state": ("shipping_state",),
    "trial": ("trial",),
    "automatic_cancellation": ("automatic_cancellation",),
    "subscription_payment_number": (
        "subscription_payment_number", "transaction_subscription_pay_number",
    ),
    "rebill_reattempt": ("rebill_reattempt",),
    "owner": OWNER,
}  # fmt: skip

SUBSCRIPTIONS = {
    "subscription_id": (
        "subscription_id", "internal_subscription_id",
        "transaction_internal_subscription_id", "id",
    ),
    "status": ("status", "subscription_status"),
    "product": ("product", "product_name"),
    "price_point": ("price_point", "product_price_point", "price_point_number"),
    "interval": (
        "recurrence_term", "interval", "recurring_period", "billing_cycle", "frequency",
    ),
    "buyer_name": ("buyer_name", "full_name", "lead_name", "contact_name", "name"),
    "buyer_email": (
        "buyer_email", "lead_email", "contact_email", "email", "e_mail", "email_address",
    ),
    "lead_id": ("lead_id", "buyer_id", "contact_id"),
    "start_date": ("start_date", "created", "date"),
    "end_date": ("end_date", "cancelled_on", "cancellation_date"),
    "payments_made": ("payments_made", "installments_made"),
    "payments_left": ("payments_left", "installments_left", "remaining_payments"),
    "last_payment_date": ("last_payment_date",),
    "next_payment_date": ("next_payment_date", "next_rebill_date", "next_billing_date"),
    "next_payment_amount": ("next_payment_amount", "next_scheduled_payment_amount"),
    "total_paid": ("total_paid",),
    "processor": ("processor", "payment_processor", "gateway"),
    "processor_subscription_id": ("processor_subscription_id",),
    "affiliate_username": ("affiliate_username",),
    "jv_username": ("jv_username",),
    "owner": OWNER,
}  # fmt: skip

ACTIVITIES = {
    "kind": ("kind", "activity_kind", "activity_type"),
    "happened_at": ("happened_at",),
    "email": ("email", "contact_email", "e_mail", "email_address", "lead_email"),
    "lead_id": ("lead_id", "contact_id", "kartra_id"),
    "subject": ("subject", "title"),
    "body": ("body", "text", "notes", "description"),
    "duration": ("duration", "duration_minutes", "minutes"),
    "direction": ("direction",),
    "owner": OWNER,
    "source_id": ("source_id", "id"),
}
"""Columns of ``activities.csv``, which is a format of ours: Kartra exports none."""

ATTACHMENTS = {
    "path": ("path",),
    "email": ("email", "contact_email", "e_mail", "email_address", "lead_email"),
    "lead_id": ("lead_id", "contact_id", "kartra_id"),
    "transaction_id": ("transaction_id",),
    "original_name": ("original_name", "file_name", "filename"),
    "created_at": ("created_at",),
    "description": ("description",),
    "file_state": ("_file_state",),
    "file_sha256": ("_file_sha256",),
    "file_size": ("_file_size",),
}
"""Columns of ``attachments.csv``, likewise; the last three are no headers: what
reading finds out about each file."""
