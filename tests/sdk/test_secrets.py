"""The life of a secret, as the SDK's user sees it."""

from datetime import datetime, timedelta, timezone

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError



def test_set_then_get_gives_the_value_back(client, name):
    made = client.set_secret(name, "first value")
    read = client.get_secret(name)
    assert read.value == "first value"
    assert read.id == made.id
    assert read.name == name
    assert len(read.properties.version) == 32
    assert read.properties.enabled is True
    assert read.properties.created_on is not None
    assert read.properties.updated_on is not None
    assert read.properties.recoverable_days == 90
    assert read.properties.recovery_level == "Recoverable+Purgeable"


def test_each_set_makes_a_version_and_old_ones_stay(client, name):
    first = client.set_secret(name, "one")
    second = client.set_secret(name, "two")
    assert first.properties.version != second.properties.version
    assert client.get_secret(name).value == "two"
    assert client.get_secret(name, first.properties.version).value == "one"


def test_a_missing_secret_and_a_missing_version_are_not_found(client, name):
    with pytest.raises(ResourceNotFoundError) as missing:
        client.get_secret(name)
    assert missing.value.error.code == "SecretNotFound"
    client.set_secret(name, "value")
    with pytest.raises(ResourceNotFoundError):
        client.get_secret(name, "0" * 32)


def test_names_compare_without_case_and_keep_their_spelling(client, name):
    client.set_secret(name.upper(), "value")
    read = client.get_secret(name)
    assert read.value == "value"
    assert read.name == name.upper()


@pytest.mark.parametrize("value", ["", "line\nbreak\ttab", "Grüße, 世界 🗝", '{"json": "\\"quoted\\""}'])
def test_values_come_back_exactly(client, name, value):
    client.set_secret(name, value)
    assert client.get_secret(name).value == value


def test_attributes_content_type_and_tags_are_kept(client, name):
    not_before = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
    expires = not_before + timedelta(days=30)
    client.set_secret(
        name, "value", content_type="text/plain", tags={"team": "blue", "empty": ""}, not_before=not_before, expires_on=expires
    )
    # Times of a secret inform; they do not refuse.
    read = client.get_secret(name)
    assert read.value == "value"
    assert read.properties.not_before == not_before
    assert read.properties.expires_on == expires
    assert read.properties.content_type == "text/plain"
    assert read.properties.tags == {"team": "blue", "empty": ""}


def test_an_expired_secret_is_still_readable(client, name):
    client.set_secret(name, "value", expires_on=datetime(2020, 1, 1, tzinfo=timezone.utc))
    assert client.get_secret(name).value == "value"


def test_update_changes_what_is_given_and_nothing_else(client, name):
    made = client.set_secret(name, "value", content_type="text/plain", tags={"a": "1"})
    expires = datetime(2031, 1, 1, tzinfo=timezone.utc)
    changed = client.update_secret_properties(name, tags={"b": "2"}, expires_on=expires)
    assert changed.version == made.properties.version
    read = client.get_secret(name)
    assert read.value == "value"
    assert read.properties.tags == {"b": "2"}
    assert read.properties.content_type == "text/plain"
    assert read.properties.expires_on == expires


def test_update_of_an_old_version_leaves_the_latest_alone(client, name):
    old = client.set_secret(name, "one")
    client.set_secret(name, "two")
    client.update_secret_properties(name, old.properties.version, content_type="old")
    assert client.get_secret(name, old.properties.version).properties.content_type == "old"
    assert client.get_secret(name).properties.content_type is None


def test_a_disabled_secret_is_not_read_but_can_be_enabled_again(client, name):
    client.set_secret(name, "value", enabled=False)
    with pytest.raises(HttpResponseError) as refused:
        client.get_secret(name)
    assert refused.value.status_code == 403
    assert refused.value.error.code == "Forbidden"
    assert refused.value.response.json()["error"]["innererror"]["code"] == "SecretDisabled"
    assert "disabled" in refused.value.message
    client.update_secret_properties(name, enabled=True)
    assert client.get_secret(name).value == "value"


def test_delete_recover_delete_and_purge(client, name):
    version = client.set_secret(name, "value", tags={"a": "1"}).properties.version
    deleted = client.begin_delete_secret(name).result()
    assert deleted.name == name
    assert deleted.recovery_id.endswith(f"/deletedsecrets/{name}")
    assert deleted.scheduled_purge_date - deleted.deleted_date == timedelta(days=90)

    with pytest.raises(ResourceNotFoundError):
        client.get_secret(name)
    with pytest.raises(ResourceExistsError) as taken:
        client.set_secret(name, "other")
    assert taken.value.response.json()["error"]["innererror"]["code"] == "ObjectIsDeletedButRecoverable"
    assert client.get_deleted_secret(name).properties.tags == {"a": "1"}
    assert name in [secret.name for secret in client.list_deleted_secrets()]

    client.begin_recover_deleted_secret(name).wait()
    recovered = client.get_secret(name)
    assert recovered.value == "value"
    assert recovered.properties.version == version
    with pytest.raises(ResourceNotFoundError):
        client.get_deleted_secret(name)

    client.begin_delete_secret(name).wait()
    client.purge_deleted_secret(name)
    with pytest.raises(ResourceNotFoundError):
        client.get_deleted_secret(name)
    with pytest.raises(ResourceNotFoundError):
        client.begin_recover_deleted_secret(name)
    client.set_secret(name, "new life")
    assert [secret.version for secret in client.list_properties_of_secret_versions(name)] != [version]


def test_backup_brings_every_version_back_after_a_purge(client, name):
    first = client.set_secret(name, "one", tags={"a": "1"})
    second = client.set_secret(name, "two", content_type="text/plain")
    blob = client.backup_secret(name)
    assert b"one" not in blob and b"two" not in blob

    with pytest.raises(ResourceExistsError):
        client.restore_secret_backup(blob)

    client.begin_delete_secret(name).wait()
    client.purge_deleted_secret(name)
    restored = client.restore_secret_backup(blob)
    assert restored.name == name
    assert client.get_secret(name).value == "two"
    assert client.get_secret(name, first.properties.version).value == "one"
    assert client.get_secret(name, first.properties.version).properties.tags == {"a": "1"}
    assert client.get_secret(name, second.properties.version).properties.content_type == "text/plain"


def test_a_changed_backup_is_refused(client, name):
    client.set_secret(name, "value")
    blob = bytearray(client.backup_secret(name))
    client.begin_delete_secret(name).wait()
    client.purge_deleted_secret(name)
    blob[len(blob) // 2] ^= 1
    with pytest.raises(HttpResponseError) as refused:
        client.restore_secret_backup(bytes(blob))
    assert refused.value.status_code == 400
    assert refused.value.error.code == "BadParameter"
