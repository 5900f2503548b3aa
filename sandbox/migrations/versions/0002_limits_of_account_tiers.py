"""Limits of account tiers: the tier of an account, what is counted, and the limit behind a refusal."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # Accounts that exist keep doing what they did.
    op.add_column("bank_account", sa.Column("tier", sa.Text(), nullable=False, server_default="full"))
    op.add_column("payment", sa.Column("breach", sa.Text(), nullable=True))
    op.add_column("title_fetch", sa.Column("breach", sa.Text(), nullable=True))
    op.create_table(
        "limit_usage",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("per", sa.Text(), nullable=False),
        sa.Column("start", sa.Text(), nullable=False),
        sa.Column("amount_paisa", BIGINT, nullable=False),
        sa.Column("payments", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("sandbox_id", "account_id", "direction", "per", "start"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("limit_usage")
    op.drop_column("title_fetch", "breach")
    op.drop_column("payment", "breach")
    op.drop_column("bank_account", "tier")
