"""The schema, as SQLAlchemy tables on `metadata`: the one truth for every storage and migration.

`sandbox_id` comes first in every key, so one book is one range of rows: to be copied, deleted or
kept on a shard by itself. Columns follow the order of the values in `ledger.model`.

An entry has no foreign key to its accounts: two look-ups per entry cost a fifth of the insert, and
the ledger has just read both accounts. `ledger.audit` looks for what such keys would have caught.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

metadata: Final = MetaData()

# Not by IN: SQLite would build its list anew for each row, which costs a third of the insert.
ONCE: Final = "(kind BETWEEN 3 AND 5 OR kind = 8)"
"""The kinds of which one at most may act on an entry: POST, VOID, EXPIRE and REVERSAL."""

EXPECTED_ZERO: Final = "(flags & 16) <> 0"
"""The accounts with the flag of that name."""

# STRICT knows INTEGER only. Rows lie in the primary key itself: one tree less to write.
_SQLITE: Final[dict[str, Any]] = {"sqlite_strict": True, "sqlite_with_rowid": False}
_BIGINT: Final = BigInteger().with_variant(Integer, "sqlite")


# Compared by bytes, as SQLite does: one order everywhere, and no index that an update of the system's
# locales breaks.
_TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")


def _sandbox() -> Column[str]:
    """Make the first column of every key; tables share a shard only if it is of one type and collation."""
    return Column("sandbox_id", Text, primary_key=True, nullable=False)


def _text(name: str, *, key: bool = False) -> Column[str]:
    return Column(name, _TEXT, primary_key=key, nullable=False)


def _number(name: str, *, key: bool = False) -> Column[int]:
    return Column(name, _BIGINT, primary_key=key, nullable=False, autoincrement=False)


def _digest(name: str) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=False)


book: Final = Table(
    "ledger_book",
    metadata,
    _sandbox(),
    _number("last_seq"),
    _number("last_batch"),
    _number("happened_at"),
    _number("recorded_at"),
    _digest("digest"),
    comment="One row per book: the newest end of its log, and the row that a writer locks.",
    **_SQLITE,
)

account: Final = Table(
    "ledger_account",
    metadata,
    _sandbox(),
    _text("id", key=True),
    _text("currency"),
    _number("code"),
    _number("flags"),
    _number("debits_pending"),
    _number("debits_posted"),
    _number("credits_pending"),
    _number("credits_posted"),
    _number("credit_limit"),
    _number("limit_due_at"),
    _number("opened_at"),
    ForeignKeyConstraint(["sandbox_id"], ["ledger_book.sandbox_id"]),
    CheckConstraint(
        "debits_pending >= 0 AND debits_posted >= 0 AND credits_pending >= 0 AND credits_posted >= 0",
        name="ledger_account_totals_not_negative",
    ),
    CheckConstraint("credit_limit >= 0", name="ledger_account_limit_not_negative"),
    # The clearing accounts, which are few.
    Index(
        "ledger_account_clearing",
        "sandbox_id",
        "id",
        "flags",
        sqlite_where=text(EXPECTED_ZERO),
        postgresql_where=text(EXPECTED_ZERO),
    ),
    comment="Accounts with their totals of now.",
    # Room for the next version of a row beside it: then its key in the index need not be written again.
    postgresql_with={"fillfactor": 50},
    **_SQLITE,
)

entry: Final = Table(
    "ledger_entry",
    metadata,
    _sandbox(),
    _number("seq", key=True),
    _text("id"),
    _number("kind"),
    _number("flags"),
    _text("debit_account"),
    _text("credit_account"),
    _number("amount"),
    _text("currency"),
    _number("code"),
    _text("target_id"),
    _number("expires_at"),
    _text("reference"),
    _number("chain"),
    _number("happened_at"),
    _number("recorded_at"),
    _number("debit_debits_pending"),
    _number("debit_debits_posted"),
    _number("debit_credits_pending"),
    _number("debit_credits_posted"),
    _number("credit_debits_pending"),
    _number("credit_debits_posted"),
    _number("credit_credits_pending"),
    _number("credit_credits_posted"),
    CheckConstraint("amount >= 0", name="ledger_entry_amount_not_negative"),
    CheckConstraint("debit_account <> credit_account", name="ledger_entry_accounts_differ"),
    Index("ledger_entry_id", "sandbox_id", "id", unique=True),
    Index("ledger_entry_debit", "sandbox_id", "debit_account", "seq"),
    Index("ledger_entry_credit", "sandbox_id", "credit_account", "seq"),
    # Answers what acts on an entry: what ends or changes a hold, what takes a transfer back.
    Index(
        "ledger_entry_target",
        "sandbox_id",
        "target_id",
        "seq",
        sqlite_where=text("target_id <> ''"),
        postgresql_where=text("target_id <> ''"),
    ),
    # A hold ends once (3, 4, 5), and an entry is reversed once (8); a reversal's target is no hold.
    Index(
        "ledger_entry_once",
        "sandbox_id",
        "target_id",
        unique=True,
        sqlite_where=text(ONCE),
        postgresql_where=text(ONCE),
    ),
    comment="Every change of a balance. Append only.",
    **_SQLITE,
)

open_hold: Final = Table(
    "ledger_open_hold",
    metadata,
    _sandbox(),
    _text("hold_id", key=True),
    _number("seq"),
    _number("remaining"),
    _number("expires_at"),
    ForeignKeyConstraint(["sandbox_id", "seq"], ["ledger_entry.sandbox_id", "ledger_entry.seq"]),
    Index("ledger_open_hold_due", "sandbox_id", "expires_at", "seq"),
    comment="Holds that nothing has ended yet. One that ends in its own batch never comes here.",
    **_SQLITE,
)

account_change: Final = Table(
    "ledger_account_change",
    metadata,
    _sandbox(),
    _number("seq", key=True),
    _text("account_id"),
    _number("change"),
    _number("value"),
    _number("effective_at"),
    _number("happened_at"),
    _number("recorded_at"),
    Index("ledger_account_change_account", "sandbox_id", "account_id", "seq"),
    comment="Every opening, closing, reopening and credit limit of an account. Append only.",
    **_SQLITE,
)

batch: Final = Table(
    "ledger_batch",
    metadata,
    _sandbox(),
    _number("number", key=True),
    _number("first_seq"),
    _number("last_seq"),
    _number("happened_at"),
    _number("recorded_at"),
    _digest("digest"),
    comment="What each save has added to the log, sealed by a digest over all before. Append only.",
    **_SQLITE,
)

spent_id: Final = Table(
    "ledger_spent_id",
    metadata,
    _sandbox(),
    _text("id", key=True),
    comment="Ids refused for a reason that may pass. Append only.",
    **_SQLITE,
)

chart: Final = Table(
    "ledger_chart",
    metadata,
    _sandbox(),
    _number("code", key=True),
    _text("name"),
    _text("account_class"),
    _text("normal_side"),
    comment="What the codes of a book's accounts mean. A book without rows here takes any code.",
    **_SQLITE,
)


def schema_ddl(dialect_name: str) -> list[str]:
    """Return the statements that make the schema where it is missing, the guards included.

    `dialect_name` is "sqlite" or "postgresql".
    """
    dialect = sqlite.dialect() if dialect_name == "sqlite" else postgresql.dialect()  # type: ignore[no-untyped-call]
    statements: list[str] = []
    for table in metadata.sorted_tables:
        statements.append(str(CreateTable(table, if_not_exists=True).compile(dialect=dialect)))
        indexes = sorted(table.indexes, key=lambda index: str(index.name))
        statements += [
            str(CreateIndex(each, if_not_exists=True).compile(dialect=dialect)) for each in indexes
        ]
    return statements + append_only_ddl(dialect_name)


APPEND_ONLY: Final = (entry.name, account_change.name, batch.name, spent_id.name)
"""The tables whose rows stay as they were written."""

# Rows may go only with their whole book: delete ledger_open_hold, ledger_account and ledger_book of
# a sandbox first; what is append only has then lost its guard and may follow in the same
# transaction. No trigger has to be dropped or switched off for it.
_BOOK_EXISTS: Final = "EXISTS (SELECT 1 FROM ledger_book WHERE sandbox_id = OLD.sandbox_id)"

_POSTGRESQL_FUNCTION: Final = """\
CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND NOT EXISTS
    (SELECT 1 FROM ledger_book WHERE sandbox_id = OLD.sandbox_id) THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION '% is append only', TG_TABLE_NAME;
