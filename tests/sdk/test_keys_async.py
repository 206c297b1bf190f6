"""The same through the asynchronous clients of keys, which use another HTTP library."""

import asyncio
import hashlib

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.keyvault.keys import KeyRotationLifetimeAction, KeyRotationPolicy, KeyRotationPolicyAction
from azure.keyvault.keys.aio import KeyClient
from azure.keyvault.keys.crypto import EncryptionAlgorithm, KeyWrapAlgorithm, SignatureAlgorithm
from azure.keyvault.keys.crypto.aio import CryptographyClient

import jwk
from async_clients import run

DIGEST = hashlib.sha256(b"message").digest()


def test_the_whole_life_of_a_key(gateway, name):
    async def story(keys):
        first = await keys.create_ec_key(name, curve="P-384", tags={"a": "1"})
        imported = await keys.import_key(name, jwk.rsa_key()[1])
        symmetric = await keys.create_oct_key(f"{name}-oct", size=256)
        assert (first.key.crv, imported.key_type, symmetric.key_type) == ("P-384", "RSA", "oct")
        assert (await keys.get_key(name)).id == imported.id
        assert (await keys.get_key(name, first.properties.version)).key.x == first.key.x

        changed = await keys.update_key_properties(name, enabled=True, tags={"b": "2"}, key_operations=["sign"])
        assert (changed.properties.tags, changed.key_operations) == ({"b": "2"}, ["sign"])
        rotated = await keys.rotate_key(name)
        versions = [key.version async for key in keys.list_properties_of_key_versions(name, max_page_size=2)]
        assert sorted(versions) == sorted(key.properties.version for key in (first, imported, rotated))
        assert name in [key.name async for key in keys.list_properties_of_keys(max_page_size=3)]

        action = KeyRotationLifetimeAction(KeyRotationPolicyAction.rotate, time_after_create="P30D")
        await keys.update_key_rotation_policy(name, KeyRotationPolicy(), lifetime_actions=[action], expires_in="P90D")
        policy = await keys.get_key_rotation_policy(name)
        assert (policy.expires_in, policy.lifetime_actions[0].time_after_create) == ("P90D", "P30D")
        assert len(await keys.get_random_bytes(16)) == 16

        blob = await keys.backup_key(name)
        with pytest.raises(ResourceExistsError):
            await keys.restore_key_backup(blob)
        assert (await keys.delete_key(name)).name == name
        assert (await keys.get_deleted_key(name)).name == name
        assert name in [key.name async for key in keys.list_deleted_keys()]
        await keys.recover_deleted_key(name)
        assert (await keys.get_key(name)).id == rotated.id

        await keys.delete_key(name)
        await keys.purge_deleted_key(name)
        with pytest.raises(ResourceNotFoundError):
            await keys.get_deleted_key(name)
        await keys.restore_key_backup(blob)
        assert (await keys.get_key(name)).id == rotated.id

    run(KeyClient, gateway, story)


def test_the_cryptography_client(gateway, name):
    async def story(keys):
        rsa = await keys.create_rsa_key(f"{name}-rsa")
        ec = await keys.create_ec_key(f"{name}-ec")
        # These share the key client's connections, which closing them would close.
        client = keys.get_cryptography_client(rsa.name)
        encrypted = await client.encrypt(EncryptionAlgorithm.rsa_oaep_256, b"plain")
        assert encrypted.key_id == rsa.id
        assert (await client.decrypt(encrypted.algorithm, encrypted.ciphertext)).plaintext == b"plain"
        wrapped = await client.wrap_key(KeyWrapAlgorithm.rsa_oaep_256, bytes(32))
        assert (await client.unwrap_key(wrapped.algorithm, wrapped.encrypted_key)).key == bytes(32)
        signed = await client.sign(SignatureAlgorithm.ps256, DIGEST)
        assert (await client.verify(signed.algorithm, DIGEST, signed.signature)).is_valid is True

        client = keys.get_cryptography_client(ec.name)
        signed = await client.sign(SignatureAlgorithm.es256, DIGEST)
        assert (await client.verify(signed.algorithm, DIGEST, signed.signature)).is_valid is True
        with pytest.raises(HttpResponseError) as refused:
            await client.sign(SignatureAlgorithm.es384, DIGEST)
        assert refused.value.error.code == "BadParameter"

    run(KeyClient, gateway, story)


def test_many_operations_at_once_do_not_mix(gateway, name):
    async def story(keys):
        made = await asyncio.gather(*(keys.create_ec_key(f"{name}-{number}") for number in range(10)))
        clients = [keys.get_cryptography_client(key.name) for key in made]
        digests = [hashlib.sha256(bytes([number])).digest() for number in range(10)]
        signed = await asyncio.gather(
            *(client.sign(SignatureAlgorithm.es256, digest) for client, digest in zip(clients, digests))
        )
        for key, digest, each in zip(made, digests, signed):
            assert each.key_id == key.id
            async with CryptographyClient(key, object()) as local:
                assert (await local.verify(SignatureAlgorithm.es256, digest, each.signature)).is_valid is True

    run(KeyClient, gateway, story)
