"""Case files: tests of a plugin for those who do not write code. The format is that of every SDK.

A file has a scenario that its cases have in common, and cases that change fields of it::

    {
      "given": { "operation": "SecretGet", "dataPlane": true, "source": "10.0.0.1" },
      "cases": [
        { "name": "blocks from afar", "given": { "source": "203.0.113.9" },
          "expect": { "block": "office-only", "reason": "blocked by" }, "asked": ["source-in 10.0.0.0/8 = no"] }
      ]
    }

``obligations``, when given, are all: ``name`` or ``name=value``. ``expect`` is one of ``allow``, ``deny``, ``grant``, ``block`` and ``challenge``, each with the rule, or ``abstain`` and
``not-applicable``, which are ``true``. A ``reason`` is looked for within the plugin's reason; ``asked``, when it is
given, is all that may be asked, in its order.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

from .scenario import Scenario


def run_cases(file: str | Path, decide: Callable[[Any], Any]) -> int:
    """Runs a case file against a decision function and returns how many cases it has.

    Raises ``AssertionError`` with all cases that failed.
    """
    content = json.loads(Path(file).read_text(encoding="utf-8"))
    _demand_known(content, {"given", "cases"}, str(file))
    cases = content["cases"]
    assert cases, f"{file} has no cases"
    failures = [problem for case in cases if (problem := _check(content.get("given", {}), case, decide))]
    assert not failures, "\n".join([f"{len(failures)} of {len(cases)} cases failed:", *failures])
    return len(cases)


def _check(common: dict[str, Any], case: dict[str, Any], decide: Callable[[Any], Any]) -> str | None:
    _demand_known(case, {"name", "given", "expect", "asked"}, case.get("name", "a case"))
    scenario = Scenario.given({**common, **case.get("given", {})})
    said = _in_words(decide(scenario))
    expected = dict(case["expect"])
    reason = expected.pop("reason", "")
    said_reason = said.pop("reason", "")
    said_obligations = said.pop("obligations")
    if expected.pop("obligations", said_obligations) != said_obligations or expected != said or reason not in said_reason:
        return f"{case['name']}: expected {case['expect']}, but it said {said}: {said_reason}"
    if "asked" in case and case["asked"] != scenario.asked:
        return f"{case['name']}: asked {json.dumps(scenario.asked, indent=1)}"
    return None


def _in_words(said: Any) -> dict[str, Any]:
    kind = {"NotApplicable": "not-applicable"}.get(type(said).__name__, type(said).__name__.lower())
    obligations = [f"{it.name}={it.value}" if it.value else it.name for it in getattr(said, "obligations", ())]
    return {kind: getattr(said, "rule", True), "reason": getattr(said, "reason", ""), "obligations": obligations}


def _demand_known(given: dict[str, Any], known: set[str], where: str) -> None:
    if unknown := set(given) - known:
        raise ValueError(f"{where}: unknown fields {', '.join(sorted(unknown))}")
