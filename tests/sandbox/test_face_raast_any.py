"""Raast's message face: whatever message comes, one comes back, and the money stays right."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.iso20022.schema import Codec
from connectors.iso20022.wire import MESSAGES, write
from tests.connectors.test_iso20022_values import messages
from tests.raast_messages import Participant
from tests.startup import Startup

LETTERS = st.characters(codec="utf-8", categories=("L", "N", "P", "S"))
RANDOM = settings(deadline=None, max_examples=10, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("codec", MESSAGES.values(), ids=list(MESSAGES))
@RANDOM
@given(data=st.data())
async def test_any_message_is_answered_and_no_money_is_held(
    startup: Startup, codec: Codec[Any], data: st.DataObject
) -> None:
    bank = Participant(startup)
    message = data.draw(messages(codec, LETTERS))
    first, again = [type(await bank.ask(write(message))) for _ in range(2)]
    assert first is again
    assert await bank.money() == (1_000_000_000, 0)
