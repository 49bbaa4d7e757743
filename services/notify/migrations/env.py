"""The place where Alembic runs the notify service's migrations."""

from services.notify.store.tables import metadata
from shared.migrate import run_migrations

run_migrations(metadata)
