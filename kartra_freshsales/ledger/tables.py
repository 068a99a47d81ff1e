"""The tables, as the newest migration leaves them.

Times are whole microseconds since the epoch (UTC) and documents are canonical JSON text, so
that both databases hold the same bytes. Not here: queries (one module per group of tables).
"""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
metadata = MetaData(naming_convention=NAMING)

# SQLite numbers rows by itself only where the key is an INTEGER.
_ROW_ID = BigInteger().with_variant(Integer, "sqlite")


def _owner() -> Column[int]:
    return Column("destination_id", Integer, ForeignKey("destination.id"), nullable=False)


def _own_key() -> Column[int]:
    return Column(
        "destination_id",
        Integer,
        ForeignKey("destination.id"),
        primary_key=True,
        autoincrement=False,
    )


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, default="")


destination = Table(
    "destination",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    _text("base_url"),
    _text("account"),
    _text("edition"),
    Column("created_us", BigInteger, nullable=False),
    # How long both chains are and where they end: a cut-off tail shows.
    Column("intents", BigInteger, nullable=False, default=0),
    _text("intent_head"),
    Column("events", BigInteger, nullable=False, default=0),
    _text("event_head"),
)

identity = Table(
    "identity",
    metadata,
    _own_key(),
    Column("module", String(40), primary_key=True),
    Column("source_key", Text, primary_key=True),
    Column("freshsales_id", BigInteger, nullable=False),
    Column("origin", String(20), nullable=False),
    _text("written"),
    _text("seen"),
    _text("payload_hash"),
    _text("batch"),
    Column("state", String(20), nullable=False),
    Column("changed_us", BigInteger, nullable=False),
)

intent = Table(
    "intent",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    _owner(),
    Column("position", BigInteger, nullable=False),
    _text("run"),
    Column("operation", String(20), nullable=False),
    Column("module", String(40), nullable=False),
    Column("source_key", Text, nullable=False),
    _text("payload_digest"),
    Column("payload", Text),
    Column("pre_image", Text),
    _text("way_back"),
    _text("group_key"),
    _text("batch"),
    Column("planned_us", BigInteger, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    # Derived from the newest event in the same transaction, for queries.
    Column("state", String(20), nullable=False),
    Column("detail", Text),
    Column("freshsales_id", BigInteger),
    Column("changed_us", BigInteger, nullable=False),
    UniqueConstraint("destination_id", "position"),
    Index(None, "destination_id", "state"),
    Index(None, "destination_id", "batch"),
    Index(None, "destination_id", "run"),
)

intent_event = Table(
    "intent_event",
    metadata,
    Column("id", _ROW_ID, primary_key=True),
    _owner(),
    Column("position", BigInteger, nullable=False),
    Column("intent_id", _ROW_ID, ForeignKey("intent.id"), nullable=False),
    Column("before", String(20), nullable=False),
    Column("after", String(20), nullable=False),
    Column("detail", Text),
    Column("freshsales_id", BigInteger),
    Column("at_us", BigInteger, nullable=False),
    Column("content_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    UniqueConstraint("destination_id", "position"),
)

bulk_job = Table(
    "bulk_job",
    metadata,
    _own_key(),
    Column("job_id", Text, primary_key=True),
    _text("group_key"),
    Column("module", String(40), nullable=False),
    _text("run"),
    Column("state", String(20), nullable=False),
    Column("polls", Integer, nullable=False, default=0),
    Column("opened_us", BigInteger, nullable=False),
)

approval = Table(
    "approval",
    metadata,
    Column("id", Integer, primary_key=True),
    _owner(),
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    _text("digest"),
    _text("approved_by"),
    _text("run"),
    Column("at_us", BigInteger, nullable=False),
    Column("host", Text, nullable=False, server_default=""),
    Index(None, "destination_id", "kind", "subject"),
)

conflict = Table(
    "conflict",
    metadata,
    _own_key(),
    Column("module", String(40), primary_key=True),
    Column("source_key", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("source", Text),
    Column("written", Text),
    Column("found", Text),
    _text("resolution"),
    _text("run"),
    Column("at_us", BigInteger, nullable=False),
)

pace = Table(
    "pace",
    metadata,
    _own_key(),
    Column("last_number", BigInteger, nullable=False, default=0),
    Column("last_us", BigInteger, nullable=False, default=0),
    Column("paused_until_us", BigInteger, nullable=False, default=0),
)
"""One row per account: its number of requests, and until when nobody may send."""

request = Table(
    "request",
    metadata,
    _own_key(),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("kind", String(10), nullable=False),
    Index(None, "destination_id", "until_us"),
)
"""Requests of the last hours; each arrived some time from ``at_us`` to ``until_us``."""

request_count = Table(
    "request_count",
    metadata,
    _own_key(),
    Column("run", Text, primary_key=True),
    Column("kind", String(10), primary_key=True),
    Column("requests", BigInteger, nullable=False),
)
"""How many requests each run has made, for ever."""

lease = Table(
    "lease",
    metadata,
    _own_key(),
    Column("subject", Text, primary_key=True),
    Column("owner", String(40), nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", BigInteger, nullable=False),
    _text("run"),
    Column("renewed_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
)
"""Who is at work on which batch, or (subject empty) in the whole account."""
