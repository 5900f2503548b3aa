"""When to try again. Pure.

The ladder is the one that the Standard Webhooks specification suggests: ten tries over three days. Each
wait is stretched by up to a tenth, by an amount that depends on the delivery alone, so that retries of
many deliveries spread out and the same run still gives the same times.
"""

from hashlib import sha256
from typing import NamedTuple

from ledger.clock import SECOND_US

WAITS_S = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
MOST_RETRY_AFTER_S = 86_400
THROTTLED = frozenset({429, 502, 503, 504})
GONE = 410


class Sent(NamedTuple):
    """What came of one try; `retry_after_s` is the receiver's wish, if it had one."""

    status_code: int | None
    error: str | None
    duration_ms: int
    response: str = ""
    retry_after_s: int | None = None

    @property
    def delivered(self) -> bool:
        """Only a 2xx answer counts; redirects are not followed and do not."""
        return self.status_code is not None and 200 <= self.status_code < 300  # noqa: PLR2004 - the class of codes


def jitter(delivery_id: str, rung: int) -> float:
    """Return a fraction from 0 to 0.1 that depends on the delivery and the rung alone."""
    return int.from_bytes(sha256(f"{delivery_id}/{rung}".encode()).digest()[:4], "big") / 2**32 / 10


def next_wait_us(delivery_id: str, rung: int, sent: Sent) -> int | None:
    """Return how long to wait for the try on this rung, or None when the ladder is at its end."""
    if rung >= len(WAITS_S) or sent.status_code == GONE:
        return None
    wait_s = WAITS_S[rung] * (1 + jitter(delivery_id, rung))
    if sent.status_code in THROTTLED and sent.retry_after_s is not None:
        wait_s = max(wait_s, min(sent.retry_after_s, MOST_RETRY_AFTER_S))
    return round(wait_s * SECOND_US)
