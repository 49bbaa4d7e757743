"""Who knows whom already, as organisers' lists say."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "acquainted",
        sa.Column("a", sa.String(length=64), nullable=False),
        sa.Column("b", sa.String(length=64), nullable=False),
        sa.Column("a_id", sa.String(length=36), nullable=True),
        sa.Column("b_id", sa.String(length=36), nullable=True),
        sa.Column("gathering_id", sa.String(length=36), nullable=False),
        sa.PrimaryKeyConstraint("a", "b"),
    )
    op.create_index("acquainted_b", "acquainted", ["b"], unique=False)
    op.create_index("acquainted_gathering", "acquainted", ["gathering_id"], unique=False)
    op.add_column("gatherings", sa.Column("acquainted", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("gatherings", "acquainted")
    op.drop_index("acquainted_gathering", table_name="acquainted")
    op.drop_index("acquainted_b", table_name="acquainted")
    op.drop_table("acquainted")
