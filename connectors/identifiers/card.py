"""Payment card numbers: only whether one is well formed (ISO/IEC 7812, Luhn) and a published test number."""

from connectors.identifiers.synthetic import is_in_range
from connectors.identifiers.text import IdentifierError, digits, mask

LENGTHS = range(12, 20)
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


class CardError(IdentifierError):
    """The text is no card number."""


def parse_card(text: str) -> str:
    """Return the 12 to 19 digits, or raise `CardError`; the last is the Luhn digit of the others."""
    number = digits(text, "A card number", LENGTHS, CardError)
    if number[-1] != luhn_digit(number[:-1]):
        raise CardError("The card number's last digit does not match the others: one of them was mistyped")
    return number


def luhn_digit(number: str) -> str:
    """Return the digit that completes these digits to a card number."""
    total = sum(
        int(digit) if position % 2 else _DOUBLED[int(digit)]
        for position, digit in enumerate(reversed(number))
    )
    return str(-total % 10)


def format_card(number: str) -> str:
    """Write a parsed card number in groups of four."""
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def mask_card(number: str) -> str:
    """Show the first six and the last four digits, the most that card rules let anyone show."""
    return mask(number, 6, 4)


def is_synthetic(number: str) -> bool:
    """Tell whether a parsed card number is one of the published test numbers or ranges."""
    return is_in_range("card", number)
