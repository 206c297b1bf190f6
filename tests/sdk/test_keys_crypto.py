"""What keys do, through the SDK's `CryptographyClient`: at the gateway, in the client, and checked from the outside.

The SDK does by itself what the public key is enough for, if it may read the key. A token that is narrowed to everything
but KeyGet sends every operation to the gateway; one narrowed to KeyGet leaves only what needs no gateway.
"""

import hashlib
import hmac
import os
import shutil
import subprocess

import pytest
from azure.core.exceptions import HttpResponseError
from azure.keyvault.keys.crypto import EncryptionAlgorithm, KeyWrapAlgorithm, SignatureAlgorithm
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import jwk
from clients import Recorder, cryptography_client, cryptography_only, key_client, only

HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}
RSA_SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
EC_SIGNATURES = {"ES256": "P-256", "ES256K": "P-256K", "ES384": "P-384", "ES512": "P-521"}
RSA_CIPHERS = ["RSA-OAEP-256", "RSA-OAEP", "RSA1_5"]
SIZES = [128, 192, 256]
EVERYTHING = ["encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify"]


class Imported:
    """A key of which the test knows everything, at the gateway."""

    def __init__(self, keys, label, private, importable):
        operations = {"EC": ["sign", "verify"]}.get(importable.kty, EVERYTHING)
        importable.key_ops = operations
        self.private = private
        self.key = keys.import_key(label, importable)


@pytest.fixture(scope="module")
def imported(gateway):
    """A key of each kind, by its curve, its size or as `RSA`."""
    with key_client(gateway) as keys:
        made = {"RSA": jwk.rsa_key()}
        made |= {curve: jwk.ec_key(curve) for curve in jwk.CURVES}
        made |= {size: jwk.oct_key(size) for size in SIZES}
        return {kind: Imported(keys, f"crypto-{kind}", *pair) for kind, pair in made.items()}


@pytest.fixture
def client_of(gateway):
    """Makes clients of keys, and closes them."""
    clients = []

    def make(key, credential=None, **options):
        clients.append(cryptography_client(gateway, key, credential, **options))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


@pytest.fixture
def remote(rest, client_of):
    """Makes clients that may not read the key, so that all is done at the gateway."""
    credential = cryptography_only(rest)
    return lambda key: client_of(key.id, credential)


@pytest.fixture
def local(rest, client_of):
    """Makes clients that may read the key and nothing else."""
    credential = only(rest, "KeyGet")
    return lambda key: client_of(key.id, credential)


def refused(call, status=400, code="BadParameter", inner=None):
    """What is said by the refusal of a call."""
    with pytest.raises(HttpResponseError) as error:
        call()
    assert error.value.status_code == status, error.value
    body = error.value.response.json()["error"]
    assert body["code"] == code
    assert body.get("innererror", {}).get("code") == inner
    return body["message"]


def hash_of(algorithm):
    return HASHES[algorithm[2:5]]


def digest_of(algorithm, message):
    return hashlib.new(hash_of(algorithm).name, message).digest()


def is_genuine(public, algorithm, digest, signature):
    """Whether `cryptography` takes a signature for one of the digest."""
    prehashed = utils.Prehashed(hash_of(algorithm))
    try:
        if algorithm.startswith("RS"):
            public.verify(signature, digest, padding.PKCS1v15(), prehashed)
        elif algorithm.startswith("PS"):
            pss = padding.PSS(padding.MGF1(hash_of(algorithm)), salt_length=hash_of(algorithm).digest_size)
            public.verify(signature, digest, pss, prehashed)
        else:
            half = len(signature) // 2
            r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
            public.verify(utils.encode_dss_signature(r, s), digest, ec.ECDSA(prehashed))
    except InvalidSignature:
        return False
    return True


def kind_of(algorithm):
    return EC_SIGNATURES.get(algorithm, "RSA")


