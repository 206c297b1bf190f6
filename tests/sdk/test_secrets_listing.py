"""Lists: over several pages, of versions, of deleted secrets."""

import pytest
from azure.core.exceptions import HttpResponseError

from clients import Recorder, secret_client

COUNT = 32


@pytest.fixture(scope="module")
def names(gateway):
    """More secrets than the largest page holds."""
    names = [f"listed-{number:03}" for number in range(COUNT)]
    with secret_client(gateway) as client:
        for name in names:
            client.set_secret(name, f"value of {name}", content_type="text/plain", tags={"listed": "yes"})
    return names


def test_the_list_is_whole_over_many_pages(gateway, names):
    recorder = Recorder()
    with secret_client(gateway, transport=recorder) as client:
        found = [secret.name for secret in client.list_properties_of_secrets(max_page_size=7)]
    assert len(found) == len(set(found))
    assert [name for name in found if name.startswith("listed-")] == names
    assert recorder.statuses.count(200) > COUNT // 7


def test_a_page_is_25_by_default_and_bounded(gateway, names):
    with secret_client(gateway) as client:
        first = next(client.list_properties_of_secrets().by_page())
        assert len(list(first)) == 25
        with pytest.raises(HttpResponseError) as refused:
            next(client.list_properties_of_secrets(max_page_size=26).by_page())
    assert refused.value.status_code == 400
    assert refused.value.error.code == "BadParameter"


def test_list_items_carry_attributes_but_no_version_and_no_value(gateway, names, rest):
    with secret_client(gateway) as client:
        item = next(secret for secret in client.list_properties_of_secrets() if secret.name == names[0])
    assert item.version is None
    assert item.content_type == "text/plain"
    assert item.tags == {"listed": "yes"}
    assert item.enabled is True
    page = rest.data("GET", "/secrets").json()
    assert all("value" not in listed for listed in page["value"])


def test_a_disabled_secret_is_listed(client, name):
    client.set_secret(name, "value", enabled=False)
    assert name in [secret.name for secret in client.list_properties_of_secrets()]


def test_versions_are_listed_over_many_pages(client, name):
    made = {client.set_secret(name, f"value {number}").properties.version for number in range(9)}
    found = [secret.version for secret in client.list_properties_of_secret_versions(name, max_page_size=4)]
    assert len(found) == len(made)
    assert set(found) == made


def test_versions_of_one_secret_do_not_show_those_of_a_longer_name(client, name):
    client.set_secret(name, "one")
    client.set_secret(f"{name}-longer", "two")
    assert [secret.name for secret in client.list_properties_of_secret_versions(name)] == [name]


def test_deleted_secrets_are_listed_over_many_pages(client, name):
    deleted = [f"{name}-{number}" for number in range(5)]
    for each in deleted:
        client.set_secret(each, "value")
        client.begin_delete_secret(each).wait()
    found = [secret.name for secret in client.list_deleted_secrets(max_page_size=2)]
    assert [each for each in found if each.startswith(name)] == deleted


def test_a_page_token_that_was_not_given_out_is_refused(rest):
    answer = rest.data("GET", "/secrets?$skiptoken=invented")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "BadParameter"
