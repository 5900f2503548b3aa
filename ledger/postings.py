"""Postings with many legs, and gathering from several sources, compiled into chains. Pure.

The ledger itself knows transfers between two accounts. What has several debits and credits becomes
a chain of them, written whole or not at all: `Book.post` gives each its result, and
`Book.chain(entry.chain)` finds them again. A repeat of a chain that was written answers `exists` for
its first transfer and `chain_failed` for the others, and moves nothing.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from ledger.model import MAX_ID_LENGTH, Transfer, TransferFlag

MAX_LEGS: Final = 1_000
"""How many legs a posting may have, both sides together: a chain holds up its book while it is written."""


class Leg(NamedTuple):
    """What one account gives or gets."""

    account: str
    amount: int
    """More than 0, in minor units."""


def multi_leg(
    posting_id: str,
    debits: Sequence[Leg],
    credits_: Sequence[Leg],
    *,
    currency: str | None = None,
    code: int | None = None,
    reference: str = "",
) -> list[Transfer]:
    """Return the chain that debits and credits each account with what its leg says.

    All legs have one currency, and both sides the same sum. The ids are `posting_id` with ":1", ":2" …;
    the reference is `posting_id` where none is given. An account may have several legs on one side, and
    none on the other. At most one transfer less than there are legs comes out: each takes what is left
    of the first debit and the first credit not yet done. Raises ValueError, saying what is wrong.
    """
    for side, legs in (("debit", debits), ("credit", credits_)):
        _check_legs(side, legs)
    if len(debits) + len(credits_) > MAX_LEGS:
        message = f"a posting has at most {MAX_LEGS} legs, not {len(debits) + len(credits_)}"
        raise ValueError(message)
    both = {leg.account for leg in debits} & {leg.account for leg in credits_}
    if both:
        message = f"{min(both)!r} is on both sides; give it one leg with the difference"
        raise ValueError(message)
    debited, credited = (sum(leg.amount for leg in legs) for legs in (debits, credits_))
    if debited != credited:
        message = f"the debits are {debited} and the credits {credited}; they must be equal"
        raise ValueError(message)
    # Each side as a line cut at its running sums: between two cuts of either, one pays one.
    ends = [_ends(legs) for legs in (debits, credits_)]
    cuts = [0, *sorted({at for side in ends for at, _ in side})]
    rows: list[Transfer] = []
    payers, payees = iter(ends[0]), iter(ends[1])
    (paid_up_to, payer), (got_up_to, payee) = next(payers), next(payees)
    for start, end in pairwise(cuts):
        if start == paid_up_to:
            paid_up_to, payer = next(payers)
        if start == got_up_to:
            got_up_to, payee = next(payees)
        rows.append(Transfer("", payer, payee, end - start))
    return _chain(posting_id, rows, currency, code, reference)


def gather(
    posting_id: str,
    sources: Sequence[str],
    destination: str,
    amount: int,
    *,
    control: str,
    limit: str,
    currency: str | None = None,
    code: int | None = None,
    reference: str = "",
) -> list[Transfer]:
    """Return the chain that takes `amount` from the sources, each as far as it goes, in their order.

    If they have not enough, nothing is written: the last transfer is refused with `exceeds_credits`, whose
    figures say how much there was. `control` and `limit` are two accounts of yours for this alone, which
    stand at 0 before and after: `control` without limits of its own, `limit` with the flag
    DEBITS_MUST_NOT_EXCEED_CREDITS. Raises ValueError where the accounts repeat or the amount is below 1.
    """
    names = [*sources, destination, control, limit]
    if not sources:
        message = "name at least one source"
        raise ValueError(message)
    if len(names) > MAX_LEGS:
        message = f"there are at most {MAX_LEGS} accounts, not {len(names)}"
        raise ValueError(message)
    if len(set(names)) < len(names):
        message = "the sources, the destination, the control and the limit account must all differ"
        raise ValueError(message)
    if amount < 1:
        message = f"the amount is more than 0, not {amount}"
        raise ValueError(message)
    from_source = int(TransferFlag.BALANCING_DEBIT | TransferFlag.BALANCING_CREDIT)
    rows = [
        # Control now lacks the amount, and takes no more than that from the sources.
        Transfer("", control, limit, amount),
        *(Transfer("", source, control, amount, flags=from_source) for source in sources),
        # What control still lacks comes back, so that the limit account is short of just that.
        Transfer("", limit, control, amount, flags=int(TransferFlag.BALANCING_CREDIT)),
        Transfer("", limit, destination, amount),
    ]
    return _chain(posting_id, rows, currency, code, reference)


def _check_legs(side: str, legs: Sequence[Leg]) -> None:
    if not legs:
        message = f"a posting needs a {side} leg"
        raise ValueError(message)
    for leg in legs:
        if not leg.account:
            message = f"a {side} leg names no account"
            raise ValueError(message)
        if leg.amount < 1:
            message = f"a leg moves more than 0, not {leg.amount} ({side} of {leg.account!r})"
            raise ValueError(message)


def _ends(legs: Sequence[Leg]) -> list[tuple[int, str]]:
    """Return where each leg ends when they lie one after the other, and whose it is."""
    ends: list[tuple[int, str]] = []
    at = 0
    for leg in legs:
        at += leg.amount
        ends.append((at, leg.account))
    return ends


def _chain(
    posting_id: str, rows: Sequence[Transfer], currency: str | None, code: int | None, reference: str
) -> list[Transfer]:
    if not posting_id:
        message = "a posting needs an id"
        raise ValueError(message)
    longest = len(f"{posting_id}:{len(rows)}")
    if longest > MAX_ID_LENGTH:
        message = f"the longest id of the posting has {longest} characters, but {MAX_ID_LENGTH} is the most"
        raise ValueError(message)
    return [
        row._replace(
            id=f"{posting_id}:{number}",
            currency=currency,
            code=code,
            reference=reference or posting_id,
            linked=number < len(rows),
        )
        for number, row in enumerate(rows, 1)
    ]
