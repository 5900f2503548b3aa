"""Money is an int in minor units; this file only knows how large it may get and how it is shown."""

from typing import Final

MAX_AMOUNT: Final = 2**63 - 1
"""The largest amount, and the largest total of an account, that the shipped storages can hold."""

_PAISA_PER_RUPEE: Final = 100


def rupees(paisa: int) -> str:
    """Show an amount in paisa as rupees with lakh and crore grouping.

    >>> rupees(12345678)
    'PKR 1,23,456.78'
    >>> rupees(-50)
    '-PKR 0.50'
    """
    whole, rest = divmod(abs(paisa), _PAISA_PER_RUPEE)
    sign = "-" if paisa < 0 else ""
    return f"{sign}PKR {_grouped(str(whole))}.{rest:02d}"


def _grouped(digits: str) -> str:
    """Group the last three digits, then by two: thousand, lakh, crore, arab."""
    head, tail = digits[:-3], digits[-3:]
    groups: list[str] = []
    while head:
        head, group = head[:-2], head[-2:]
        groups.insert(0, group)
    return ",".join([*groups, tail])
