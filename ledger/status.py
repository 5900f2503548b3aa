"""Every answer the ledger can give, in order of precedence, each with its explanation.

When several rules refuse a transfer, the answer is the one that stands first here.
"""

from enum import StrEnum
from typing import Final


class Status(StrEnum):
    """The answer to one transfer: `created`, or the first rule that refuses it."""

    CREATED = "created"

    # The batch.
    CHAIN_OPEN = "chain_open"
    CHAIN_FAILED = "chain_failed"
    IMPORTED_NOT_EXPECTED = "imported_not_expected"
    IMPORTED_EXPECTED = "imported_expected"
    IMPORTED_TIME_OUT_OF_RANGE = "imported_time_out_of_range"
    IMPORTED_TIME_NOT_PAST = "imported_time_not_past"
    HAPPENED_AT_NOT_ALLOWED = "happened_at_not_allowed"

    # The id and what is asked for.
    FLAGS_UNKNOWN = "flags_unknown"
    ID_MISSING = "id_missing"
    ID_TOO_LONG = "id_too_long"
    ID_RESERVED = "id_reserved"
    KIND_NOT_ALLOWED = "kind_not_allowed"

    # A repeat.
    EXISTS_WITH_DIFFERENT_KIND = "exists_with_different_kind"
    EXISTS_WITH_DIFFERENT_FLAGS = "exists_with_different_flags"
    EXISTS_WITH_DIFFERENT_TARGET = "exists_with_different_target"
    EXISTS_WITH_DIFFERENT_TIMEOUT = "exists_with_different_timeout"
    EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT = "exists_with_different_debit_account"
    EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT = "exists_with_different_credit_account"
    EXISTS_WITH_DIFFERENT_AMOUNT = "exists_with_different_amount"
    EXISTS_WITH_DIFFERENT_REFERENCE = "exists_with_different_reference"
    EXISTS_WITH_DIFFERENT_CURRENCY = "exists_with_different_currency"
    EXISTS_WITH_DIFFERENT_CODE = "exists_with_different_code"
    EXISTS = "exists"
    ID_ALREADY_FAILED = "id_already_failed"

    # The form of the request.
    FLAGS_NOT_ALLOWED = "flags_not_allowed"
    TARGET_ID_MISSING = "target_id_missing"
    TARGET_ID_IS_OWN_ID = "target_id_is_own_id"
    DEBIT_ACCOUNT_MISSING = "debit_account_missing"
    CREDIT_ACCOUNT_MISSING = "credit_account_missing"
    ACCOUNTS_MUST_DIFFER = "accounts_must_differ"
    TARGET_ID_NOT_ALLOWED = "target_id_not_allowed"
    TIMEOUT_ONLY_FOR_HOLDS = "timeout_only_for_holds"
    TIMEOUT_NEGATIVE = "timeout_negative"
    CLOSING_ONLY_FOR_HOLDS = "closing_only_for_holds"
    CURRENCY_MISSING = "currency_missing"
    CODE_MISSING = "code_missing"
    CODE_TOO_LARGE = "code_too_large"
    AMOUNT_MISSING = "amount_missing"
    AMOUNT_NEGATIVE = "amount_negative"
    AMOUNT_NOT_ALLOWED = "amount_not_allowed"

    # The accounts.
    DEBIT_ACCOUNT_NOT_FOUND = "debit_account_not_found"
    CREDIT_ACCOUNT_NOT_FOUND = "credit_account_not_found"
    ACCOUNTS_HAVE_DIFFERENT_CURRENCIES = "accounts_have_different_currencies"
    CURRENCY_DIFFERS_FROM_ACCOUNTS = "currency_differs_from_accounts"

    # The hold that is ended or changed, the transfer that is taken back.
    TARGET_NOT_FOUND = "target_not_found"
    NOT_A_HOLD = "not_a_hold"
    NOT_REVERSIBLE = "not_reversible"
    TARGET_HAS_DIFFERENT_DEBIT_ACCOUNT = "target_has_different_debit_account"
    TARGET_HAS_DIFFERENT_CREDIT_ACCOUNT = "target_has_different_credit_account"
    TARGET_HAS_DIFFERENT_CURRENCY = "target_has_different_currency"
    TARGET_HAS_DIFFERENT_CODE = "target_has_different_code"
    EXCEEDS_HOLD_AMOUNT = "exceeds_hold_amount"
    TARGET_HAS_DIFFERENT_AMOUNT = "target_has_different_amount"
    HOLD_ALREADY_POSTED = "hold_already_posted"
    HOLD_ALREADY_VOIDED = "hold_already_voided"
    HOLD_EXPIRED = "hold_expired"
    ALREADY_REVERSED = "already_reversed"

    # The time of what is imported.
    IMPORTED_TIME_RUNS_BACKWARDS = "imported_time_runs_backwards"
    IMPORTED_BEFORE_DEBIT_ACCOUNT = "imported_before_debit_account"
    IMPORTED_BEFORE_CREDIT_ACCOUNT = "imported_before_credit_account"
    IMPORTED_TIMEOUT_NOT_ALLOWED = "imported_timeout_not_allowed"

    # The room in the accounts.
    DEBIT_ACCOUNT_CLOSED = "debit_account_closed"
    CREDIT_ACCOUNT_CLOSED = "credit_account_closed"
    # Here a balancing transfer finds its amount.
    OVERFLOWS_DEBITS_PENDING = "overflows_debits_pending"
    OVERFLOWS_CREDITS_PENDING = "overflows_credits_pending"
    OVERFLOWS_DEBITS_POSTED = "overflows_debits_posted"
    OVERFLOWS_CREDITS_POSTED = "overflows_credits_posted"
    OVERFLOWS_DEBITS = "overflows_debits"
    OVERFLOWS_CREDITS = "overflows_credits"
    OVERFLOWS_TIMEOUT = "overflows_timeout"
    EXCEEDS_CREDITS = "exceeds_credits"
    EXCEEDS_DEBITS = "exceeds_debits"


