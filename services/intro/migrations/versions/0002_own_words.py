"""An organiser's own words that mean the same."""

import sqlalchemy as sa
from alembic import op

from shared.tables import Json

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("gatherings", sa.Column("vocabulary", Json, nullable=True))


def downgrade() -> None:
    op.drop_column("gatherings", "vocabulary")
