"""What Alembic runs around every command: one connection, one transaction, one process at a time."""

from __future__ import annotations

from alembic import context
from flask import Flask
from sqlalchemy import Engine

from idp.storage.management import allow_one_migration, keep_ddl_in_transactions, tables


def run(engine: Engine) -> None:
    """Run the command in one transaction: a migration that fails half-way leaves nothing."""
    keep_ddl_in_transactions(engine)
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=tables.metadata, transactional_ddl=True)
        with context.begin_transaction():
            allow_one_migration(connection)
            context.run_migrations()


# Flask-SQLAlchemy gives an engine only to an application. This one has no pages; it goes when we are done.
application = Flask(__name__)
application.config["SQLALCHEMY_DATABASE_URI"] = context.config.attributes["url"]
tables.init_app(application)
with application.app_context():
    try:
        run(tables.engine)
    finally:
        tables.engine.dispose()
