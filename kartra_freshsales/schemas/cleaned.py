"""Stage *clean*: typed rows of one batch, and the rows that go no further.

What does not belong here: merged records (``contacts``, ``transactions`` …).
"""

from typing import get_args

import pandera.polars as pa
import polars as pl

from kartra_freshsales.mapping.cleaning_rules import Suppression
from kartra_freshsales.schemas.common import KINDS, SNAKE_WORD, STATES, SourceRow
from kartra_freshsales.schemas.contacts import ContactFields
from kartra_freshsales.schemas.subscriptions import SubscriptionFields
from kartra_freshsales.schemas.transactions import TransactionFields


class CleanedContacts(ContactFields, SourceRow):
    """One row per usable line; ``gdpr_state`` and ``block`` are its consent facts."""

    gdpr_state: str = pa.Field(
        nullable=True, isin=("subscribed", "not_subscribed", "unsubscribed")
    )
    block: str = pa.Field(
        nullable=True,
        isin=("not_subscribed", "unsubscribed", "reported_as_spam", "bounced"),
    )
    suppress: str = pa.Field(nullable=True, isin=get_args(Suppression))


class CleanedTransactions(TransactionFields, SourceRow):
    """One row per line that is a deal or annotates one."""

    treatment: str = pa.Field(isin=("deal", "annotate"))
    lead_id: str = pa.Field(nullable=True)
    buyer_email: str = pa.Field(nullable=True)
    owner: str = pa.Field(nullable=True)


class CleanedSubscriptions(SubscriptionFields, SourceRow):
    """One row per usable line of a subscriptions export."""

    lead_id: str = pa.Field(nullable=True)
    buyer_email: str = pa.Field(nullable=True)
    owner: str = pa.Field(nullable=True)


class SetAside(pa.DataFrameModel):
    """Rows that cleaning takes no further, each with its state, reason and remedy."""

    kind: str = pa.Field(alias="_kind", isin=KINDS)
    batch: str = pa.Field(alias="_batch")
    file: str = pa.Field(alias="_file")
    row: pl.Int64 = pa.Field(alias="_row", ge=1)
    state: str = pa.Field(isin=STATES)
    reason: str = pa.Field(str_matches=SNAKE_WORD)
    remedy: str