@pytest.mark.parametrize("algorithm", RSA_SIGNATURES + list(EC_SIGNATURES))
def test_signatures_agree_everywhere(imported, remote, local, algorithm):
    key = imported[kind_of(algorithm)]
    digest, other = digest_of(algorithm, b"message"), digest_of(algorithm, b"other message")
    signer = remote(key.key)
    signed = signer.sign(SignatureAlgorithm(algorithm), digest)
    assert signed.key_id == key.key.id

    public = key.private.public_key()
    assert is_genuine(public, algorithm, digest, signed.signature)
    assert not is_genuine(public, algorithm, other, signed.signature)
    expected = {"ES256": 64, "ES256K": 64, "ES384": 96, "ES512": 132}.get(algorithm, 256)
    assert len(signed.signature) == expected

    changed = bytearray(signed.signature)
    changed[-1] ^= 1
    for verifier in (signer, local(key.key)):
        assert verifier.verify(SignatureAlgorithm(algorithm), digest, signed.signature).is_valid is True
        assert verifier.verify(SignatureAlgorithm(algorithm), other, signed.signature).is_valid is False
        assert verifier.verify(SignatureAlgorithm(algorithm), digest, bytes(changed)).is_valid is False


@pytest.mark.parametrize("algorithm", ["RS256", "PS384", *EC_SIGNATURES])
def test_signatures_from_outside_are_verified(imported, remote, algorithm):
    key = imported[kind_of(algorithm)]
    digest = digest_of(algorithm, b"message")
    prehashed = utils.Prehashed(hash_of(algorithm))
    if algorithm.startswith("RS"):
        signature = key.private.sign(digest, padding.PKCS1v15(), prehashed)
        # This one leaves nothing to chance: both sign alike.
        assert remote(key.key).sign(SignatureAlgorithm(algorithm), digest).signature == signature
    elif algorithm.startswith("PS"):
        pss = padding.PSS(padding.MGF1(hash_of(algorithm)), salt_length=hash_of(algorithm).digest_size)
        signature = key.private.sign(digest, pss, prehashed)
    else:
        r, s = utils.decode_dss_signature(key.private.sign(digest, ec.ECDSA(prehashed)))
        length = (key.private.key_size + 7) // 8
        signature = r.to_bytes(length, "big") + s.to_bytes(length, "big")
    assert remote(key.key).verify(SignatureAlgorithm(algorithm), digest, signature).is_valid is True


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512"])
def test_message_authentication_is_the_one_of_the_standard_library(imported, remote, algorithm, size):
    key = imported[size]
    message = digest_of(algorithm, b"message")
    client = remote(key.key)
    signed = client.sign(SignatureAlgorithm(algorithm), message)
    assert signed.signature == hmac.new(key.private, message, hash_of(algorithm).name).digest()
    assert client.verify(SignatureAlgorithm(algorithm), message, signed.signature).is_valid is True
    assert client.verify(SignatureAlgorithm(algorithm), message[:-1], signed.signature).is_valid is False
    assert client.verify(SignatureAlgorithm(algorithm), message, signed.signature[:-1]).is_valid is False


def outside_padding(algorithm):
    if algorithm == "RSA1_5":
        return padding.PKCS1v15()
    chosen = hashes.SHA256() if algorithm == "RSA-OAEP-256" else hashes.SHA1()
    return padding.OAEP(padding.MGF1(chosen), chosen, None)


@pytest.mark.parametrize("algorithm", RSA_CIPHERS)
def test_rsa_ciphertexts_agree_everywhere(imported, remote, local, algorithm):
    key = imported["RSA"]
    plain = os.urandom(32)
    chosen = EncryptionAlgorithm(algorithm)
    holder = remote(key.key)
    ciphertexts = {
        "gateway": holder.encrypt(chosen, plain).ciphertext,
        "client": local(key.key).encrypt(chosen, plain).ciphertext,
        "outside": key.private.public_key().encrypt(plain, outside_padding(algorithm)),
    }
    for where, ciphertext in ciphertexts.items():
        assert holder.decrypt(chosen, ciphertext).plaintext == plain, where
        assert key.private.decrypt(ciphertext, outside_padding(algorithm)) == plain, where

    wrapping = KeyWrapAlgorithm(algorithm)
    wrapped = {
        "gateway": holder.wrap_key(wrapping, plain).encrypted_key,
        "client": local(key.key).wrap_key(wrapping, plain).encrypted_key,
        "outside": ciphertexts["outside"],
    }
    for where, each in wrapped.items():
        assert holder.unwrap_key(wrapping, each).key == plain, where


