"""What checking a proof raises."""

from ledger.errors import LedgerError


class ProofError(LedgerError):
    """Something does not prove what it claims; the message says what and where, in plain words."""
