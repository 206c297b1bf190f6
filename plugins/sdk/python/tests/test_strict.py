"""Settings are read strictly."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import pytest

from portcullis_plugin import InvalidSettings, parse_settings
from portcullis_plugin.export import problems
from portcullis_plugin.strict import schema


@dataclass
class Shape:
    names: list[str]
    limit: int = 3
    deep: dict[str, list[str]] = field(default_factory=dict)
    on: bool = False


def test_reads_what_it_knows() -> None:
    shape = parse_settings('{"names":["a"],"deep":{"x":["y"]},"on":true}', Shape)
    assert shape == Shape(["a"], 3, {"x": ["y"]}, True)


@pytest.mark.parametrize(
    ("text", "message", "pointer"),
    [
        ("", "are not JSON", ""),
        ("[]", "no JSON object", ""),
        ("null", "no JSON object", ""),
        ("{}", "missing field `names`", "/names"),
        ('{"names":[],"nmes":[]}', "unknown field `nmes`", "/nmes"),
        ('{"names":[],"a/b~":1}', "unknown field `a/b~`", "/a~1b~0"),
        ('{"names":"a"}', "`names` must be a list", "/names"),
        ('{"names":["a",1]}', "`names[1]` must be a text", "/names/1"),
        ('{"names":[],"limit":true}', "`limit` must be a whole number", "/limit"),
        ('{"names":[],"limit":1.5}', "`limit` must be a whole number", "/limit"),
        ('{"names":[],"on":1}', "`on` must be true or false", "/on"),
        ('{"names":[],"deep":{"x":[2]}}', "`deep.x[0]` must be a text", "/deep/x/0"),
        ('{"names":["a"],"names":[]}', "twice", ""),
    ],
)
def test_refuses_what_it_does_not_understand_and_says_where(text: str, message: str, pointer: str) -> None:
    with pytest.raises(InvalidSettings) as error:
        parse_settings(text, Shape)
    assert message in str(error.value) and error.value.pointer == pointer
    assert [problem.pointer for problem in problems(text, Shape)] == [pointer]


def test_describes_them() -> None:
    described = json.loads(schema(Shape))
    assert described["required"] == ["names"] and described["additionalProperties"] is False
    assert described["properties"]["deep"] == {
        "type": "object",
        "additionalProperties": {"type": "array", "items": {"type": "string"}},
    }
