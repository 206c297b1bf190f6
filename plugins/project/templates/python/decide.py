"""What {{name}} decides. Pure code: tests give it a scenario, the gateway gives it itself."""

from __future__ import annotations

from dataclasses import dataclass

from portcullis_plugin import Access, Block, Host, InvalidSettings, NotApplicable, parse_settings


@dataclass
class Settings:
    """How the plugin is installed."""

    operations: list[str]
    """The operations that are watched, as the audit log names them."""
    prefixes: list[str]
    """From where they may be done."""

    def __post_init__(self) -> None:
        if not self.operations or not self.prefixes:
            raise InvalidSettings("`operations` and `prefixes` name at least one each")


def decide(host: Host) -> Access:
    """Blocks the watched operations from everywhere but the given networks."""
    try:
        settings = parse_settings(host.settings.json(), Settings)
    except InvalidSettings as error:
        # Settings that are not understood block everything: a misspelt policy must not be one that never applies.
        return Block("invalid-settings", f"the settings of {{name}} are invalid: {error}")
    if not host.request.operation_in(settings.operations):
        return NotApplicable()
    if host.network.source_in(settings.prefixes):
        return NotApplicable()
    return Block("{{name}}", "this is done from the inner network only")
