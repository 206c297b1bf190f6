"""What a key's attributes and operations forbid, and how the SDK's user hears of it."""

import hashlib
from datetime import datetime, timedelta, timezone

import pytest
from azure.core.exceptions import HttpResponseError
from azure.keyvault.keys.crypto import EncryptionAlgorithm, KeyWrapAlgorithm, SignatureAlgorithm

from clients import cryptography_client, cryptography_only

DIGEST = hashlib.sha256(b"message").digest()
MAKING = ["encrypt", "wrapKey", "sign"]
READING = ["decrypt", "unwrapKey", "verify"]


class Used:
    """A key with what each operation needs. The client may not read the key, so that the gateway is asked."""

    def __init__(self, rest, keys, name):
        key = keys.create_rsa_key(name)
        self.client = cryptography_client(rest.gateway, key.id, cryptography_only(rest))
        ciphertext = self.client.encrypt(EncryptionAlgorithm.rsa_oaep, b"plain").ciphertext
        signature = self.client.sign(SignatureAlgorithm.rs256, DIGEST).signature
        self.calls = {
            "encrypt": lambda: self.client.encrypt(EncryptionAlgorithm.rsa_oaep, b"plain"),
            "decrypt": lambda: self.client.decrypt(EncryptionAlgorithm.rsa_oaep, ciphertext),
            "wrapKey": lambda: self.client.wrap_key(KeyWrapAlgorithm.rsa_oaep, bytes(32)),
            "unwrapKey": lambda: self.client.unwrap_key(KeyWrapAlgorithm.rsa_oaep, ciphertext),
            "sign": lambda: self.client.sign(SignatureAlgorithm.rs256, DIGEST),
            "verify": lambda: self.client.verify(SignatureAlgorithm.rs256, DIGEST, signature),
        }

    def refusal(self, operation):
        """The status, the two codes and the words with which an operation is refused."""
        with pytest.raises(HttpResponseError) as refused:
            self.calls[operation]()
        error = refused.value.response.json()["error"]
        return refused.value.status_code, error["code"], error["innererror"]["code"], error["message"]


@pytest.fixture
def used(rest, keys, name):
    used = Used(rest, keys, name)
    yield used
    used.client.close()


def test_a_disabled_key_does_nothing_until_it_is_enabled(used, keys, name):
    keys.update_key_properties(name, enabled=False)
    for operation in MAKING + READING:
        assert used.refusal(operation) == (
            403,
            "Forbidden",
            "KeyDisabled",
            f"Operation {operation} is not allowed on a disabled key.",
        )
    # Its public side is told, and all that may be done with the key as a whole is done.
    assert keys.get_key(name).properties.enabled is False
    keys.backup_key(name)
    keys.begin_delete_key(name).wait()
    keys.begin_recover_deleted_key(name).wait()
    keys.update_key_properties(name, enabled=True)
    for call in used.calls.values():
        call()


@pytest.mark.parametrize(
    "times",
    [
        {"not_before": timedelta(hours=1)},
        {"expires_on": timedelta(hours=-1)},
        {"not_before": timedelta(hours=-2), "expires_on": timedelta(hours=-1)},
    ],
)
def test_a_key_outside_its_time_reads_and_checks_but_makes_nothing(used, keys, name, times):
    now = datetime.now(timezone.utc)
    keys.update_key_properties(name, **{which: now + distance for which, distance in times.items()})
    for operation in MAKING:
        status, code, inner, message = used.refusal(operation)
        assert (status, code, inner) == (403, "Forbidden", "KeyNotYetValidOrExpired")
        assert f"Operation {operation}" in message
    for operation in READING:
        used.calls[operation]()


def test_a_key_within_its_time_does_all(used, keys, name):
    now = datetime.now(timezone.utc)
    keys.update_key_properties(name, not_before=now - timedelta(hours=1), expires_on=now + timedelta(hours=1))
    for call in used.calls.values():
        call()


@pytest.mark.parametrize("permitted", MAKING + READING)
def test_only_the_operations_of_the_key_are_done(used, keys, name, permitted):
    keys.update_key_properties(name, key_operations=[permitted])
    for operation, call in used.calls.items():
        if operation == permitted:
            call()
        else:
            assert used.refusal(operation) == (
                403,
                "Forbidden",
                "KeyOperationForbidden",
                f"Operation {operation} is not permitted on this key.",
            )


def test_a_key_without_operations_does_nothing(used, keys, name):
    keys.update_key_properties(name, key_operations=[])
    assert keys.get_key(name).key_operations == []
    for operation in used.calls:
        assert used.refusal(operation)[2] == "KeyOperationForbidden"


def test_the_state_of_a_version_is_its_own(gateway, keys, name):
    old = keys.create_ec_key(name, enabled=False)
    new = keys.create_ec_key(name)
    with cryptography_client(gateway, new.id) as client:
        client.sign(SignatureAlgorithm.es256, DIGEST)
    with cryptography_client(gateway, old.id) as client:
        with pytest.raises(HttpResponseError) as refused:
            client.sign(SignatureAlgorithm.es256, DIGEST)
    assert refused.value.response.json()["error"]["innererror"]["code"] == "KeyDisabled"


def test_a_deleted_key_does_nothing(used, keys, name):
    keys.begin_delete_key(name).wait()
    for call in used.calls.values():
        with pytest.raises(HttpResponseError) as missing:
            call()
        assert (missing.value.status_code, missing.value.error.code) == (404, "KeyNotFound")
