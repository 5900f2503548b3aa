"""What becomes of a callback, where somebody wants it otherwise than usual."""

from typing import NamedTuple


class Fate(NamedTuple):
    """How often a callback is sent, how much later, or that it never is."""

    copies: int = 1
    wait_us: int = 0
    dropped: bool = False


AS_USUAL = Fate()
