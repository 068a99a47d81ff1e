"""Golden contacts: one row per e-mail.

What does not belong here: how contacts are mapped to Freshsales.
"""

import pandera.polars as pa
import polars as pl

from kartra_freshsales.schemas.common import CONSENT, E164, GoldenRow, Moment, Names


class ContactFields(pa.DataFrameModel):
    """What is known of a contact; ``custom:*`` columns may stand beside it."""

    contact_key: str
    email: str
    kartra_id: str = pa.Field(nullable=True)
    first_name: str = pa.Field(nullable=True)
    last_name: str = pa.Field(nullable=True)
    phone: str = pa.Field(nullable=True, str_matches=E164)
    phone_raw: str = pa.Field(nullable=True)
    company: str = pa.Field(nullable=True)
    account_key: str = pa.Field(nullable=True)
    address: str = pa.Field(nullable=True)
    city: str = pa.Field(nullable=True)
    state: str = pa.Field(nullable=True)
    zip: str = pa.Field(nullable=True)
    country: str = pa.Field(nullable=True)
    website: str = pa.Field(nullable=True)
    facebook: str = pa.Field(nullable=True)
    twitter: str = pa.Field(nullable=True)
    linkedin: str = pa.Field(nullable=True)
    instagram: str = pa.Field(nullable=True)
    ip: str = pa.Field(nullable=True)
    ip_country: str = pa.Field(nullable=True)
    date_joined: Moment = pa.Field(nullable=True)
    date_joined_raw: str = pa.Field(nullable=True)
    score: pl.Int64 = pa.Field(nullable=True)
    source: str = pa.Field(nullable=True)
    source_detail: str = pa.Field(nullable=True)
    time_zone: str = pa.Field(nullable=True)
    language: str = pa.Field(nullable=True)
    lifetime_spend: str = pa.Field(nullable=True)
    mail_status: str = pa.Field(nullable=True)
    gdpr_status: str = pa.Field(nullable=True)
    gdpr_communications: str = pa.Field(nullable=True)
    gdpr_status_date: Moment = pa.Field(nullable=True)
    gdpr_status_date_raw: str = pa.Field(nullable=True)
    gdpr_status_ip: str = pa.Field(nullable=True)
    notes: str = pa.Field(nullable=True)
    owner: str = pa.Field(nullable=True)
    tags: Names
    lists: Names
    sequences: Names
    memberships: Names
    consent: str = pa.Field(isin=CONSENT)


class Contacts(ContactFields, GoldenRow):
    """Golden contacts: the key is unique; ``other_…`` are those merged into it."""

    contact_key: str = pa.Field(unique=True)
    other_emails: Names
    other_kartra_ids: Names
