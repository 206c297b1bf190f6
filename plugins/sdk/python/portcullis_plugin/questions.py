"""What can be asked, an interface each, as ``wit/policy`` has it. Every question is recorded with its answer."""

from __future__ import annotations

from typing import Protocol, Sequence


class Assignment(Protocol):
    """That the caller, or a group of his, has a role at a scope."""

    id: str
    scope: str
    role: str


class Permissions(Protocol):
    """One permission block of a role; ``*`` matches any run of characters."""

    actions: list[str]
    not_actions: list[str]
    data_actions: list[str]
    not_data_actions: list[str]


class Role(Protocol):
    """A role. Its blocks grant independently of each other."""

    id: str
    name: str
    permissions: list[Permissions]


class Request(Protocol):
    """What is asked of the gateway, as it was routed."""

    def operation(self) -> str:
        """The operation's name, such as ``SecretGet``. An open list."""
        ...

    def operation_in(self, names: list[str]) -> bool:
        """Whether the operation is one of these. A name that the gateway does not know fails the evaluation."""
        ...

    def data_plane(self) -> bool:
        """Whether the request is one of the data plane and not of the management plane."""
        ...

    def action(self) -> str:
        """The data action, or action, that the operation needs."""
        ...

    def vault(self) -> str:
        """The vault's name, in lower case."""
        ...

    def object_kind(self) -> str | None:
        """The kind of the object that the request names, such as ``secrets``."""
        ...

    def object_name(self) -> str | None:
        """The object's name, in lower case. A decision that rests on it is remembered for that object only."""
        ...

    def object_version(self) -> str | None:
        """The version that the request names."""
        ...

    def resource(self) -> str:
        """The id of the resource at which the request is authorised, in lower case."""
        ...

    def within_scope(self, scope: str) -> bool:
        """Whether a scope covers the request's resource."""
        ...


class Principal(Protocol):
    """Who asks. An argument that is no GUID in the hyphenated form fails the evaluation."""

    def id(self) -> str:
        """The caller's object id. Ask a predicate where that is the real question."""
        ...

    def is_(self, id: str) -> bool:
        """Whether the caller is this principal."""
        ...

    def application(self) -> str | None:
        """The client id of the application through which the caller acts."""
        ...

    def tenant(self) -> str:
        """The caller's tenant."""
        ...

    def kind(self) -> str:
        """``application`` or ``user``. An open list: do not trust a kind that you do not know."""
        ...

    def in_group(self, id: str) -> bool:
        """Whether the caller is a member of this group, directly or through other groups."""
        ...


class Network(Protocol):
    """From where and how the request came."""

    def source(self) -> str:
        """The client's address. Ask a predicate where that is the real question."""
        ...

    def source_in(self, prefixes: list[str]) -> bool:
        """Whether the address lies in one of these. An empty list, or no prefix, fails the evaluation."""
        ...

    def named_location(self, name: str) -> bool:
        """Whether the address lies in the named location; false when there is none of this name."""
        ...

    def named_location_exists(self, name: str) -> bool:
        """Whether the gateway's configuration knows the named location."""
        ...

    def subnet(self) -> str | None:
        """The virtual network's subnet from which the request came."""
        ...

    def tls_version(self) -> str:
        """``TLS1_2`` or ``TLS1_3``. An open list."""
        ...


class Directory(Protocol):
    """What the control state knows, as of the revision by which the request is judged."""

    def role_assignments(self) -> Sequence[Assignment]:
        """The assignments of the caller and his groups at, above or below the vault."""
        ...

    def role_definition(self, id: str) -> Role | None:
        """A role, if there is one of this id."""
        ...


class Clock(Protocol):
    """When. There is no ``now``: a decision that rests on it could never be remembered."""

    def before(self, time: int) -> bool:
        """Whether the request came before this time, in seconds since 1970-01-01T00:00:00Z."""
        ...


class Settings(Protocol):
    """How the plugin was installed."""

    def json(self) -> str:
        """The settings: a JSON text, ``{}`` when there are none. ``parse_settings`` reads it strictly."""
        ...


class Host(Protocol):
    """Everything that a plugin can ask: the gateway in production, a scenario in tests."""

    request: Request
    principal: Principal
    network: Network
    directory: Directory
    clock: Clock
    settings: Settings
