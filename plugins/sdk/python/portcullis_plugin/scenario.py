"""A host for native tests: a request and the world around it, answering as the gateway would."""

from __future__ import annotations

import ipaddress
import json
import uuid
from dataclasses import dataclass, field, fields
from typing import Any

from .window import Window


@dataclass
class Scenario:
    """What it does not say is empty, false or nothing. ``asked`` is what was asked, as the gateway's traces show it.

    ``authenticated`` is how many seconds ago the caller did so, ``counted`` how often was counted before, by key. Where the gateway would fail the evaluation, such as at a prefix that is none, the questions raise ``ValueError``.
    """

    operation: str = ""
    data_plane: bool = False
    action: str = ""
    vault: str | None = None
    object_kind: str | None = None
    object_name: str | None = None
    object_version: str | None = None
    resource: str = ""
    principal_id: str = ""
    application: str | None = None
    tenant: str = ""
    kind: str = ""
    groups: list[str] = field(default_factory=list)
    source: str = ""
    locations: dict[str, list[str]] = field(default_factory=dict)
    subnet: str | None = None
    tls_version: str = ""
    assignments: list[dict[str, str]] = field(default_factory=list)
    roles: list[dict[str, Any]] = field(default_factory=list)
    tags: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    methods: list[str] = field(default_factory=list)
    authenticated: int | None = None
    device: dict[str, str] = field(default_factory=dict)
    risk: dict[str, str] = field(default_factory=dict)
    virtual_network: str | None = None
    private_endpoint: str | None = None
    client_certificate: str | None = None
    signals: dict[str, str] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    time: int = 0
    installed: Any = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @classmethod
    def given(cls, given: dict[str, Any]) -> "Scenario":
        """From a case file's words, which are in camel case: `principal`, `settings` and `data` among them."""
        renamed = {"principal": "principal_id", "settings": "installed", "data": "documents"}
        known = {field.name for field in fields(cls)} - {"asked", *renamed.values()}
        arguments = {}
        for name, value in given.items():
            snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
            if name not in renamed and snake not in known:
                raise ValueError(f"a scenario has no `{name}`")
            arguments[renamed.get(name, snake)] = value
        return cls(**arguments)

    @property
    def request(self) -> "_Request":
        return _Request(self)

    @property
    def principal(self) -> "_Principal":
        return _Principal(self)

    @property
    def network(self) -> "_Network":
        return _Network(self)

    @property
    def directory(self) -> "_Directory":
        return _Directory(self)

    @property
    def clock(self) -> "_Clock":
        return _Clock(self)

    @property
    def settings(self) -> "_Settings":
        return _Settings(self)

    @property
    def data(self) -> "_Data":
        return _Data(self)

    @property
    def counter(self) -> "_Counter":
        return _Counter(self)

    def record(self, question: str, answer: Any, shown: str | None = None) -> Any:
        """Notes a question and hands its answer back."""
        if shown is None:
            shown = _shown(answer)
        self.asked.append(f"{question} = {shown}")
        return answer


class _Interface:
    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario

    def _record(self, question: str, answer: Any, shown: str | None = None) -> Any:
        return self._scenario.record(question, answer, shown)


class _Request(_Interface):
    def operation(self) -> str:
        return self._record("operation", self._scenario.operation)

    def operation_in(self, names: list[str]) -> bool:
        return self._record(f"operation-in {','.join(names)}", self._scenario.operation in names)

    def data_plane(self) -> bool:
        return self._record("data-plane", self._scenario.data_plane)

    def plane(self) -> str:
        return self._record("plane", "data" if self._scenario.data_plane else "management")

    def action(self) -> str:
        return self._record("action", self._scenario.action)

    def vault(self) -> str | None:
        return self._record("vault", self._scenario.vault)

    def object_kind(self) -> str | None:
        return self._record("object-kind", self._scenario.object_kind)

    def object_name(self) -> str | None:
        return self._record("object-name", self._scenario.object_name)

    def object_name_starts_with(self, prefix: str) -> bool:
        if not prefix:
            raise ValueError("object_name_starts_with needs a text")
        name = self._scenario.object_name or ""
        return self._record(f"object-name-starts-with {prefix}", name.lower().startswith(prefix.lower()))

    def tag(self, name: str) -> str | None:
        return self._record(f"tag {name}", self._scenario.tags.get(name))

    def tag_is(self, name: str, value: str) -> bool:
        return self._record(f"tag-is {name}={value}", self._scenario.tags.get(name) == value)

    def attribute(self, name: str) -> str | None:
        if name not in ("enabled", "created", "updated", "expires", "not-before"):
            raise ValueError(f"there is no attribute `{name}`")
        return self._record(f"attribute {name}", self._scenario.attributes.get(name))

    def header(self, name: str) -> str | None:
        headers = {key.lower(): value for key, value in self._scenario.headers.items()}
        return self._record(f"header {name.lower()}", headers.get(name.lower()))

    def object_version(self) -> str | None:
        return self._record("object-version", self._scenario.object_version)

    def resource(self) -> str:
        return self._record("resource", self._scenario.resource)

    def within_scope(self, scope: str) -> bool:
        return self._record(f"within-scope {scope}", _covers(scope, self._scenario.resource))


