"""Secure key release through the SDK; `cryptography` plays the authority and the environment."""

import base64
import json
import time

import jwt
import pytest
from azure.core.exceptions import HttpResponseError
from azure.keyvault.keys import KeyClient, KeyExportEncryptionAlgorithm, KeyReleasePolicy
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

import test_serve
from clients import credential
from gateway import Gateway

ISSUER = "https://attest.example"
HASHES = {
    KeyExportEncryptionAlgorithm.ckm_rsa_aes_key_wrap: hashes.SHA1,
    KeyExportEncryptionAlgorithm.rsa_aes_key_wrap_256: hashes.SHA256,
    KeyExportEncryptionAlgorithm.rsa_aes_key_wrap_384: hashes.SHA384,
}


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def jwk_of(key, **more):
    return jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True) | more


class World:
    """A served gateway that trusts one authority, the authority, and an environment."""

    def __init__(self, served, authority):
        self.client = KeyClient(served.vault_url, credential(served))
        self.served, self.authority = served, authority
        self.enclave = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def attest(self, **claims):
        own = {"kid": "enclave", "key_use": "enc"}
        claims = {
            "iss": ISSUER,
            "exp": int(time.time()) + 300,
            "x-ms-runtime": {"keys": [jwk_of(self.enclave, **own)]},
        } | claims
        return jwt.encode(claims, self.authority, algorithm="PS256", headers={"kid": "attest-1"})

    def unwrap(self, released, algorithm):
        _, payload, _ = released.value.split(".")
        payload = json.loads(decode(payload))
        wrapped = decode(json.loads(decode(payload["response"]["key"]["key"]["key_hsm"]))["ciphertext"])
        hash_ = HASHES[algorithm]()
        oaep = padding.OAEP(mgf=padding.MGF1(hash_), algorithm=hash_, label=None)
        between = self.enclave.decrypt(wrapped[:256], oaep)
        return keywrap.aes_key_unwrap_with_padding(between, wrapped[256:]), payload


@pytest.fixture
def world(tmp_path, monkeypatch):
    authority = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    keys = {"keys": [jwk_of(authority, kid="attest-1", use="sig")]}
    (tmp_path / "attest.jwks.json").write_text(json.dumps(keys))
    maker = Gateway()
    served = None
    try:
        maker.start()
        maker.stop()
        served = test_serve.Served(tmp_path, maker.data)
        with open(tmp_path / "portcullis.toml", "a") as configuration:
            configuration.write(
                f'[[attestation_authority]]\nissuer = "{ISSUER}"\nkeys_file = "attest.jwks.json"\n'
                '[[role_assignment]]\nprincipal = "service"\nrole = "Key Vault Crypto Officer"\nvault = "prod"\n'
            )
        for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
            monkeypatch.setenv(name, served.ca_file)
        served.start()
        yield World(served, authority)
    finally:
        if served is not None:
            served.kill()
        maker.close()


def policy(**condition):
    conditions = [{"claim": "secure.boot", **condition}]
    text = json.dumps({"version": "1.0.0", "anyOf": [{"authority": ISSUER, "allOf": conditions}]})
    return KeyReleasePolicy(text.encode())


def public_der(key):
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def test_a_key_is_released_to_the_attested_environment(world):
    wanted = policy(equals=True)
    made = world.client.create_rsa_key("rsa", size=2048, exportable=True, release_policy=wanted)
    world.client.create_ec_key("ec", curve="P-256", exportable=True, release_policy=wanted)
    target = world.attest(secure={"boot": True})
    for name in ("rsa", "ec"):
        for algorithm in HASHES:
            released = world.client.release_key(name, target, algorithm=algorithm, nonce="n-1")
            bare, payload = world.unwrap(released, algorithm)
            key = serialization.load_der_private_key(bare, None)
            request = payload["request"]
            assert (request["nonce"], request["enc"]) == ("n-1", algorithm.value)
            assert payload["response"]["key"]["attributes"]["exportable"] is True
            if name == "rsa":
                numbers = key.public_key().public_numbers()
                assert numbers.n == int.from_bytes(made.key.n, "big")
                assert request["kid"] == made.id
            else:
                assert isinstance(key, ec.EllipticCurvePrivateKey)
                told = world.client.get_key("ec").key
                assert key.public_key().public_numbers().x == int.from_bytes(told.x, "big")


def test_the_published_key_verifies_the_answer(world):
    world.client.create_ec_key("ec", exportable=True, release_policy=policy(equals=True))
    released = world.client.release_key("ec", world.attest(secure={"boot": True}))
    login = world.served.settings["AZURE_AUTHORITY_HOST"]
    keys = jwt.PyJWKClient(f"{login}/.well-known/portcullis/release-keys")
    signing_key = keys.get_signing_key_from_jwt(released.value)
    assert jwt.decode(released.value, signing_key, algorithms=["ES256"])["request"]["kid"].endswith(
        world.client.get_key("ec").properties.version
    )


def test_another_environment_and_another_authority_get_nothing(world):
    world.client.create_ec_key("ec", exportable=True, release_policy=policy(equals=True))
    denied = world.attest(secure={"boot": False})
    expired = world.attest(secure={"boot": True}, exp=int(time.time()) - 1)
    world.authority = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    forged = world.attest(secure={"boot": True})
    for target in (denied, expired, forged):
        with pytest.raises(HttpResponseError) as refused:
            world.client.release_key("ec", target)
        assert refused.value.status_code == 403
        assert refused.value.error.innererror["code"] == "ForbiddenByReleasePolicy"
    with pytest.raises(HttpResponseError) as refused:
        world.client.release_key("ec", "not a token")
    assert refused.value.status_code == 400


def test_a_policy_that_is_not_understood_is_refused(world):
    with pytest.raises(HttpResponseError) as refused:
        world.client.create_ec_key("bad", exportable=True, release_policy=policy(like="x*"))
    assert refused.value.status_code == 400
    with pytest.raises(HttpResponseError) as refused:
        world.client.create_ec_key("bad", exportable=True)
    assert refused.value.status_code == 400
