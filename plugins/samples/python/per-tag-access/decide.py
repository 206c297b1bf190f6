"""Per-tag access: who is in a team's group may use the secrets whose tag names the team, such as `team=payments`.

An authorization plugin: it allows what no role allows. Whoever may write tags decides who may read, so leave writing to
roles.
"""

from __future__ import annotations

from dataclasses import dataclass

from portcullis_plugin import Abstain, Allow, Deny, Host, InvalidSettings, Opinion, parse_settings


@dataclass
class Settings:
    """How the plugin is installed."""

    tag: str
    """The tag that names the team."""
    teams: dict[str, str]
    """Teams, as the tag names them, each with the object id of its group."""
    operations: list[str]
    """What a team may do with what is its own."""

    def __post_init__(self) -> None:
        if not self.tag or not self.teams or not self.operations:
            raise InvalidSettings("`tag`, `teams` and `operations` say something")


def decide(host: Host) -> Opinion:
    """Allows a team what is tagged as its own."""
    try:
        settings = parse_settings(host.settings.json(), Settings)
    except InvalidSettings as error:
        return Deny("invalid-settings", f"the settings of per-tag-access are invalid: {error}")
    if not host.request.operation_in(settings.operations):
        return Abstain("teams may not do this with what is their own")
    # The group first: whose team it is not learns nothing of tags.
    for team, group in sorted(settings.teams.items()):
        if host.principal.in_group(group) and host.request.tag_is(settings.tag, team):
            return Allow(f"{settings.tag}={team}")
    return Abstain("it is not tagged as a team's of the caller")
