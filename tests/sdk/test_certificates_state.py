"""A certificate, its key and its secret are deleted, recovered, purged, backed up and restored together, and only so."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError

import jwk
from test_certificates import encoded, made, parsed, refused
from test_certificates_issued import begun


def all_are_gone(certificates, keys, client, name):
    for call in (certificates.get_certificate, keys.get_key, client.get_secret):
        with pytest.raises(ResourceNotFoundError):
            call(name)


def test_the_three_are_deleted_and_recovered_together(certificates, keys, client, name):
    first, second = (made(certificates, name, tags={"a": "1"}) for _ in range(2))
    deleted = certificates.begin_delete_certificate(name).result()
    assert deleted.recovery_id.endswith(f"/deletedcertificates/{name}")
    assert deleted.deleted_on and deleted.scheduled_purge_date
    assert (deleted.cer, deleted.properties.version) == (second.cer, second.properties.version)
    all_are_gone(certificates, keys, client, name)
    with pytest.raises(ResourceNotFoundError):
        certificates.get_certificate_policy(name)

    told = certificates.get_deleted_certificate(name)
    assert (told.cer, told.policy.issuer_name, told.properties.tags) == (second.cer, "Self", {"a": "1"})
    for get, collection in ((keys.get_deleted_key, "keys"), (client.get_deleted_secret, "secrets")):
        companion = get(name)
        assert companion.properties.managed is True
        assert companion.recovery_id.endswith(f"/deleted{collection}/{name}")
        assert companion.deleted_date == deleted.deleted_on
        assert companion.scheduled_purge_date == deleted.scheduled_purge_date
    assert name in [item.name for item in certificates.list_deleted_certificates()]

    recovered = certificates.begin_recover_deleted_certificate(name).result()
    assert recovered.cer == second.cer
    assert certificates.get_certificate_version(name, first.properties.version).cer == first.cer
    assert encoded(jwk.public_key(keys.get_key(name).key)) == encoded(parsed(second).public_key())
    assert client.get_secret(name).properties.managed is True
    with pytest.raises(ResourceNotFoundError):
        certificates.get_deleted_certificate(name)
    with pytest.raises(ResourceNotFoundError):
        client.get_deleted_secret(name)


def test_the_three_are_purged_together(certificates, keys, client, name):
    made(certificates, name)
    certificates.begin_delete_certificate(name).wait()
    certificates.purge_deleted_certificate(name)
    for call in (certificates.get_deleted_certificate, keys.get_deleted_key, client.get_deleted_secret):
        with pytest.raises(ResourceNotFoundError):
            call(name)
    for call in (certificates.purge_deleted_certificate, lambda each: certificates.begin_recover_deleted_certificate(each)):
        refused(lambda: call(name), 404, "CertificateNotFound")
    # The name is free for anything.
    client.set_secret(name, "value")
    keys.create_ec_key(name)


def test_a_deleted_certificate_keeps_its_name(certificates, keys, client, authority, name):
    made(certificates, name)
    blob = certificates.backup_certificate(name)
    certificates.begin_delete_certificate(name).wait()
    file, _ = authority.pfx("P-256")
    for call in (
        lambda: made(certificates, name),
        lambda: begun(certificates, name),
        lambda: certificates.import_certificate(name, file),
        lambda: client.set_secret(name, "value"),
        lambda: keys.create_ec_key(name),
    ):
        with pytest.raises(ResourceExistsError) as error:
            call()
        assert error.value.error.code == "Conflict"
        assert error.value.error.innererror["code"] == "ObjectIsDeletedButRecoverable"
    with pytest.raises(ResourceExistsError):
        certificates.restore_certificate_backup(blob)
    refused(lambda: certificates.begin_delete_certificate(name), 404, "CertificateNotFound")


def test_the_making_goes_with_its_certificate(certificates, name):
    made(certificates, name)
    begun(certificates, name)
    certificates.begin_delete_certificate(name).wait()
    refused(lambda: certificates.get_certificate_operation(name), 404, "PendingCertificateNotFound")
    certificates.begin_recover_deleted_certificate(name).wait()
    refused(lambda: certificates.get_certificate_operation(name), 404, "PendingCertificateNotFound")
    made(certificates, name)


def test_deleted_certificates_are_listed_over_many_pages(certificates, name):
    names = [f"{name}-{number}" for number in range(5)]
    for each in names:
        made(certificates, each)
        certificates.begin_delete_certificate(each).wait()
    found = [item for item in certificates.list_deleted_certificates(max_page_size=2) if item.name.startswith(name)]
    assert [item.name for item in found] == names
    assert all(item.recovery_id and item.deleted_on and item.scheduled_purge_date for item in found)


def test_the_key_and_the_secret_of_a_certificate_are_not_changed_alone(certificates, keys, client, rest, name):
    certificate = made(certificates, name)
    forbidden = [
        lambda: client.set_secret(name, "value"),
        lambda: client.update_secret_properties(name, enabled=False),
        lambda: client.update_secret_properties(name, tags={"a": "1"}),
        lambda: client.begin_delete_secret(name),
        lambda: keys.create_ec_key(name),
        lambda: keys.import_key(name, jwk.ec_key("P-256")[1]),
        lambda: keys.update_key_properties(name, enabled=False),
        lambda: keys.rotate_key(name),
        lambda: keys.begin_delete_key(name),
    ]
    for number, call in enumerate(forbidden):
        with pytest.raises(HttpResponseError) as error:
            call()
        assert (error.value.status_code, error.value.error.code) == (403, "Forbidden"), number
    policy = {"lifetimeActions": [{"trigger": {"timeAfterCreate": "P30D"}, "action": {"type": "Rotate"}}]}
    assert rest.data("PUT", f"/keys/{name}/rotationpolicy", json=policy).status_code == 403
    told = certificates.get_certificate(name)
    assert (told.properties.version, told.properties.updated_on) == (certificate.properties.version, certificate.properties.updated_on)
    assert client.get_secret(name).properties.version == certificate.properties.version
    assert keys.get_key(name).properties.version == certificate.properties.version

    certificates.begin_delete_certificate(name).wait()
    for call in (
        lambda: client.begin_recover_deleted_secret(name),
        lambda: client.purge_deleted_secret(name),
        lambda: keys.begin_recover_deleted_key(name),
        lambda: keys.purge_deleted_key(name),
    ):
        refused(call, 403, "Forbidden")
    certificates.begin_recover_deleted_certificate(name).wait()


def test_the_key_and_the_secret_say_that_they_are_managed(certificates, keys, client, rest, name):
    certificate = made(certificates, name)
    key, secret = keys.get_key(name), client.get_secret(name)
    assert (key.properties.managed, secret.properties.managed) == (True, True)
    assert secret.properties.key_id == certificate.key_id == key.id
    for item in (
        next(item for item in keys.list_properties_of_keys() if item.name == name),
        next(item for item in client.list_properties_of_secrets() if item.name == name),
    ):
        assert item.managed is True
    # The times of the key and the secret are the certificate's.
    for properties in (key.properties, secret.properties):
        assert properties.not_before == certificate.properties.not_before
        assert properties.expires_on == certificate.properties.expires_on
    body = rest.data("GET", f"/certificates/{name}/").json()
    assert set(body) == {"id", "kid", "sid", "x5t", "cer", "attributes", "policy"}


def test_a_certificate_does_not_take_the_name_of_a_key_or_a_secret(certificates, keys, client, authority, name):
    file, _ = authority.pfx("P-256")
    keys.create_ec_key(f"{name}-key")
    client.set_secret(f"{name}-secret", "value")
    for taken in (f"{name}-key", f"{name}-secret"):
        refused(lambda: made(certificates, taken), 409, "Conflict")
        refused(lambda: certificates.import_certificate(taken, file), 409, "Conflict")
        refused(lambda: certificates.get_certificate(taken), 404, "CertificateNotFound")
        refused(lambda: begun(certificates, taken), 409, "Conflict")
    assert client.get_secret(f"{name}-secret").value == "value"
    with pytest.raises(ResourceNotFoundError):
        client.get_secret(f"{name}-key")


def test_a_backup_brings_all_versions_of_all_three_back(certificates, keys, client, name):
    first, second = (made(certificates, name, tags={"a": "1"}) for _ in range(2))
    secrets = {each.properties.version: client.get_secret(name, each.properties.version).value for each in (first, second)}
    blob = certificates.backup_certificate(name)
    with pytest.raises(ResourceExistsError) as taken:
        certificates.restore_certificate_backup(blob)
    assert taken.value.error.code == "Conflict"
    certificates.begin_delete_certificate(name).wait()
    certificates.purge_deleted_certificate(name)
    # A key of the name alone is in the way too.
    keys.create_ec_key(name)
    with pytest.raises(ResourceExistsError):
        certificates.restore_certificate_backup(blob)
    keys.begin_delete_key(name).wait()
    keys.purge_deleted_key(name)

    restored = certificates.restore_certificate_backup(blob)
    assert (restored.cer, restored.properties.tags, restored.policy.issuer_name) == (second.cer, {"a": "1"}, "Self")
    assert certificates.get_certificate_version(name, first.properties.version).cer == first.cer
    assert encoded(jwk.public_key(keys.get_key(name).key)) == encoded(parsed(second).public_key())
    for version, value in secrets.items():
        assert client.get_secret(name, version).value == value
    refused(lambda: client.begin_delete_secret(name), 403, "Forbidden")
    made(certificates, name)


def test_a_backup_that_was_tampered_with_or_is_of_something_else_is_refused(certificates, keys, client, name):
    made(certificates, name)
    blob = certificates.backup_certificate(name)
    keys.create_ec_key(f"{name}-key")
    client.set_secret(f"{name}-secret", "value")
    others = [keys.backup_key(f"{name}-key"), client.backup_secret(f"{name}-secret")]
    certificates.begin_delete_certificate(name).wait()
    certificates.purge_deleted_certificate(name)
    for place in (0, 1, len(blob) // 2, len(blob) - 1):
        wrong = bytearray(blob)
        wrong[place] ^= 1
        refused(lambda: certificates.restore_certificate_backup(bytes(wrong)))
    for wrong in (*others, blob[:-1], blob + b"\0", b"garbage"):
        refused(lambda: certificates.restore_certificate_backup(wrong))
    # Nor is a certificate's backup one of a key or a secret, and its parts cannot be backed up alone and restored so.
    for call in (keys.restore_key_backup, client.restore_secret_backup):
        with pytest.raises(HttpResponseError) as error:
            call(blob)
        assert error.value.status_code == 400
    assert certificates.restore_certificate_backup(blob).name == name
