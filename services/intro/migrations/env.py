"""The place where Alembic learns of the intro service's tables."""

from services.intro.store.tables import metadata
from shared.migrate import run_migrations

run_migrations(metadata)
