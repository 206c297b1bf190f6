"""Runs the case file natively."""

from pathlib import Path

from decide import decide
from portcullis_plugin.cases import run_cases

CASES = Path(__file__).parent.parent / "cases" / "decisions.json"


def test_decides_as_the_cases_say() -> None:
    assert run_cases(CASES, decide) > 0