TRANSIENT: Final = frozenset(
    {
        Status.DEBIT_ACCOUNT_NOT_FOUND,
        Status.CREDIT_ACCOUNT_NOT_FOUND,
        Status.TARGET_NOT_FOUND,
        Status.DEBIT_ACCOUNT_CLOSED,
        Status.CREDIT_ACCOUNT_CLOSED,
        Status.EXCEEDS_CREDITS,
        Status.EXCEEDS_DEBITS,
    }
)
"""Refusals that may pass with time. They spend the id, so that a late repeat cannot move money."""


_SAME = "The id is taken by a transfer whose {} differs. Use a new id for a new transfer."
_OVER = "{} would pass the largest amount the ledger keeps. Use a smaller amount."
_NEW_ID = " Then try again with a new id: this one is spent."

STATUS_HELP: Final[dict[Status, str]] = {
    Status.CREATED: "Written to the book.",
    Status.CHAIN_OPEN: "The last transfer of the batch is linked, but nothing follows it. "
    "Leave the last transfer of a chain unlinked.",
    Status.CHAIN_FAILED: "Another transfer of the chain was refused, so none was written. "
    "Mend that one and send the chain again; this id is still free.",
    Status.IMPORTED_NOT_EXPECTED: "The batch began with a transfer that is not imported. "
    "Import in batches of their own.",
    Status.IMPORTED_EXPECTED: "The batch began with an imported transfer. Import in batches of their own.",
    Status.IMPORTED_TIME_OUT_OF_RANGE: "The time of an imported transfer is 1 or more, in microseconds.",
    Status.IMPORTED_TIME_NOT_PAST: "What is imported has happened before now.",
    Status.HAPPENED_AT_NOT_ALLOWED: "Only an imported transfer names its time; leave it at 0.",
    Status.FLAGS_UNKNOWN: "Use the flags of TransferFlag only.",
    Status.ID_MISSING: "A transfer needs an id.",
    Status.ID_TOO_LONG: "An id has at most 64 characters.",
    Status.ID_RESERVED: "Ids that end in ':expired' belong to the expiry of holds. Use another.",
    Status.KIND_NOT_ALLOWED: "Ask for any kind but EXPIRE; only the ledger expires holds.",
    Status.EXISTS_WITH_DIFFERENT_KIND: _SAME.format("kind"),
    Status.EXISTS_WITH_DIFFERENT_FLAGS: _SAME.format("set of flags"),
    Status.EXISTS_WITH_DIFFERENT_TARGET: _SAME.format("target"),
    Status.EXISTS_WITH_DIFFERENT_TIMEOUT: _SAME.format("timeout"),
    Status.EXISTS_WITH_DIFFERENT_DEBIT_ACCOUNT: _SAME.format("debit account"),
    Status.EXISTS_WITH_DIFFERENT_CREDIT_ACCOUNT: _SAME.format("credit account"),
    Status.EXISTS_WITH_DIFFERENT_AMOUNT: _SAME.format("amount"),
    Status.EXISTS_WITH_DIFFERENT_REFERENCE: _SAME.format("reference"),
    Status.EXISTS_WITH_DIFFERENT_CURRENCY: _SAME.format("currency"),
    Status.EXISTS_WITH_DIFFERENT_CODE: _SAME.format("code"),
    Status.EXISTS: "The same transfer was written before; the result carries it. Nothing to do.",
    Status.ID_ALREADY_FAILED: "A transfer with this id was refused for a reason that may pass. Use a new id.",
    Status.FLAGS_NOT_ALLOWED: "What acts on another transfer neither balances nor closes.",
    Status.TARGET_ID_MISSING: "Name the hold, or the transfer to take back.",
    Status.TARGET_ID_IS_OWN_ID: "A transfer cannot act on itself. Name the other one.",
    Status.DEBIT_ACCOUNT_MISSING: "Name the account to debit.",
    Status.CREDIT_ACCOUNT_MISSING: "Name the account to credit.",
    Status.ACCOUNTS_MUST_DIFFER: "The debit and the credit account must be two accounts.",
    Status.TARGET_ID_NOT_ALLOWED: "A TRANSFER or HOLD acts on no other.",
    Status.TIMEOUT_ONLY_FOR_HOLDS: "Only a HOLD or an EXTEND has a timeout.",
    Status.TIMEOUT_NEGATIVE: "A timeout is 0 (none) or a number of microseconds.",
    Status.CLOSING_ONLY_FOR_HOLDS: "Only a HOLD can close an account, so that its void can reopen it.",
    Status.CURRENCY_MISSING: "Name the currency.",
    Status.CODE_MISSING: "The code is a positive number.",
    Status.CODE_TOO_LARGE: "The code is at most 2147483647.",
    Status.AMOUNT_MISSING: "Name the amount; only what balances or acts on another may leave it out.",
    Status.AMOUNT_NEGATIVE: "The amount is 0 or more. To move money back, swap the accounts.",
    Status.AMOUNT_NOT_ALLOWED: "An EXTEND moves no money. Leave the amount out.",
    Status.DEBIT_ACCOUNT_NOT_FOUND: "There is no such account to debit. Open it." + _NEW_ID,
    Status.CREDIT_ACCOUNT_NOT_FOUND: "There is no such account to credit. Open it." + _NEW_ID,
    Status.ACCOUNTS_HAVE_DIFFERENT_CURRENCIES: "Both accounts must have one currency. "
    "An exchange is two linked transfers.",
    Status.CURRENCY_DIFFERS_FROM_ACCOUNTS: "Use the currency of the accounts.",
    Status.TARGET_NOT_FOUND: "There is no such transfer to act on. Make it first." + _NEW_ID,
    Status.NOT_A_HOLD: "That id is a transfer, but not a hold.",
    Status.NOT_REVERSIBLE: "Only a TRANSFER, POST or CAPTURE can be taken back. Void a hold instead.",
    Status.TARGET_HAS_DIFFERENT_DEBIT_ACCOUNT: "Leave the debit account out, or name the hold's; "
    "a reversal debits the account that was credited.",
    Status.TARGET_HAS_DIFFERENT_CREDIT_ACCOUNT: "Leave the credit account out, or name the hold's; "
    "a reversal credits the account that was debited.",
    Status.TARGET_HAS_DIFFERENT_CURRENCY: "Leave the currency out, or name the target's.",
    Status.TARGET_HAS_DIFFERENT_CODE: "Leave the code out, or name the target's.",
    Status.EXCEEDS_HOLD_AMOUNT: "More than the hold still has set aside. Move at most what remains.",
    Status.TARGET_HAS_DIFFERENT_AMOUNT: "A void releases all that remains, a reversal moves back all "
    "that was moved. Leave the amount out, or name just that.",
    Status.HOLD_ALREADY_POSTED: "The hold was posted, or captured to the last.",
    Status.HOLD_ALREADY_VOIDED: "The hold was voided.",
    Status.HOLD_EXPIRED: "The hold's time has run out. Make a new one.",
    Status.ALREADY_REVERSED: "It was taken back before; that happens once.",
    Status.IMPORTED_TIME_RUNS_BACKWARDS: "The book already has something later. Import in the order of time.",
    Status.IMPORTED_BEFORE_DEBIT_ACCOUNT: "The account to debit was opened at that time or later.",
    Status.IMPORTED_BEFORE_CREDIT_ACCOUNT: "The account to credit was opened at that time or later.",
    Status.IMPORTED_TIMEOUT_NOT_ALLOWED: "What is imported cannot run out: leave the timeout at 0.",
    Status.DEBIT_ACCOUNT_CLOSED: "The account to debit is closed. Reopen it." + _NEW_ID,
    Status.CREDIT_ACCOUNT_CLOSED: "The account to credit is closed. Reopen it." + _NEW_ID,
    Status.OVERFLOWS_DEBITS_PENDING: _OVER.format("The pending debits of the debit account"),
    Status.OVERFLOWS_CREDITS_PENDING: _OVER.format("The pending credits of the credit account"),
    Status.OVERFLOWS_DEBITS_POSTED: _OVER.format("The posted debits of the debit account"),
    Status.OVERFLOWS_CREDITS_POSTED: _OVER.format("The posted credits of the credit account"),
    Status.OVERFLOWS_DEBITS: _OVER.format("All debits of the debit account"),
    Status.OVERFLOWS_CREDITS: _OVER.format("All credits of the credit account"),
    Status.OVERFLOWS_TIMEOUT: "The hold would expire after the last moment the ledger can keep. "
    "Use a shorter timeout, or 0 for none.",
    Status.EXCEEDS_CREDITS: "The debit account has not enough: its debits, held ones included, "
    "may not exceed its posted credits by more than its credit limit. Fund it or lower the amount." + _NEW_ID,
    Status.EXCEEDS_DEBITS: "The credit account has not enough room: its credits, held ones "
    "included, may not exceed its posted debits by more than its credit limit. Lower the amount." + _NEW_ID,
}
"""What each answer means and what to do about it."""


