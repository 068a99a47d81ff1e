"""Alembic's entry: runs the migrations on the connection ``upgrade`` hands over.

Everything happens inside that connection's transaction, the lock included.
"""

from alembic import context
from sqlalchemy import Connection

from kartra_freshsales.ledger.tables import metadata

connection: Connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    transactional_ddl=True,
    render_as_batch=connection.dialect.name == "sqlite",
)
with context.begin_transaction():
    context.run_migrations()
