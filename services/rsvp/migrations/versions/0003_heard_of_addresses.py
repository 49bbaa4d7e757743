"""How far what is said of an address was heard, so that what is older changes nothing when it is heard again."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attendees", sa.Column("address_version", sa.Integer(), server_default="0", nullable=False))


def downgrade() -> None:
    op.drop_column("attendees", "address_version")