class AccountStatus(StrEnum):
    """The answer to the opening of one account, in order of precedence."""

    CREATED = "created"
    IMPORTED_NOT_EXPECTED = "imported_not_expected"
    IMPORTED_EXPECTED = "imported_expected"
    IMPORTED_TIME_OUT_OF_RANGE = "imported_time_out_of_range"
    IMPORTED_TIME_NOT_PAST = "imported_time_not_past"
    OPENED_AT_NOT_ALLOWED = "opened_at_not_allowed"
    FLAGS_UNKNOWN = "flags_unknown"
    ID_MISSING = "id_missing"
    ID_TOO_LONG = "id_too_long"
    EXISTS_WITH_DIFFERENT_FLAGS = "exists_with_different_flags"
    EXISTS_WITH_DIFFERENT_CURRENCY = "exists_with_different_currency"
    EXISTS_WITH_DIFFERENT_CODE = "exists_with_different_code"
    EXISTS = "exists"
    LIMITS_EXCLUDE_EACH_OTHER = "limits_exclude_each_other"
    DEBITS_PENDING_MUST_BE_ZERO = "debits_pending_must_be_zero"
    DEBITS_POSTED_MUST_BE_ZERO = "debits_posted_must_be_zero"
    CREDITS_PENDING_MUST_BE_ZERO = "credits_pending_must_be_zero"
    CREDITS_POSTED_MUST_BE_ZERO = "credits_posted_must_be_zero"
    CREDIT_LIMIT_MUST_BE_ZERO = "credit_limit_must_be_zero"
    CURRENCY_MISSING = "currency_missing"
    CODE_MISSING = "code_missing"
    CODE_TOO_LARGE = "code_too_large"
    CODE_NOT_IN_CHART = "code_not_in_chart"
    IMPORTED_TIME_RUNS_BACKWARDS = "imported_time_runs_backwards"


