"""Settings, read strictly: what is not understood is an error and never skipped."""

from __future__ import annotations

import json
import re
from dataclasses import MISSING, fields
from typing import Any, TypeVar

T = TypeVar("T")

_LIST = re.compile(r"^list\[(.+)\]$", re.IGNORECASE)
_MAP = re.compile(r"^dict\[str, *(.+)\]$", re.IGNORECASE)
_SCALARS: dict[str, type] = {"str": str, "int": int, "bool": bool}
_WORDS = {"str": "a text", "int": "a whole number", "bool": "true or false"}


class InvalidSettings(ValueError):
    """Says what is wrong with settings, in words for whoever installs the plugin, and where: a JSON pointer."""

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.pointer = pointer


def parse_settings(text: str, shape: type[T]) -> T:
    """Reads the settings' JSON text into a dataclass with fields of str, int, bool, list[...] and dict[str, ...].

    A field without a default must be there; one that the class does not have is refused. The class may check more in
    its ``__post_init__`` by raising :class:`InvalidSettings`.
    """
    try:
        given = json.loads(text, object_pairs_hook=_without_repeats)
    except ValueError as error:
        raise InvalidSettings(f"the settings are not JSON: {error}") from error
    if not isinstance(given, dict):
        raise InvalidSettings("the settings are no JSON object")
    known = {field.name: field for field in fields(shape)}  # type: ignore[arg-type]
    for name in given:
        if name not in known:
            raise InvalidSettings(f"unknown field `{name}`, expected one of {', '.join(known)}", _pointer(name))
    for name, field in known.items():
        if name in given:
            _demand(name, given[name], _annotation(field.type), _pointer(name))
        elif field.default is MISSING and field.default_factory is MISSING:
            raise InvalidSettings(f"missing field `{name}`", _pointer(name))
    return shape(**given)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    given = dict(pairs)
    if len(given) != len(pairs):
        raise ValueError("a field stands there twice")
    return given


def _annotation(annotation: Any) -> str:
    """As it is written: a text already where the module postpones annotations."""
    if isinstance(annotation, str):
        return annotation
    return annotation.__name__ if annotation in _SCALARS.values() else str(annotation)


def _demand(name: str, value: Any, annotation: str, pointer: str) -> None:
    if found := _LIST.match(annotation):
        if not isinstance(value, list):
            raise InvalidSettings(f"`{name}` must be a list", pointer)
        for at, item in enumerate(value):
            _demand(f"{name}[{at}]", item, found.group(1), f"{pointer}/{at}")
    elif found := _MAP.match(annotation):
        if not isinstance(value, dict):
            raise InvalidSettings(f"`{name}` must be an object", pointer)
        for key, item in value.items():
            _demand(f"{name}.{key}", item, found.group(1), pointer + _pointer(key))
    elif annotation in _SCALARS:
        # `True` is an int to Python and not to whoever writes settings.
        if not isinstance(value, _SCALARS[annotation]) or (annotation == "int" and isinstance(value, bool)):
            raise InvalidSettings(f"`{name}` must be {_WORDS[annotation]}", pointer)
    else:
        raise TypeError(f"settings cannot have a field of type {annotation}")


def _pointer(name: str) -> str:
    """RFC 6901, section 3."""
    return "/" + name.replace("~", "~0").replace("/", "~1")


def schema(shape: type) -> str:
    """A JSON Schema of what :func:`parse_settings` reads into a class."""
    known = fields(shape)  # type: ignore[arg-type]
    required = [field.name for field in known if field.default is MISSING and field.default_factory is MISSING]
    return json.dumps({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "properties": {field.name: _schema(_annotation(field.type)) for field in known},
        "required": required,
        "additionalProperties": False,
    })


def _schema(annotation: str) -> dict[str, Any]:
    if found := _LIST.match(annotation):
        return {"type": "array", "items": _schema(found.group(1))}
    if found := _MAP.match(annotation):
        return {"type": "object", "additionalProperties": _schema(found.group(1))}
    return {"type": {"str": "string", "int": "integer", "bool": "boolean"}[annotation]}
