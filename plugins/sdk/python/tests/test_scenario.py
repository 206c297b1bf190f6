"""A scenario answers as the gateway would, and fails where it would."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from portcullis_plugin import Allow, Block, NotApplicable, Window, export_authorization, questions
from portcullis_plugin.cases import run_cases
from portcullis_plugin.scenario import Scenario

WIT = Path(__file__).parents[4] / "wit" / "policy"
MONDAY = 1_795_392_000


@pytest.mark.parametrize("interface", ["request", "principal", "network", "directory", "clock", "data", "counter"])
def test_has_every_question_of_the_wit_and_a_fake_of_it(interface: str) -> None:
    if not (WIT / f"{interface}.wit").exists():
        pytest.skip("a later version of the WIT has it")
    text = (WIT / f"{interface}.wit").read_text()
    functions = {name.replace("-", "_") for name in re.findall(r"^    %?([a-z-]+): func", text, re.MULTILINE)}
    functions = {{"is": "is_"}.get(name, name) for name in functions}
    assert functions and functions <= set(vars(getattr(questions, interface.capitalize())))
    assert functions <= set(dir(getattr(Scenario(), interface)))


def test_answers_predicates_about_networks() -> None:
    network = Scenario(source="10.1.2.3", locations={"office": ["10.0.0.0/8"]}).network
    assert network.source_in(["10.0.0.0/8"]) and network.source_in(["10.1.2.3"])
    assert not network.source_in(["192.0.2.0/24", "2001:db8::/32"])
    assert network.named_location("office") and not network.named_location("home")


def test_fails_where_the_gateway_would() -> None:
    scenario = Scenario(source="10.1.2.3")
    for question in [
        lambda: scenario.network.source_in([]),
        lambda: scenario.network.source_in(["office"]),
        lambda: scenario.principal.in_group("admins"),
        lambda: scenario.request.attribute("colour"),
        lambda: scenario.data.value("d", "no-pointer"),
        lambda: Window.between(["mon"], "08:00", "18:00"),
        lambda: Window.between(["monday"], "8:00", "18:00"),
        lambda: Window.between(["monday"], "24:00", "24:00"),
    ]:
        with pytest.raises(ValueError):
            question()


@pytest.mark.parametrize(
    ("offset", "time", "holds"),
    [
        (0, MONDAY + 22 * 3600, True),
        (0, MONDAY + 30 * 3600 - 1, True),
        (0, MONDAY + 30 * 3600, False),
        (0, MONDAY + 5 * 3600, False),
        (60, MONDAY + 21 * 3600, True),
        (60, MONDAY + 20 * 3600, False),
    ],
)
def test_a_window_may_end_on_the_next_day_and_in_another_zone(offset: int, time: int, holds: bool) -> None:
    assert Window.between(["monday"], "22:00", "06:00", offset).holds(time) is holds


def test_a_case_file_names_every_failure(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    cases = [
        {"name": "one", "expect": {"allow": "a"}},
        {"name": "two", "expect": {"allow": "b"}},
        {"name": "three", "expect": {"allow": "a"}, "asked": ["vault = none"]},
        {"name": "four", "expect": {"not-applicable": True}},
    ]
    file.write_text(json.dumps({"cases": cases}))
    with pytest.raises(AssertionError) as error:
        run_cases(file, lambda _: Allow("a"))
    assert "3 of 4 cases failed" in str(error.value)
    for name in ["two:", "three:", "four:"]:
        assert name in str(error.value)
    with pytest.raises(AssertionError):
        run_cases(file, lambda _: NotApplicable())
    with pytest.raises(AssertionError):
        run_cases(file, lambda _: Block("a", "because"))


def test_refuses_a_case_file_that_it_does_not_understand(tmp_path: Path) -> None:
    file = tmp_path / "cases.json"
    for content in [{"cases": [{"name": "x", "expects": {}}]}, {"cases": [{"name": "x", "given": {"vualt": "a"}, "expect": {}}]}]:
        file.write_text(json.dumps(content))
        with pytest.raises((ValueError, KeyError)):
            run_cases(file, lambda _: Allow("a"))
    file.write_text('{"cases": []}')
    with pytest.raises(AssertionError):
        run_cases(file, lambda _: Allow("a"))


def test_an_exported_class_says_that_there_is_no_gateway_here() -> None:
    with pytest.raises(RuntimeError, match="Scenario"):
        export_authorization(lambda _: Allow("a"))().evaluate()