END $$"""


def append_only_ddl(dialect_name: str) -> list[str]:
    """Return the statements that make entries, account changes, batches and spent ids append only.

    `dialect_name` is "sqlite" or "postgresql"; anything else raises ValueError. In SQLite an
    INSERT OR REPLACE passes the triggers by unless `PRAGMA recursive_triggers` is on.
    """
    if dialect_name == "sqlite":
        return [
            f"CREATE TRIGGER IF NOT EXISTS {table}_no_{operation} BEFORE {operation} ON {table}"
            f"{condition} BEGIN SELECT RAISE(ABORT, '{table} is append only'); END"
            for table in APPEND_ONLY
            for operation, condition in (("update", ""), ("delete", f" WHEN {_BOOK_EXISTS}"))
        ]
    if dialect_name == "postgresql":
        return [
            _POSTGRESQL_FUNCTION,
            *(
                f"CREATE OR REPLACE TRIGGER {table}_{name} BEFORE {event} ON {table} FOR EACH {each} "
                "EXECUTE FUNCTION ledger_append_only()"
                for table in APPEND_ONLY
                for name, event, each in (
                    ("append_only", "UPDATE OR DELETE", "ROW"),
                    ("no_truncate", "TRUNCATE", "STATEMENT"),
                )
            ),
        ]
    message = f"no append-only triggers for {dialect_name!r}"
    raise ValueError(message)