@pytest.mark.parametrize("algorithm", RSA_CIPHERS)
def test_rsa_takes_as_much_as_its_padding_leaves_and_no_more(imported, remote, algorithm):
    key = imported["RSA"]
    longest = 256 - {"RSA1_5": 11, "RSA-OAEP": 42, "RSA-OAEP-256": 66}[algorithm]
    client, chosen = remote(key.key), EncryptionAlgorithm(algorithm)
    for plain in (b"", os.urandom(longest)):
        assert client.decrypt(chosen, client.encrypt(chosen, plain).ciphertext).plaintext == plain
    refused(lambda: client.encrypt(chosen, os.urandom(longest + 1)))


def test_what_does_not_decrypt_is_refused_in_one_way(imported, remote):
    """Whatever was wrong inside: the words must not be an oracle."""
    client = remote(imported["RSA"].key)
    ciphertext = bytearray(client.encrypt(EncryptionAlgorithm.rsa_oaep_256, b"plain").ciphertext)
    ciphertext[100] ^= 1
    wrong = [bytes(ciphertext), os.urandom(256), bytes(256), b"\xff" * 256]
    for algorithm in RSA_CIPHERS[:2]:
        words = {refused(lambda each=each: client.decrypt(EncryptionAlgorithm(algorithm), each)) for each in wrong}
        assert len(words) == 1


@pytest.mark.parametrize("size", SIZES)
def test_gcm_authenticates_and_its_vector_is_never_the_callers(imported, remote, size):
    key = imported[size]
    client, algorithm = remote(key.key), EncryptionAlgorithm(f"A{size}GCM")
    for plain, aad in ((b"plain text of any length", b"header"), (b"", None), (os.urandom(10_000), None)):
        sealed = client.encrypt(algorithm, plain, additional_authenticated_data=aad)
        assert AESGCM(key.private).decrypt(sealed.iv, sealed.ciphertext + sealed.tag, aad) == plain
        opened = client.decrypt(
            algorithm, sealed.ciphertext, iv=sealed.iv, authentication_tag=sealed.tag, additional_authenticated_data=aad
        )
        assert opened.plaintext == plain
    assert sealed.iv != client.encrypt(algorithm, plain).iv
    parts = {"iv": sealed.iv, "authentication_tag": sealed.tag}
    for wrong in (
        {"authentication_tag": bytes(16)},
        {"authentication_tag": sealed.tag[:12]},
        {"iv": bytes(12)},
        {"additional_authenticated_data": b"other"},
    ):
        refused(lambda: client.decrypt(algorithm, sealed.ciphertext, **(parts | wrong)))

    nonce = os.urandom(12)
    outside = AESGCM(key.private).encrypt(nonce, b"from outside", b"aad")
    opened = client.decrypt(
        algorithm, outside[:-16], iv=nonce, authentication_tag=outside[-16:], additional_authenticated_data=b"aad"
    )
    assert opened.plaintext == b"from outside"


@pytest.mark.parametrize("size", SIZES)
def test_cbc_with_and_without_padding_is_the_one_of_cryptography(imported, remote, size):
    key = imported[size]
    client, iv = remote(key.key), os.urandom(16)
    outside = Cipher(algorithms.AES(key.private), modes.CBC(iv))

    plain = os.urandom(48)
    bare = EncryptionAlgorithm(f"A{size}CBC")
    encrypted = client.encrypt(bare, plain, iv=iv)
    encryptor = outside.encryptor()
    assert encrypted.ciphertext == encryptor.update(plain) + encryptor.finalize()
    assert encrypted.iv == iv
    assert client.decrypt(bare, encrypted.ciphertext, iv=iv).plaintext == plain
    refused(lambda: client.encrypt(bare, plain[:-1], iv=iv))
    refused(lambda: client.encrypt(bare, plain, iv=iv[:-1]))

    padded = EncryptionAlgorithm(f"A{size}CBCPAD")
    for length in (0, 1, 15, 16, 17):
        encrypted = client.encrypt(padded, plain[:length], iv=iv)
        decryptor = outside.decryptor()
        fill = 16 - length % 16
        assert decryptor.update(encrypted.ciphertext) + decryptor.finalize() == plain[:length] + bytes([fill]) * fill
        assert client.decrypt(padded, encrypted.ciphertext, iv=iv).plaintext == plain[:length]


