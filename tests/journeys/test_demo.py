"""The demo is a journey of its own: it tells its story and ends with 0 only if every step held."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connectors.iso20022.payments import StatusReport
from connectors.iso20022.wire import write
from sandbox.cli import Chapter, app
from sandbox.demo import raast, story
from sandbox.demo import stage as stages
from sandbox.demo.receiver import verified
from tests.raast_messages import transfer

README = Path(__file__).parents[2] / "README.md"


def headlines(text: str) -> list[str]:
    return re.findall(r"^\d+\. .+$", text, re.MULTILINE)


def test_every_step_of_the_demo_holds_and_the_readme_shows_them() -> None:
    told = CliRunner().invoke(app, ["demo"], env={"COLUMNS": "100"})
    assert told.exit_code == 0, told.output
    assert "Trial balance" in told.output
    recorded = README.read_text("utf-8").partition("```text\n")[2].partition("```")[0]
    assert headlines(recorded) == headlines(told.output) != []


@pytest.mark.parametrize("chapter", Chapter)
def test_every_step_of_a_chapter_holds(chapter: Chapter) -> None:
    told = CliRunner().invoke(app, ["demo", chapter], env={"COLUMNS": "100"})
    assert told.exit_code == 0, told.output
    assert "✗" not in told.output
    assert f"✓ All {len(headlines(told.output))} steps held" in told.output
    assert headlines(told.output)[-1].endswith("The books")


def test_a_step_that_does_not_hold_ends_the_demo_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask_for_nothing(stage: stages.Stage) -> None:
        stage.call("GET", "/v1/nothing", expect=200)

    monkeypatch.setattr(story, "STEPS", [*story.STEPS[:1], ("It fails", ask_for_nothing), *story.STEPS[1:]])
    told = CliRunner().invoke(app, ["demo"], env={"COLUMNS": "200"})
    assert told.exit_code == 1
    assert "✗ GET /v1/nothing answered 404" in told.output
    assert headlines(told.output) == ["1. A startup signs up", "2. It fails"]


def test_a_message_of_another_kind_ends_a_chapter() -> None:
    with pytest.raises(stages.StepFailed, match="a CreditTransfer came, not a StatusReport"):
        raast.read_as(StatusReport, write(transfer()))


def test_a_webhook_signed_by_somebody_else_is_not_verified() -> None:
    assert verified("whsec_MDEyMzQ1Njc4OWFiY2RlZg==", {}, b"{}") is None
