"""The gateway that runs the plugin. Importable only while componentize-py builds, which generates ``wit_world``."""

from __future__ import annotations

from typing import Any

from wit_world.imports import clock, directory, log, network, principal, request, settings

from .decisions import Abstain, Allow, Block, Challenge, Deny, Grant, NotApplicable, Obligation, Problem
from .window import Window

# What came with version 0.2 of the WIT.
try:
    from wit_world.imports import counter, data, decision
except ImportError:
    counter = data = decision = None
# A component has the modules of the hooks that it exports.
try:
    from wit_world.exports import authorization
except ImportError:
    authorization = None
try:
    from wit_world.exports import conditional_access
except ImportError:
    conditional_access = None
try:
    from wit_world.exports import configuration
except ImportError:
    configuration = None


class _Clock:
    """The clock, whose windows have words for the days."""

    before = staticmethod(clock.before)

    @staticmethod
    def within(window: Window) -> bool:
        days = clock.Weekdays(0)
        for day in window.days:
            days |= clock.Weekdays[day.upper()]
        return clock.within(clock.Window(days, window.begin, window.end, window.offset))


class Gateway:
    """Answers every question: its attributes are the generated modules themselves."""

    clock = _Clock
    counter = counter
    data = data
    directory = directory
    log = log
    network = network
    principal = principal
    request = request
    settings = settings


HOST = Gateway()


def opinion(said: Any) -> Any:
    """An opinion in the component's form. Anything else fails the evaluation, which denies."""
    match said:
        case Allow(rule, obligations):
            return authorization.Opinion_Allow(_permission(rule, obligations))
        case Deny(rule, reason):
            return authorization.Opinion_Deny(decision.Refusal(rule, reason) if decision else authorization.Denial(rule, reason))
        case Abstain(reason):
            return authorization.Opinion_Abstain(reason)
    raise TypeError(f"no opinion: {said!r}")


def access(said: Any) -> Any:
    """A conditional-access decision in the component's form. Anything else fails the evaluation, which denies."""
    match said:
        case Grant(rule, obligations):
            return conditional_access.Access_Grant(_permission(rule, obligations))
        case Block(rule, reason):
            return conditional_access.Access_Block((decision or conditional_access).Refusal(rule, reason))
        case Challenge(rule, reason, claims):
            return conditional_access.Access_Challenge(conditional_access.Demand(rule, reason, claims))
        case NotApplicable():
            return conditional_access.Access_NotApplicable()
    raise TypeError(f"no conditional-access decision: {said!r}")


def problems(found: list[Problem]) -> list[Any]:
    """Problems in the component's form."""
    return [configuration.Problem(problem.pointer, problem.message) for problem in found]


def _permission(rule: str, obligations: tuple[Obligation, ...]) -> Any:
    if decision is None:
        return rule
    return decision.Permission(rule, [decision.Obligation(it.name, it.value) for it in obligations])
