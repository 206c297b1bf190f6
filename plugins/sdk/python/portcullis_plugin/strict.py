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
    """Says what is wrong with settings, in words for whoever installs the plugin."""


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
            raise InvalidSettings(f"unknown field `{name}`, expected one of {', '.join(known)}")
    for name, field in known.items():
        if name in given:
            _demand(name, given[name], _annotation(field.type))
        elif field.default is MISSING and field.default_factory is MISSING:
            raise InvalidSettings(f"missing field `{name}`")
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


def _demand(name: str, value: Any, annotation: str) -> None:
    if found := _LIST.match(annotation):
        if not isinstance(value, list):
            raise InvalidSettings(f"`{name}` must be a list")
        for item in value:
            _demand(f"{name}[]", item, found.group(1))
    elif found := _MAP.match(annotation):
        if not isinstance(value, dict):
            raise InvalidSettings(f"`{name}` must be an object")
        for key, item in value.items():
            _demand(f"{name}.{key}", item, found.group(1))
    elif annotation in _SCALARS:
        # `True` is an int to Python and not to whoever writes settings.
        if not isinstance(value, _SCALARS[annotation]) or (annotation == "int" and isinstance(value, bool)):
            raise InvalidSettings(f"`{name}` must be {_WORDS[annotation]}")
    else:
        raise TypeError(f"settings cannot have a field of type {annotation}")
