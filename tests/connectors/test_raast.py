import pytest

from connectors.contract import Rail
from connectors.registry import RAILS

EVERY_RAIL = pytest.mark.parametrize("rail", RAILS.values(), ids=list(RAILS))


def test_the_registry_knows_rails_by_their_own_code() -> None:
    assert {code: rail.code for code, rail in RAILS.items()} == {code: code for code in RAILS}


@EVERY_RAIL
def test_every_reason_of_a_trigger_is_in_the_vocabulary(rail: Rail) -> None:
    used = {code for row in rail.triggers for code in (row.reason, row.later_reason) if code}
    assert used | {rail.insufficient_funds, rail.hold_expired} <= set(rail.reasons)


@EVERY_RAIL
def test_every_reason_says_how_sure_it_is_and_where_from(rail: Rail) -> None:
    assert {reason.standing for reason in rail.reasons.values()} <= {"documented", "weak", "invented"}
    assert all(reason.source and reason.meaning for reason in rail.reasons.values())
