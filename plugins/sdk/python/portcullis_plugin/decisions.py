"""What a plugin says. Rules have at most 256 bytes, reasons 2048, claims 4096; the gateway denies what is longer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Union


@dataclass(frozen=True)
class Obligation:
    """What the gateway must do when the request is permitted; see ``vendor/wit/decision.wit`` for the names."""

    name: str
    value: str = ""


@dataclass(frozen=True)
class Allow:
    """The request is allowed, by this rule, with what must be done then."""

    rule: str
    obligations: tuple[Obligation, ...] = ()


@dataclass(frozen=True)
class Deny:
    """The request is denied by this rule, whatever others say. The reason is shown to the caller."""

    rule: str
    reason: str


@dataclass(frozen=True)
class Abstain:
    """Nothing is said for or against it. The reason is shown to a caller whom nobody else allows."""

    reason: str


@dataclass(frozen=True)
class Grant:
    """Every policy that applies is satisfied; the rule says which. The obligations hold when it is allowed, too."""

    rule: str
    obligations: tuple[Obligation, ...] = ()


@dataclass(frozen=True)
class Block:
    """A policy blocks the request. The reason is shown to the caller."""

    rule: str
    reason: str


@dataclass(frozen=True)
class Challenge:
    """The caller must come back with a token that fulfils these claims: a JSON object as OpenID Connect's ``claims``."""

    rule: str
    reason: str
    claims: str


@dataclass(frozen=True)
class NotApplicable:
    """No policy applies."""


@dataclass(frozen=True)
class Problem:
    """What is wrong with settings, and where: a JSON pointer (RFC 6901)."""

    pointer: str
    message: str


Opinion = Union[Allow, Deny, Abstain]
"""What an authorization plugin says. A request is allowed when at least one plugin allows it and none denies it."""

Access = Union[Grant, Block, Challenge, NotApplicable]
"""What a conditional-access plugin says. A block ends the matter; a challenge ends it unless another plugin blocks."""
