import pytest

from connectors.rtp import EXPIRY_US, SENT, STATUSES, Mode, RtpMoveError, expires_at, is_over, move
from ledger.clock import SECOND_US

EVENTS = ("deliver", "accept", "reject", "cancel", "expire", "settle", "fail")
LEGAL = {
    ("ACTC", "deliver"): "PDNG",
    ("ACTC", "accept"): "ACCP",
    ("ACTC", "reject"): "RJCT",
    ("ACTC", "cancel"): "CANC",
    ("ACTC", "expire"): "RJCT",
    ("PDNG", "accept"): "ACCP",
    ("PDNG", "reject"): "RJCT",
    ("PDNG", "cancel"): "CANC",
    ("PDNG", "expire"): "RJCT",
    ("ACCP", "settle"): "ACSC",
    ("ACCP", "fail"): "RJCT",
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("event", EVENTS)
def test_a_request_to_pay_moves_by_the_table_and_no_other_way(status: str, event: str) -> None:
    following = LEGAL.get((status, event))
    if following is not None:
        assert move(status, event) == following
        return
    with pytest.raises(RtpMoveError, match=f"in {status} cannot {event}"):
        move(status, event)


def test_what_is_final_says_so() -> None:
    assert {code for code, status in STATUSES.items() if status.final} == {"RJCT", "ACSC", "CANC"}
    with pytest.raises(RtpMoveError, match="it is final"):
        move("CANC", "accept")


def test_every_status_can_be_reached_and_no_move_leaves_the_table() -> None:
    reached = {SENT} | {following for status in STATUSES.values() for following in status.moves.values()}
    assert reached == set(STATUSES)
    assert all(status.standing == "documented" and status.source for status in STATUSES.values())


@pytest.mark.parametrize(
    ("mode", "asked", "expires"),
    [("now", None, 1000 + 30 * 60 * SECOND_US), ("later", None, 1000 + 24 * 3600 * SECOND_US), ("now", 7, 7)],
)
def test_a_request_expires_when_it_says_or_after_the_default_of_its_mode(
    mode: Mode, asked: int | None, expires: int
) -> None:
    assert expires_at(mode, asked, 1000) == expires
    assert set(EXPIRY_US) == {"now", "later"}


@pytest.mark.parametrize(("now", "over"), [(9, False), (10, True), (11, True)])
def test_a_request_is_over_at_its_very_moment(now: int, over: bool) -> None:
    assert is_over(10, now) is over
