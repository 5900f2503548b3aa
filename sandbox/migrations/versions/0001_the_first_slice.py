"""The first slice: ledger, participants, accounts, payments, events, webhooks."""

import sqlalchemy as sa
from alembic import op

from ledger.storage.tables import append_only_ddl

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

BIGINT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "ledger_account_change",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("seq", BIGINT, autoincrement=False, nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("change", BIGINT, autoincrement=False, nullable=False),
        sa.Column("value", BIGINT, autoincrement=False, nullable=False),
        sa.Column("effective_at", BIGINT, autoincrement=False, nullable=False),
        sa.Column("happened_at", BIGINT, autoincrement=False, nullable=False),
        sa.Column("recorded_at", BIGINT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("sandbox_id", "seq"),
        comment="Every opening, closing, reopening and credit limit of an account. Append only.",
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ledger_account_change_account",
        "ledger_account_change",
        ["sandbox_id", "account_id", "seq"],
        unique=False,
    )
    op.create_table(
        "ledger_batch",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("number", BIGINT, autoincrement=False, nullable=False),
        sa.Column("first_seq", BIGINT, autoincrement=False, nullable=False),
        sa.Column("last_seq", BIGINT, autoincrement=False, nullable=False),
        sa.Column("happened_at", BIGINT, autoincrement=False, nullable=False),
        sa.Column("recorded_at", BIGINT, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sandbox_id", "number"),
        comment="What each save has added to the log, sealed by a digest over all before. Append only.",
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_book",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("last_seq", BIGINT, autoincrement=False, nullable=False),
        sa.Column("last_batch", BIGINT, autoincrement=False, nullable=False),
        sa.Column("happened_at", BIGINT, autoincrement=False, nullable=False),
        sa.Column("recorded_at", BIGINT, autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("sandbox_id"),
        comment="One row per book: the newest end of its log, and the row that a writer locks.",
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_chart",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("code", BIGINT, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account_class", sa.Text(), nullable=False),
        sa.Column("normal_side", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sandbox_id", "code"),
        comment="What the codes of a book's accounts mean. A book without rows here takes any code.",
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_entry",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("seq", BIGINT, autoincrement=False, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", BIGINT, autoincrement=False, nullable=False),
        sa.Column("flags", BIGINT, autoincrement=False, nullable=False),
        sa.Column("debit_account", sa.Text(), nullable=False),
        sa.Column("credit_account", sa.Text(), nullable=False),
        sa.Column("amount", BIGINT, autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("code", BIGINT, autoincrement=False, nullable=False),
        sa.Column("target_id", sa.Text(), nullable=False),
        sa.Column("expires_at", BIGINT, autoincrement=False, nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("chain", BIGINT, autoincrement=False, nullable=False),
        sa.Column("happened_at", BIGINT, autoincrement=False, nullable=False),
        sa.Column("recorded_at", BIGINT, autoincrement=False, nullable=False),
        sa.Column("debit_debits_pending", BIGINT, autoincrement=False, nullable=False),
        sa.Column("debit_debits_posted", BIGINT, autoincrement=False, nullable=False),
        sa.Column("debit_credits_pending", BIGINT, autoincrement=False, nullable=False),
        sa.Column("debit_credits_posted", BIGINT, autoincrement=False, nullable=False),
        sa.Column("credit_debits_pending", BIGINT, autoincrement=False, nullable=False),
        sa.Column("credit_debits_posted", BIGINT, autoincrement=False, nullable=False),
        sa.Column("credit_credits_pending", BIGINT, autoincrement=False, nullable=False),
        sa.Column("credit_credits_posted", BIGINT, autoincrement=False, nullable=False),
        sa.CheckConstraint("amount >= 0", name="ledger_entry_amount_not_negative"),
        sa.CheckConstraint("debit_account <> credit_account", name="ledger_entry_accounts_differ"),
        sa.PrimaryKeyConstraint("sandbox_id", "seq"),
        comment="Every change of a balance. Append only.",
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ledger_entry_credit", "ledger_entry", ["sandbox_id", "credit_account", "seq"], unique=False
    )
    op.create_index(
        "ledger_entry_debit", "ledger_entry", ["sandbox_id", "debit_account", "seq"], unique=False
    )
    op.create_index("ledger_entry_id", "ledger_entry", ["sandbox_id", "id"], unique=True)
    op.create_index(
        "ledger_entry_once",
        "ledger_entry",
        ["sandbox_id", "target_id"],
        unique=True,
        sqlite_where=sa.text("(kind BETWEEN 3 AND 5 OR kind = 8)"),
        postgresql_where=sa.text("(kind BETWEEN 3 AND 5 OR kind = 8)"),
    )
    op.create_index(
        "ledger_entry_target",
        "ledger_entry",
        ["sandbox_id", "target_id", "seq"],
        unique=False,
        sqlite_where=sa.text("target_id <> ''"),
        postgresql_where=sa.text("target_id <> ''"),
    )
    op.create_table(
        "ledger_spent_id",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sandbox_id", "id"),
        comment="Ids refused for a reason that may pass. Append only.",
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ledger_account",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("code", BIGINT, autoincrement=False, nullable=False),
        sa.Column("flags", BIGINT, autoincrement=False, nullable=False),
        sa.Column("debits_pending", BIGINT, autoincrement=False, nullable=False),
        sa.Column("debits_posted", BIGINT, autoincrement=False, nullable=False),
        sa.Column("credits_pending", BIGINT, autoincrement=False, nullable=False),
        sa.Column("credits_posted", BIGINT, autoincrement=False, nullable=False),
        sa.Column("credit_limit", BIGINT, autoincrement=False, nullable=False),
        sa.Column("limit_due_at", BIGINT, autoincrement=False, nullable=False),
        sa.Column("opened_at", BIGINT, autoincrement=False, nullable=False),
        sa.CheckConstraint("credit_limit >= 0", name="ledger_account_limit_not_negative"),
        sa.CheckConstraint(
            "debits_pending >= 0 AND debits_posted >= 0 AND credits_pending >= 0 AND credits_posted >= 0",
            name="ledger_account_totals_not_negative",
        ),
        sa.ForeignKeyConstraint(
            ["sandbox_id"],
            ["ledger_book.sandbox_id"],
        ),
        sa.PrimaryKeyConstraint("sandbox_id", "id"),
        comment="Accounts with their totals of now.",
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ledger_account_clearing",
        "ledger_account",
        ["sandbox_id", "id", "flags"],
        unique=False,
        sqlite_where=sa.text("(flags & 16) <> 0"),
        postgresql_where=sa.text("(flags & 16) <> 0"),
    )
    op.create_table(
        "ledger_open_hold",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("hold_id", sa.Text(), nullable=False),
        sa.Column("seq", BIGINT, autoincrement=False, nullable=False),
        sa.Column("remaining", BIGINT, autoincrement=False, nullable=False),
        sa.Column("expires_at", BIGINT, autoincrement=False, nullable=False),
        sa.ForeignKeyConstraint(
            ["sandbox_id", "seq"],
            ["ledger_entry.sandbox_id", "ledger_entry.seq"],
        ),
        sa.PrimaryKeyConstraint("sandbox_id", "hold_id"),
        comment="Holds that nothing has ended yet. One that ends in its own batch never comes here.",
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ledger_open_hold_due", "ledger_open_hold", ["sandbox_id", "expires_at", "seq"], unique=False
    )
    op.create_table(
        "api_key",
        sa.Column("finder", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("created_at", BIGINT, nullable=False),
        sa.Column("revoked_at", BIGINT, nullable=True),
        sa.PrimaryKeyConstraint("finder"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("api_key_sandbox", "api_key", ["sandbox_id"], unique=False)
    op.create_table(
        "bank_account",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.Column("nickname", sa.Text(), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("cnic", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("limit_paisa", BIGINT, nullable=True),
        sa.Column("created_at", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("sandbox_id", "id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("bank_account_iban", "bank_account", ["sandbox_id", "iban"], unique=True)
    op.create_table(
        "event",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("created_at", BIGINT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sandbox_id", "id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idempotency",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", sa.Text(), nullable=False),
        sa.Column("status", BIGINT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_at", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("sandbox_id", "key"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "job",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("due_at", BIGINT, nullable=False),
        sa.Column("wake_at", BIGINT, nullable=True),
        sa.Column("claimed_until", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("sandbox_id", "id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index("job_due", "job", ["sandbox_id", "due_at", "id"], unique=False)
    op.create_index("job_wake", "job", ["wake_at"], unique=False)
    op.create_table(
        "participant",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("created_at", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "payment",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rail", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("destination_iban", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("amount_paisa", BIGINT, nullable=False),
        sa.Column("title_fetch", sa.Text(), nullable=False),
        sa.Column("end_to_end_id", sa.Text(), nullable=True),
        sa.Column("narration", sa.Text(), nullable=True),
        sa.Column("created_at", BIGINT, nullable=False),
        sa.Column("completed_at", BIGINT, nullable=True),
        sa.Column("late_at", BIGINT, nullable=True),
        sa.Column("late_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("sandbox_id", "id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "payment_end_to_end",
        "payment",
        ["sandbox_id", "source", "end_to_end_id", "status"],
        unique=False,
        sqlite_where=sa.text("end_to_end_id IS NOT NULL"),
        postgresql_where=sa.text("end_to_end_id IS NOT NULL"),
    )
    op.create_table(
        "sandbox",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("participant_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("seed", BIGINT, nullable=False),
        sa.Column("id_counter", BIGINT, nullable=False),
        sa.Column("clock_offset_us", BIGINT, nullable=False),
        sa.Column("clock_frozen_at", BIGINT, nullable=True),
        sa.Column("created_at", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("sandbox_id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "title_fetch",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("rail", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("iban", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("amount_paisa", BIGINT, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", BIGINT, nullable=False),
        sa.Column("expires_at", BIGINT, nullable=False),
        sa.Column("payment_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("sandbox_id", "id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "webhook_attempt",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("delivery_id", sa.Text(), nullable=False),
        sa.Column("number", BIGINT, nullable=False),
        sa.Column("at", BIGINT, nullable=False),
        sa.Column("status_code", BIGINT, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("duration_ms", BIGINT, nullable=False),
        sa.Column("response", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sandbox_id", "delivery_id", "number"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("endpoint_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("rung", BIGINT, nullable=False),
        sa.Column("attempts", BIGINT, nullable=False),
        sa.Column("next_attempt_at", BIGINT, nullable=True),
        sa.Column("created_at", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("sandbox_id", "id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    op.create_index(
        "webhook_delivery_endpoint", "webhook_delivery", ["sandbox_id", "endpoint_id", "id"], unique=False
    )
    op.create_table(
        "webhook_endpoint",
        sa.Column("sandbox_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("event_types", sa.Text(), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("old_secret", sa.Text(), nullable=True),
        sa.Column("old_until", BIGINT, nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("failing_since", BIGINT, nullable=True),
        sa.Column("created_at", BIGINT, nullable=False),
        sa.PrimaryKeyConstraint("sandbox_id", "id"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
    for statement in append_only_ddl(op.get_bind().dialect.name):
        op.execute(statement)
    for table in ("event", "webhook_attempt"):
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{table} is append only'); END"
        )


def downgrade() -> None:
    raise NotImplementedError("The first revision has nothing before it; delete the database instead.")
