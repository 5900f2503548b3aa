"""Title fetch and payment in one go, for whatever pays by itself: requests to pay, codes, bulk files."""

from typing import NamedTuple

from sandbox.payments.models import CreatePayment, FetchTitle, PaymentView, TitleFetchView, TitleStatus
from sandbox.payments.service import create_payment
from sandbox.payments.titles import fetch_title
from sandbox.world import World

RAIL = "raast"


class Paid(NamedTuple):
    """What came of it: no payment when the title fetch was refused."""

    title: TitleFetchView
    payment: PaymentView | None


def pay_iban(
    world: World,
    source: str,
    iban: str,
    amount_paisa: int,
    *,
    end_to_end_id: str | None = None,
    narration: str | None = None,
) -> Paid:
    """Fetch the title of an account and pay it over Raast. Raises the problems that a payment raises."""
    title = fetch_title(world, FetchTitle(destination_iban=iban, amount_paisa=amount_paisa, rail=RAIL))
    if title.status is TitleStatus.REFUSED:
        return Paid(title, None)
    order = CreatePayment(
        source=source,
        destination_iban=iban,
        amount_paisa=amount_paisa,
        title_fetch=title.id,
        rail=RAIL,
        end_to_end_id=end_to_end_id,
        narration=narration,
    )
    return Paid(title, create_payment(world, order))
