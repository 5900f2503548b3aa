"""The wire that a request came over: what it asks to meet, and what happens to its answer on the way back."""


class Wire:
    """`scenario` names the row of a table that the request is to meet; the rest is what becomes of the answer.

    `callbacks_first` is the sandbox's time at which callbacks are due that arrive before the answer, or None.
    """

    __slots__ = ("callbacks_first", "latency_ms", "lost", "sandbox_id", "scenario")

    def __init__(self, scenario: str | None = None) -> None:
        self.scenario = scenario
        self.reach("")

    def reach(self, sandbox_id: str) -> None:
        """Arrive at a sandbox; a use case that runs again begins anew."""
        self.sandbox_id = sandbox_id
        self.latency_ms = 0
        self.lost = False
        self.callbacks_first: int | None = None

    @property
    def disturbed(self) -> bool:
        """Whether anything happens to the answer."""
        return self.lost or self.latency_ms > 0 or self.callbacks_first is not None