_TAKEN = "The id is taken by an account whose {} differ. Use a new id for a new account."
_EMPTY = "A new account is empty: fund it by a transfer."

ACCOUNT_STATUS_HELP: Final[dict[AccountStatus, str]] = {
    AccountStatus.CREATED: "The account is open.",
    AccountStatus.IMPORTED_NOT_EXPECTED: "The list began with an account that is not imported. "
    "Import in lists of their own.",
    AccountStatus.IMPORTED_EXPECTED: "The list began with an imported account. Import in lists of their own.",
    AccountStatus.IMPORTED_TIME_OUT_OF_RANGE: "The time of opening is 1 or more, in microseconds.",
    AccountStatus.IMPORTED_TIME_NOT_PAST: "What is imported was opened before now.",
    AccountStatus.OPENED_AT_NOT_ALLOWED: "Only an imported account names its time; leave it at 0.",
    AccountStatus.FLAGS_UNKNOWN: "Use the flags of AccountFlag only.",
    AccountStatus.ID_MISSING: "An account needs an id.",
    AccountStatus.ID_TOO_LONG: "An id has at most 64 characters.",
    AccountStatus.EXISTS_WITH_DIFFERENT_FLAGS: _TAKEN.format("flags"),
    AccountStatus.EXISTS_WITH_DIFFERENT_CURRENCY: _TAKEN.format("currencies"),
    AccountStatus.EXISTS_WITH_DIFFERENT_CODE: _TAKEN.format("codes"),
    AccountStatus.EXISTS: "The same account was opened before; the result carries it as it is now.",
    AccountStatus.LIMITS_EXCLUDE_EACH_OTHER: "An account limits its debits or its credits, never both.",
    AccountStatus.DEBITS_PENDING_MUST_BE_ZERO: _EMPTY,
    AccountStatus.DEBITS_POSTED_MUST_BE_ZERO: _EMPTY,
    AccountStatus.CREDITS_PENDING_MUST_BE_ZERO: _EMPTY,
    AccountStatus.CREDITS_POSTED_MUST_BE_ZERO: _EMPTY,
    AccountStatus.CREDIT_LIMIT_MUST_BE_ZERO: "Open the account, then set its credit limit.",
    AccountStatus.CURRENCY_MISSING: "Name the currency.",
    AccountStatus.CODE_MISSING: "The code is a positive number.",
    AccountStatus.CODE_TOO_LARGE: "The code is at most 2147483647.",
    AccountStatus.CODE_NOT_IN_CHART: "The book has a chart of accounts, and the code is not in it. "
    "Use one that is, or set a chart that has it.",
    AccountStatus.IMPORTED_TIME_RUNS_BACKWARDS: "The book already has something later. "
    "Import in the order of time.",
}
"""What each answer means and what to do about it."""
