"""What a Portcullis plugin is written with: decisions to give, questions to ask, one line to export them.

A plugin is a function from a :class:`Host`, whom it asks, to a decision::

    from portcullis_plugin import Abstain, Allow, Host, export_authorization

    def decide(host: Host) -> Allow | Abstain:
        if host.network.named_location("office"):
            return Allow("staff-in-the-office")
        return Abstain("only staff in the office may do this")

    Authorization = export_authorization(decide)

The last line is what the gateway finds; the class's name is the hook's. The gateway records every question with its
answer and remembers decisions by them, so ask predicates (``in_group``, ``source_in``) wherever that is the real
question, and ask only what the decision needs.

Tests give the function a ``portcullis_plugin.scenario.Scenario`` in place of the gateway, or run case files with
``portcullis_plugin.cases``.
"""

from .decisions import (
    Abstain,
    Access,
    Allow,
    Block,
    Challenge,
    Deny,
    Grant,
    NotApplicable,
    Obligation,
    Opinion,
    Problem,
)
from .export import export_authorization, export_conditional_access, export_configuration
from .questions import Host
from .strict import InvalidSettings, parse_settings
from .window import Window

__all__ = [
    "Abstain",
    "Access",
    "Allow",
    "Block",
    "Challenge",
    "Deny",
    "Grant",
    "Host",
    "InvalidSettings",
    "NotApplicable",
    "Obligation",
    "Opinion",
    "Problem",
    "Window",
    "export_authorization",
    "export_conditional_access",
    "export_configuration",
    "parse_settings",
]
