"""The first tables: identities, intents and their events, jobs, approvals, requests."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only where the key is an INTEGER.
ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "destination",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("edition", sa.Text(), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("intents", sa.BigInteger(), nullable=False),
        sa.Column("intent_head", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.Column("event_head", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_destination"),
        sa.UniqueConstraint("key", name="uq_destination_key"),
    )
    op.create_table(
        "approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("destination_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destination.id"], name="fk_approval_destination_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_approval"),
    )
    op.create_index(
        "ix_approval_destination_id_kind_subject",
        "approval",
        ["destination_id", "kind", "subject"],
    )
    op.create_table(
        "bulk_job",
        sa.Column("destination_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("job_id", sa.Text(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("module", sa.String(length=40), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("polls", sa.Integer(), nullable=False),
        sa.Column("opened_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destination.id"], name="fk_bulk_job_destination_id"
        ),
        sa.PrimaryKeyConstraint("destination_id", "job_id", name="pk_bulk_job"),
    )
    op.create_table(
        "conflict",
        sa.Column("destination_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("module", sa.String(length=40), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("written", sa.Text(), nullable=True),
        sa.Column("found", sa.Text(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destination.id"], name="fk_conflict_destination_id"
        ),
        sa.PrimaryKeyConstraint(
            "destination_id", "module", "source_key", "field", name="pk_conflict"
        ),
    )
    op.create_table(
        "identity",
        sa.Column("destination_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("module", sa.String(length=40), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("freshsales_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.String(length=20), nullable=False),
        sa.Column("written", sa.Text(), nullable=False),
        sa.Column("seen", sa.Text(), nullable=False),
        sa.Column("payload_hash", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("changed_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destination.id"], name="fk_identity_destination_id"
        ),
        sa.PrimaryKeyConstraint(
            "destination_id", "module", "source_key", name="pk_identity"
        ),
    )
    op.create_table(
        "intent",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("destination_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("operation", sa.String(length=20), nullable=False),
        sa.Column("module", sa.String(length=40), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=False),
        sa.Column("payload_digest", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=True),
        sa.Column("pre_image", sa.Text(), nullable=True),
        sa.Column("way_back", sa.Text(), nullable=False),
        sa.Column("group_key", sa.Text(), nullable=False),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("planned_us", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("freshsales_id", sa.BigInteger(), nullable=True),
        sa.Column("changed_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destination.id"], name="fk_intent_destination_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_intent"),
        sa.UniqueConstraint(
            "destination_id", "position", name="uq_intent_destination_id_position"
        ),
    )
    op.create_index("ix_intent_destination_id_batch", "intent", ["destination_id", "batch"])
    op.create_index("ix_intent_destination_id_run", "intent", ["destination_id", "run"])
    op.create_index("ix_intent_destination_id_state", "intent", ["destination_id", "state"])
    op.create_table(
        "pace",
        sa.Column("destination_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_number", sa.BigInteger(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.Column("paused_until_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destination.id"], name="fk_pace_destination_id"
        ),
        sa.PrimaryKeyConstraint("destination_id", name="pk_pace"),
    )
    op.create_table(
        "request",
        sa.Column("destination_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destination.id"], name="fk_request_destination_id"
        ),
        sa.PrimaryKeyConstraint("destination_id", "number", name="pk_request"),
    )
    op.create_index(
        "ix_request_destination_id_until_us", "request", ["destination_id", "until_us"]
    )
    op.create_table(
        "request_count",
        sa.Column("destination_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("run", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destination.id"], name="fk_request_count_destination_id"
        ),
        sa.PrimaryKeyConstraint("destination_id", "run", "kind", name="pk_request_count"),
    )
    op.create_table(
        "intent_event",
        sa.Column("id", ROW_ID, nullable=False),
        sa.Column("destination_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("intent_id", ROW_ID, nullable=False),
        sa.Column("before", sa.String(length=20), nullable=False),
        sa.Column("after", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("freshsales_id", sa.BigInteger(), nullable=True),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["destination_id"], ["destination.id"], name="fk_intent_event_destination_id"
        ),
        sa.ForeignKeyConstraint(
            ["intent_id"], ["intent.id"], name="fk_intent_event_intent_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_intent_event"),
        sa.UniqueConstraint(
            "destination_id", "position", name="uq_intent_event_destination_id_position"
        ),
    )


def downgrade() -> None:
    """Drop them, children first."""
    # ### commands auto generated by Alembic - please adjust! ###
    op.drop_table("intent_event")
    op.drop_table("request_count")
    op.drop_index("ix_request_destination_id_until_us", table_name="request")
    op.drop_table("request")
    op.drop_table("pace")
    op.drop_index("ix_intent_destination_id_state", table_name="intent")
    op.drop_index("ix_intent_destination_id_run", table_name="intent")
    op.drop_index("ix_intent_destination_id_batch", table_name="intent")
    op.drop_table("intent")
    op.drop_table("identity")
    op.drop_table("conflict")
    op.drop_table("bulk_job")
    op.drop_index("ix_approval_destination_id_kind_subject", table_name="approval")
    op.drop_table("approval")
    op.drop_table("destination")
