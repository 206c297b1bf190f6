"""Runs the case files, and tests that a table cannot say."""

from pathlib import Path

from decide import decide
from portcullis_plugin import Block
from portcullis_plugin.cases import run_cases
from portcullis_plugin.scenario import Scenario

CASES = Path(__file__).parent.parent / "cases" / "decisions.json"


def test_decides_as_the_cases_say() -> None:
    assert run_cases(CASES, decide) > 0


def test_blocks_everything_without_settings() -> None:
    decision = decide(Scenario(operation="SecretGet", source="10.0.0.1"))
    assert isinstance(decision, Block) and decision.rule == "invalid-settings"
