"""What can be asked, an interface each, as ``wit/policy`` has it. Every question is recorded with its answer."""

from __future__ import annotations

from typing import Protocol, Sequence

from .window import Window


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

    def plane(self) -> str:
        """``data`` or ``management``. An open list."""
        ...

    def vault(self) -> str | None:
        """The vault's name, in lower case; None when the request is about no vault."""
        ...

    def object_kind(self) -> str | None:
        """The kind of the object that the request names, such as ``secrets``."""
        ...

    def object_name(self) -> str | None:
        """The object's name, in lower case. A decision that rests on it is remembered for that object only."""
        ...

    def object_name_starts_with(self, prefix: str) -> bool:
        """Whether the request names an object whose name begins so, compared without case."""
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

    def tag(self, name: str) -> str | None:
        """A tag of the stored object. Ask ``tag_is`` where that is the real question."""
        ...

    def tag_is(self, name: str, value: str) -> bool:
        """Whether a tag of the stored object has this value, compared exactly."""
        ...

    def attribute(self, name: str) -> str | None:
        """``enabled``, ``created``, ``updated``, ``expires`` or ``not-before`` of the stored object."""
        ...

    def header(self, name: str) -> str | None:
        """A header of the request, of those that the gateway's configuration lets plugins see."""
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

    def has_role(self, id: str) -> bool:
        """Whether the caller, or a group of his, has this role at a scope that covers the request."""
        ...

    def claim(self, name: str) -> str | None:
        """A claim of the caller's token."""
        ...

    def authenticated_with(self, method: str) -> bool:
        """Whether the caller authenticated by this method, as RFC 8176 calls it; false when nobody says."""
        ...

    def authenticated_within(self, seconds: int) -> bool:
        """Whether the caller authenticated at most so many seconds before the request."""
        ...

    def device(self, property: str) -> str | None:
        """What is known of the caller's device, such as ``compliant``."""
        ...

    def risk(self, kind: str) -> str | None:
        """The risk that was seen, by kind; None does not mean that there is none."""
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

    def virtual_network(self) -> str | None:
        """The virtual network from which the request came."""
        ...

    def private_endpoint(self) -> str | None:
        """The private endpoint through which the request came."""
        ...

    def client_certificate(self) -> str | None:
        """The SHA-256 digest of the client's certificate, in hexadecimal."""
        ...

    def signal(self, name: str) -> str | None:
        """What else is known of the client's address, such as ``country`` or ``asn``."""
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

    def within(self, window: Window) -> bool:
        """Whether the request came within a window that is open every week."""
        ...


class Data(Protocol):
    """Documents that were pushed beside the plugin, by name and JSON pointer (RFC 6901)."""

    def value(self, document: str, pointer: str) -> str | None:
        """The value, as JSON text; None when there is none."""
        ...

    def contains(self, document: str, pointer: str, text: str) -> bool:
        """Whether the value is an array with this text, or an object with a member of this name."""
        ...


class Counter(Protocol):
    """How often. A decision that rests on it is never remembered."""

    def rate(self, key: str, limit: int, seconds: int) -> bool:
        """Whether there were at most ``limit`` under the key within the last seconds; counts the request if so."""
        ...

    def quota(self, key: str, limit: int, seconds: int) -> bool:
        """As ``rate``, within a fixed period: 86400 is a day in UTC."""
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
    data: Data
    settings: Settings
    counter: Counter
