"""The place where Alembic runs the rsvp service's migrations."""

from services.rsvp.store.tables import metadata
from shared.migrate import run_migrations

run_migrations(metadata)
