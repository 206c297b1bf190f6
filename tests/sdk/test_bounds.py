"""What is too large, malformed or of an unknown version is refused with Azure's words, and nothing is stored."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from clients import secret_client

LARGEST = 25_600


def bad_parameter(answer):
    return answer.status_code == 400 and answer.json()["error"]["code"] == "BadParameter"


def test_the_largest_value_is_kept_whole(client, name):
    value = "v" * LARGEST
    client.set_secret(name, value)
    assert client.get_secret(name).value == value


@pytest.mark.parametrize("value", ["v" * (LARGEST + 1), "é" * (LARGEST // 2) + "v"])
def test_a_value_one_byte_too_large_is_refused_and_not_stored(client, name, value):
    with pytest.raises(HttpResponseError) as refused:
        client.set_secret(name, value)
    assert refused.value.status_code == 400
    assert refused.value.error.code == "BadParameter"
    assert value not in refused.value.message
    with pytest.raises(ResourceNotFoundError):
        client.get_secret(name)


def test_fifteen_tags_are_kept_and_sixteen_are_refused(client, name):
    tags = {f"tag{number}": "x" for number in range(15)}
    client.set_secret(name, "value", tags=tags)
    assert client.get_secret(name).properties.tags == tags
    with pytest.raises(HttpResponseError) as refused:
        client.set_secret(name, "value", tags=tags | {"one": "more"})
    assert refused.value.status_code == 400


def test_a_name_of_127_characters_is_kept_and_one_more_is_refused(client, name):
    longest = name.ljust(127, "x")
    client.set_secret(longest, "value")
    assert client.get_secret(longest).value == "value"
    with pytest.raises(HttpResponseError) as refused:
        client.set_secret(longest + "x", "value")
    assert refused.value.status_code == 400


@pytest.mark.parametrize("wrong", ["under_score", "dot.ted", "sp ace", "ünicode", "sla/sh/es/many"])
def test_a_name_with_other_characters_is_refused(client, wrong):
    with pytest.raises(HttpResponseError) as refused:
        client.set_secret(wrong, "value")
    assert refused.value.status_code in (400, 404)


def test_a_request_without_an_api_version_is_refused(rest):
    assert bad_parameter(rest.data("GET", "/secrets", version=None))


@pytest.mark.parametrize("version", ["1.0", "7.9", "2020-01-01", "latest", "7.4; drop"])
def test_an_unknown_api_version_is_refused(rest, version):
    assert bad_parameter(rest.data("GET", "/secrets", version=version))


@pytest.mark.parametrize("version", ["2016-10-01", "7.0", "7.3", "7.4", "7.5", "7.6", "7.6-preview.2", "2025-07-01", "2026-04-01"])
def test_every_version_that_clients_send_works(rest, version):
    assert rest.data("GET", "/secrets", version=version).status_code == 200


def test_the_sdk_can_pin_an_older_version(gateway, name):
    with secret_client(gateway, api_version="7.3") as client:
        client.set_secret(name, "value")
        assert client.get_secret(name).value == "value"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"value": 1}', b'{"value": null}', b'{"contentType": "x"}', b"\xff"])
def test_a_malformed_body_is_refused(rest, name, body):
    answer = rest.data("PUT", f"/secrets/{name}", data=body, headers={"Content-Type": "application/json"})
    assert bad_parameter(answer), answer.text


def test_a_body_far_too_large_is_refused(rest, name):
    answer = rest.data("PUT", f"/secrets/{name}", json={"value": "v" * 1_000_000})
    assert answer.status_code in (400, 413)
    assert "error" in answer.json()