@pytest.mark.parametrize("size", SIZES)
def test_aes_key_wrap_is_the_one_of_cryptography(imported, remote, size):
    key, other = imported[size], os.urandom(32)
    client = remote(key.key)
    for algorithm in (f"A{size}KW", "CKM_AES_KEY_WRAP"):
        wrapped = client.wrap_key(KeyWrapAlgorithm(algorithm), other).encrypted_key
        assert wrapped == keywrap.aes_key_wrap(key.private, other)
        assert client.unwrap_key(KeyWrapAlgorithm(algorithm), wrapped).key == other
        refused(lambda: client.unwrap_key(KeyWrapAlgorithm(algorithm), wrapped[:-1] + bytes([wrapped[-1] ^ 1])))
        refused(lambda: client.wrap_key(KeyWrapAlgorithm(algorithm), other[:-1]))
    for length in (1, 8, 20, 32):
        wrapped = client.wrap_key(KeyWrapAlgorithm.ckm_aes_key_wrap_pad, other[:length]).encrypted_key
        assert wrapped == keywrap.aes_key_wrap_with_padding(key.private, other[:length])
        assert client.unwrap_key(KeyWrapAlgorithm.ckm_aes_key_wrap_pad, wrapped).key == other[:length]


def test_algorithms_of_other_keys_are_refused(imported, remote):
    digest = hashlib.sha256(b"message").digest()
    for kind, algorithm in (("RSA", "ES256"), ("P-256", "RS256"), ("P-256", "ES256K"), ("P-256K", "ES256"), (256, "RS256"), ("RSA", "HS256")):
        assert "alg" in refused(lambda: remote(imported[kind].key).sign(SignatureAlgorithm(algorithm), digest))
    for kind, algorithm in (("RSA", "A256GCM"), (128, "A256GCM"), (256, "RSA-OAEP")):
        refused(lambda: remote(imported[kind].key).encrypt(EncryptionAlgorithm(algorithm), b"plain"))
    for kind, algorithm in (("RSA", "A256KW"), (128, "A256KW"), (256, "RSA-OAEP")):
        refused(lambda: remote(imported[kind].key).wrap_key(KeyWrapAlgorithm(algorithm), bytes(16)))
    # A curve's key is for signatures only.
    refused(
        lambda: remote(imported["P-256"].key).encrypt(EncryptionAlgorithm.rsa_oaep, b"plain"),
        status=403,
        code="Forbidden",
        inner="KeyOperationForbidden",
    )


@pytest.mark.parametrize("algorithm", ["RS256", "PS512", *EC_SIGNATURES])
def test_digests_of_another_length_are_refused(imported, remote, algorithm):
    client = remote(imported[kind_of(algorithm)].key)
    digest = digest_of(algorithm, b"message")
    for wrong in (digest[:-1], digest + b"\0", b"message", b""):
        refused(lambda: client.sign(SignatureAlgorithm(algorithm), wrong))
        refused(lambda: client.verify(SignatureAlgorithm(algorithm), wrong, bytes(64)))


def test_the_sdk_does_what_needs_no_private_key_by_itself(imported, client_of):
    key = imported["RSA"].key
    recorder = Recorder()
    client = client_of(key, transport=recorder)
    digest = hashlib.sha256(b"message").digest()
    client.encrypt(EncryptionAlgorithm.rsa_oaep_256, b"plain")
    client.wrap_key(KeyWrapAlgorithm.rsa_oaep_256, bytes(32))
    client.verify(SignatureAlgorithm.rs256, digest, bytes(256))
    assert recorder.statuses == []
    client.sign(SignatureAlgorithm.rs256, digest)
    assert recorder.statuses[-1] == 200


def test_a_caller_that_may_only_read_keys_signs_and_decrypts_nothing(imported, local):
    client = local(imported["RSA"].key)
    ciphertext = client.encrypt(EncryptionAlgorithm.rsa_oaep, b"plain").ciphertext
    for call in (
        lambda: client.decrypt(EncryptionAlgorithm.rsa_oaep, ciphertext),
        lambda: client.unwrap_key(KeyWrapAlgorithm.rsa_oaep, ciphertext),
        lambda: client.sign(SignatureAlgorithm.rs256, bytes(32)),
    ):
        refused(call, status=403, code="Forbidden", inner="ForbiddenByToken")


