"""Break glass: in an emergency, members of one group may read, if they say why; somebody is told.

An authorization plugin: it allows what no role allows. Everything else it leaves to others.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from portcullis_plugin import Abstain, Allow, Deny, Host, InvalidSettings, Obligation, Opinion, parse_settings

REASON = "x-portcullis-reason"
READS = ["SecretGet", "SecretList", "SecretListVersions"]


@dataclass
class Settings:
    """How the plugin is installed."""

    group: str
    """The group of those who may break the glass."""
    topic: str = "break-glass"
    """Under which topic the gateway tells of it."""
    operations: list[str] = field(default_factory=lambda: list(READS))
    """What may be done then."""

    def __post_init__(self) -> None:
        if not self.group or not self.operations:
            raise InvalidSettings("`group` and `operations` name somebody and something")


def decide(host: Host) -> Opinion:
    """Allows members of the group what is to be read in an emergency, on condition that they say why."""
    try:
        settings = parse_settings(host.settings.json(), Settings)
    except InvalidSettings as error:
        # This plugin only grants, but whoever installs it must not believe that it does.
        return Deny("invalid-settings", f"the settings of break-glass are invalid: {error}")
    if not host.request.operation_in(settings.operations):
        return Abstain("breaking the glass is for reading only")
    if not host.principal.in_group(settings.group):
        return Abstain("the caller may not break the glass")
    # Nobody breaks it by accident: without a reason, the caller's roles alone count.
    if not host.request.header(REASON):
        return Abstain(f"who breaks the glass says why, in the header {REASON}")
    # The gateway checks the reason once more, tells, and forbids that the answer be stored.
    duties = (Obligation("require-reason", REASON), Obligation("notify", settings.topic), Obligation("no-store"))
    return Allow("break-glass", duties)
