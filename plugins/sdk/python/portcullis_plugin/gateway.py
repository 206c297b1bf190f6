"""The gateway that runs the plugin. Importable only while componentize-py builds, which generates ``wit_world``."""

from __future__ import annotations

from typing import Any

from wit_world.imports import clock, directory, log, network, principal, request, settings

from .decisions import Abstain, Allow, Block, Challenge, Deny, Grant, NotApplicable

# A component has the modules of the hooks that it exports.
try:
    from wit_world.exports import authorization
except ImportError:
    authorization = None
try:
    from wit_world.exports import conditional_access
except ImportError:
    conditional_access = None


class Gateway:
    """Answers every question: its attributes are the generated modules themselves."""

    clock = clock
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
        case Allow(rule):
            return authorization.Opinion_Allow(rule)
        case Deny(rule, reason):
            return authorization.Opinion_Deny(authorization.Denial(rule, reason))
        case Abstain(reason):
            return authorization.Opinion_Abstain(reason)
    raise TypeError(f"no opinion: {said!r}")


def access(said: Any) -> Any:
    """A conditional-access decision in the component's form. Anything else fails the evaluation, which denies."""
    match said:
        case Grant(rule):
            return conditional_access.Access_Grant(rule)
        case Block(rule, reason):
            return conditional_access.Access_Block(conditional_access.Refusal(rule, reason))
        case Challenge(rule, reason, claims):
            return conditional_access.Access_Challenge(conditional_access.Demand(rule, reason, claims))
        case NotApplicable():
            return conditional_access.Access_NotApplicable()
    raise TypeError(f"no conditional-access decision: {said!r}")