def test_the_latest_version_is_used_where_none_is_named(keys, client_of, name):
    old, new = keys.create_ec_key(name), keys.create_ec_key(name)
    digest = hashlib.sha256(b"message").digest()
    latest = keys.get_cryptography_client(name).sign(SignatureAlgorithm.es256, digest)
    assert latest.key_id == new.id
    assert is_genuine(jwk.public_key(new.key), "ES256", digest, latest.signature)
    earlier = client_of(old.id).sign(SignatureAlgorithm.es256, digest)
    assert earlier.key_id == old.id
    assert is_genuine(jwk.public_key(old.key), "ES256", digest, earlier.signature)


def test_a_key_of_the_gateway_stands_in_for_one_of_cryptography(keys, name):
    """As its users sign a request for a certificate with it, which `cryptography` then checks."""
    keys.create_rsa_key(name)
    private = keys.get_cryptography_client(name).create_rsa_private_key()
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    request = x509.CertificateSigningRequestBuilder().subject_name(subject).sign(private, hashes.SHA256())
    assert request.is_signature_valid
    ciphertext = private.public_key().encrypt(b"plain", outside_padding("RSA-OAEP-256"))
    assert private.decrypt(ciphertext, outside_padding("RSA-OAEP-256")) == b"plain"


def openssl(folder, *arguments):
    done = subprocess.run(["openssl", *arguments], cwd=folder, capture_output=True, timeout=30)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "ES256K", "ES384", "ES512"])
def test_openssl_verifies_signatures(tmp_path, keys, remote, name, algorithm):
    made = keys.create_rsa_key(name) if kind_of(algorithm) == "RSA" else keys.create_ec_key(name, curve=kind_of(algorithm))
    pem = jwk.public_key(made.key).public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(pem)
    (tmp_path / "message").write_bytes(b"message")
    signature = remote(made).sign(SignatureAlgorithm(algorithm), digest_of(algorithm, b"message")).signature
    if algorithm in EC_SIGNATURES:
        half = len(signature) // 2
        signature = utils.encode_dss_signature(int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big"))
    (tmp_path / "signature").write_bytes(signature)
    options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] if algorithm.startswith("PS") else []
    digest = f"-{hash_of(algorithm).name}"
    said = openssl(tmp_path, "dgst", digest, "-verify", "key.pem", *options, "-signature", "signature", "message")
    assert said.strip() == b"Verified OK"


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("algorithm", RSA_CIPHERS)
def test_openssl_decrypts_and_encrypts(tmp_path, imported, remote, algorithm):
    key = imported["RSA"]
    pem = key.private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "key.pem").write_bytes(pem)
    hash_name = "sha1" if algorithm == "RSA-OAEP" else "sha256"
    oaep = ["-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", f"rsa_oaep_md:{hash_name}", "-pkeyopt", f"rsa_mgf1_md:{hash_name}"]
    options = ["-pkeyopt", "rsa_padding_mode:pkcs1"] if algorithm == "RSA1_5" else oaep
    client, chosen = remote(key.key), EncryptionAlgorithm(algorithm)
    (tmp_path / "ciphertext").write_bytes(client.encrypt(chosen, b"plain").ciphertext)
    assert openssl(tmp_path, "pkeyutl", "-decrypt", "-inkey", "key.pem", *options, "-in", "ciphertext") == b"plain"
    (tmp_path / "plain").write_bytes(b"from openssl")
    ciphertext = openssl(tmp_path, "pkeyutl", "-encrypt", "-inkey", "key.pem", *options, "-in", "plain")
    assert client.decrypt(chosen, ciphertext).plaintext == b"from openssl"


def test_the_python_sdk_wraps_with_a_key_of_its_own_where_it_may_read_a_symmetric_key(imported, client_of, remote):
    """A trap of azure-keyvault-keys, kept here so that it is noticed when it goes: from a symmetric key without its
    value, as every answer is, it makes a local key of random bytes and uses that. What it wraps, nobody unwraps. A caller
    that may not read keys is served by the gateway, and is safe.
    """
    key = imported[256]
    careless = client_of(key.key)
    wrapped = careless.wrap_key(KeyWrapAlgorithm.aes_256, bytes(32)).encrypted_key
    assert wrapped != keywrap.aes_key_wrap(key.private, bytes(32))
    refused(lambda: remote(key.key).unwrap_key(KeyWrapAlgorithm.aes_256, wrapped))
