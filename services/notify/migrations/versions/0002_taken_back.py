"""Why a mail that is being sent is not to be tried again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mails", sa.Column("taken_back", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("mails", "taken_back")