class _Principal(_Interface):
    def id(self) -> str:
        return self._record("principal-id", self._scenario.principal_id)

    def is_(self, id: str) -> bool:
        return self._record(f"principal-is {_guid(id)}", self._scenario.principal_id.lower() == id.lower())

    def application(self) -> str | None:
        return self._record("application", self._scenario.application)

    def tenant(self) -> str:
        return self._record("tenant", self._scenario.tenant)

    def kind(self) -> str:
        return self._record("principal-kind", self._scenario.kind)

    def in_group(self, id: str) -> bool:
        groups = {group.lower() for group in self._scenario.groups}
        return self._record(f"in-group {_guid(id)}", id.lower() in groups)


    def has_role(self, id: str) -> bool:
        resource = self._scenario.resource
        held = [it for it in self._scenario.assignments if _covers(it["scope"], resource)]
        return self._record(f"has-role {_guid(id)}", any(it["role"].lower() == id.lower() for it in held))

    def claim(self, name: str) -> str | None:
        return self._record(f"claim {name}", self._scenario.claims.get(name))

    def authenticated_with(self, method: str) -> bool:
        return self._record(f"authenticated-with {method}", method in self._scenario.methods)

    def authenticated_within(self, seconds: int) -> bool:
        ago = self._scenario.authenticated
        return self._record(f"authenticated-within {seconds}", ago is not None and ago <= seconds)

    def device(self, property: str) -> str | None:
        return self._record(f"device {property}", self._scenario.device.get(property))

    def risk(self, kind: str) -> str | None:
        return self._record(f"risk {kind}", self._scenario.risk.get(kind))


class _Network(_Interface):
    def source(self) -> str:
        return self._record("source", self._scenario.source)

    def source_in(self, prefixes: list[str]) -> bool:
        if not prefixes:
            raise ValueError("source_in needs at least one prefix")
        return self._record(f"source-in {','.join(prefixes)}", self._lies_in(prefixes))

    def named_location(self, name: str) -> bool:
        return self._record(f"named-location {name}", self._lies_in(self._scenario.locations.get(name, [])))

    def named_location_exists(self, name: str) -> bool:
        return self._record(f"named-location-exists {name}", name in self._scenario.locations)

    def subnet(self) -> str | None:
        return self._record("subnet", self._scenario.subnet)

    def tls_version(self) -> str:
        return self._record("tls-version", self._scenario.tls_version)

    def virtual_network(self) -> str | None:
        return self._record("virtual-network", self._scenario.virtual_network)

    def private_endpoint(self) -> str | None:
        return self._record("private-endpoint", self._scenario.private_endpoint)

    def client_certificate(self) -> str | None:
        return self._record("client-certificate", self._scenario.client_certificate)

    def signal(self, name: str) -> str | None:
        return self._record(f"signal {name}", self._scenario.signals.get(name))

    def _lies_in(self, prefixes: list[str]) -> bool:
        source = ipaddress.ip_address(self._scenario.source)
        return any(source in ipaddress.ip_network(prefix, strict=False) for prefix in prefixes)


class _Directory(_Interface):
    def role_assignments(self) -> list["_Record"]:
        ids = ", ".join(assignment["id"] for assignment in self._scenario.assignments) or "none"
        return self._record("role-assignments", [_Record(it) for it in self._scenario.assignments], ids)

    def role_definition(self, id: str) -> "_Record | None":
        for role in self._scenario.roles:
            if role["id"].lower() == id.lower():
                return self._record(f"role-definition {id}", _Record(role), role["name"])
        return self._record(f"role-definition {id}", None)


class _Clock(_Interface):
    def before(self, time: int) -> bool:
        return self._record(f"before {time}", self._scenario.time < time)

    def within(self, window: Window) -> bool:
        return self._record(f"within {window}", window.holds(self._scenario.time))


class _Data(_Interface):
    def value(self, document: str, pointer: str) -> str | None:
        found = self._find(document, pointer)
        text = None if found is None else json.dumps(found)
        return self._record(f"data {document}#{pointer}", text)

    def contains(self, document: str, pointer: str, text: str) -> bool:
        found = self._find(document, pointer)
        holds = isinstance(found, (list, dict)) and text in found
        return self._record(f"data-contains {document}#{pointer} {text}", holds)

    def _find(self, document: str, pointer: str) -> Any:
        if pointer and not pointer.startswith("/"):
            raise ValueError(f"no JSON pointer: {pointer}")
        value = self._scenario.documents.get(document)
        for part in pointer.split("/")[1:]:
            part = part.replace("~1", "/").replace("~0", "~")
            if isinstance(value, dict):
                value = value.get(part)
            elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
                value = value[int(part)]
            else:
                return None
        return value


class _Counter(_Interface):
    def rate(self, key: str, limit: int, seconds: int) -> bool:
        return self._record(f"rate {key} {limit}/{seconds}s", self._scenario.counted.get(key, 0) < limit)

    def quota(self, key: str, limit: int, seconds: int) -> bool:
        return self._record(f"quota {key} {limit}/{seconds}s", self._scenario.counted.get(key, 0) < limit)


class _Settings(_Interface):
    def json(self) -> str:
        return self._record("settings", json.dumps(self._scenario.installed), "(not shown)")


class _Record:
    """A record of a case file, whose names are in camel case, as the generated classes have it."""

    def __init__(self, fields_: dict[str, Any]) -> None:
        for name, value in fields_.items():
            snake = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
            nested = [_Record(it) if isinstance(it, dict) else it for it in value] if isinstance(value, list) else value
            setattr(self, snake, nested)


def _shown(answer: bool | str | None) -> str:
    if isinstance(answer, bool):
        return "yes" if answer else "no"
    return "none" if answer is None else answer


def _covers(scope: str, resource: str) -> bool:
    bare = scope.removesuffix("/").lower()
    return resource.lower() == bare or resource.lower().startswith(f"{bare}/")


def _guid(text: str) -> str:
    if len(text) != 36 or str(uuid.UUID(text)) != text.lower():
        raise ValueError(f"no GUID in the hyphenated form: {text}")
    return text
