"""Certificates that were made outside and are brought with their keys, and the secrets they become."""

import base64
from datetime import datetime, timezone

import pytest
from azure.keyvault.certificates import CertificatePolicy
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from openssl import der_of, openssl, read_pfx
from test_certificates import PEM, PKCS12, encoded, made, parsed, refused

KINDS = ["RSA", "RSA-3072", "P-256", "P-384", "P-521", "P-256K"]
LEGACY = ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "sha1"]


def pem_policy():
    return CertificatePolicy("Unknown", content_type=PEM)


def private_key(value):
    """The private key and the certificates of a secret, in either form."""
    if value.startswith("-----BEGIN"):
        return serialization.load_pem_private_key(value.encode(), None), x509.load_pem_x509_certificates(value.encode())
    private, leaf, chain = pkcs12.load_key_and_certificates(base64.b64decode(value), None)
    return private, [leaf, *chain]


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_openssl_is_imported(certificates, client, authority, name, tmp_path, kind):
    file, leaf = authority.pfx(kind, "correct horse")
    imported = certificates.import_certificate(name, file, password="correct horse", tags={"a": "1"})
    assert bytes(imported.cer) == leaf
    assert imported.properties.tags == {"a": "1"}
    policy = imported.policy
    assert (policy.issuer_name, policy.content_type, policy.exportable) == ("Unknown", PKCS12, True)
    assert policy.subject == "CN=imported.example"
    assert policy.san_dns_names == ["imported.example", "www.imported.example"]
    assert policy.key_usage == ["digitalSignature"]
    assert policy.enhanced_key_usage == ["1.3.6.1.5.5.7.3.1"]
    if kind.startswith("RSA"):
        assert (policy.key_type, policy.key_size) == ("RSA", 3072 if kind == "RSA-3072" else 2048)
    else:
        assert (policy.key_type, policy.key_curve_name) == ("EC", kind)
    assert [(action.action, action.lifetime_percentage) for action in policy.lifetime_actions] == [("EmailContacts", 80)]

    secret = client.get_secret(name)
    assert secret.properties.content_type == PKCS12
    private, chain = private_key(secret.value)
    assert encoded(private.public_key()) == encoded(parsed(imported).public_key())
    assert [each.public_bytes(serialization.Encoding.DER) for each in chain] == [leaf, *authority.chain()]
    assert "PRIVATE KEY" in read_pfx(secret.value, tmp_path)


@pytest.mark.parametrize("legacy", [False, True], ids=["usual", "legacy"])
@pytest.mark.parametrize("chain", [False, True], ids=["alone", "chain"])
@pytest.mark.parametrize("password", ["", "pass word ü€"], ids=["open", "password"])
def test_forms_of_files_are_read(certificates, authority, name, legacy, chain, password):
    file, leaf = authority.pfx("P-256", password, *(LEGACY if legacy else []), chain=chain)
    imported = certificates.import_certificate(name, file, password=password or None)
    assert bytes(imported.cer) == leaf


@pytest.mark.parametrize("password", [b"", b"password"], ids=["open", "password"])
def test_a_file_of_cryptography_is_imported(certificates, client, authority, name, password):
    key, leaf = authority.leaf("RSA")
    private = serialization.load_pem_private_key(key.read_bytes(), None)
    certificate = x509.load_pem_x509_certificate(leaf.read_bytes())
    chain = [x509.load_der_x509_certificate(each) for each in authority.chain()]
    protection = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    file = pkcs12.serialize_key_and_certificates(b"name", private, certificate, chain, protection)
    imported = certificates.import_certificate(name, file, password=password.decode() or None)
    assert parsed(imported) == certificate
    kept, told = private_key(client.get_secret(name).value)
    assert kept.private_numbers() == private.private_numbers()
    assert told == [certificate, *chain]


@pytest.mark.parametrize("kind", ["RSA", "P-384"])
def test_pem_is_imported_through_the_sdk_and_as_it_is(certificates, rest, client, authority, name, kind):
    key, leaf = authority.leaf(kind)
    text = key.read_text() + leaf.read_text() + authority.middle.read_text()
    # The SDK puts the text into base64; the interface's description has it as it is.
    imported = certificates.import_certificate(name, text.encode(), policy=pem_policy())
    assert bytes(imported.cer) == der_of(leaf)
    body = {"value": text, "policy": {"secret_props": {"contentType": PEM}}}
    answer = rest.data("POST", f"/certificates/{name}/import", json=body)
    assert answer.status_code == 200, answer.text
    assert base64.b64decode(answer.json()["cer"]) == der_of(leaf)
    secret = client.get_secret(name)
    assert secret.properties.content_type == PEM
    private, chain = private_key(secret.value)
    assert encoded(private.public_key()) == encoded(parsed(imported).public_key())
    assert [each.public_bytes(serialization.Encoding.DER) for each in chain] == [der_of(leaf), authority.chain()[0]]


def test_what_cannot_be_imported_is_refused_plainly(certificates, rest, authority, name):
    file, leaf = authority.pfx("P-256", "right")
    key, leaf_pem = authority.leaf("P-256")
    stranger, _ = authority.leaf("P-384")
    without_key = openssl("pkcs12", "-export", "-nokeys", "-in", leaf_pem, "-passout", "pass:")
    encrypted = openssl("pkey", "-in", key, "-aes256", "-passout", "pass:right")

    def said(content, **options):
        message = refused(lambda: certificates.import_certificate(name, content, **options))
        assert "right" not in message and "BEGIN" not in message
        return message

    assert "password" in said(file, password="wrong")
    assert "password" in said(file)
    assert "private key" in said(without_key)
    assert "private key" in said(leaf_pem.read_bytes(), policy=pem_policy())
    assert said(b"garbage")
    assert said(b"")
    assert said(file[:-1], password="right")
    assert said(file[: len(file) // 2], password="right")
    assert said(key.read_bytes(), policy=pem_policy())
    assert said(encrypted + leaf_pem.read_bytes(), policy=pem_policy())
    assert said(stranger.read_bytes() + leaf_pem.read_bytes(), policy=pem_policy())
    for body in ({}, {"value": None}, {"value": 1}, {"value": "not base64!"}, {"value": "A" * (200 * 1024)}):
        answer = rest.data("POST", f"/certificates/{name}/import", json=body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadParameter"), body
    refused(lambda: certificates.get_certificate(name), 404, "CertificateNotFound")


def test_a_key_that_certificates_cannot_have_is_refused(certificates, authority, name, tmp_path):
    for options in (["rsa:1024"], ["ed25519"]):
        key, leaf = tmp_path / "odd.key", tmp_path / "odd.pem"
        openssl("req", "-x509", "-newkey", *options, "-noenc", "-keyout", key, "-out", leaf, "-subj", "/CN=odd")
        refused(lambda: certificates.import_certificate(name, key.read_bytes() + leaf.read_bytes(), policy=pem_policy()))


def test_an_expired_certificate_is_imported_and_its_secret_told(certificates, client, name):
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "expired")])
    begin, end = datetime(2020, 1, 1, tzinfo=timezone.utc), datetime(2021, 1, 1, tzinfo=timezone.utc)
    builder = x509.CertificateBuilder(subject, subject, private.public_key(), x509.random_serial_number(), begin, end)
    certificate = builder.sign(private, hashes.SHA256())
    file = pkcs12.serialize_key_and_certificates(None, private, certificate, None, serialization.NoEncryption())
    imported = certificates.import_certificate(name, file)
    assert parsed(imported) == certificate
    assert (imported.properties.not_before, imported.properties.expires_on) == (begin, end)
    assert client.get_secret(name).properties.expires_on == end


def test_an_import_is_a_new_version(certificates, authority, name):
    first = made(certificates, name)
    file, leaf = authority.pfx("RSA")
    second = certificates.import_certificate(name, file, enabled=False)
    assert second.properties.version != first.properties.version
    assert certificates.get_certificate(name).properties.enabled is False
    assert len(list(certificates.list_properties_of_certificate_versions(name))) == 2


def test_the_policy_that_is_given_counts_beside_the_certificate(certificates, client, authority, name, tmp_path):
    file, leaf = authority.pfx("P-256")
    policy = CertificatePolicy("Self", exportable=False, reuse_key=True, content_type=PKCS12)
    imported = certificates.import_certificate(name, file, policy=policy)
    told = imported.policy
    assert (told.issuer_name, told.exportable, told.reuse_key, told.key_curve_name) == ("Self", False, True, "P-256")
    assert "PRIVATE" not in read_pfx(client.get_secret(name).value, tmp_path)


def test_the_order_of_a_chain_is_kept_where_that_is_asked_for(certificates, client, authority, name):
    key, leaf = authority.leaf("P-256")
    text = key.read_bytes() + leaf.read_bytes() + authority.root.read_bytes() + authority.middle.read_bytes()
    imported = certificates.import_certificate(name, text, policy=pem_policy(), preserve_order=True)
    assert imported.properties.preserve_order is True
    _, kept = private_key(client.get_secret(name).value)
    middle, root = authority.chain()
    assert [each.public_bytes(serialization.Encoding.DER) for each in kept] == [der_of(leaf), root, middle]


def test_a_pfx_secret_is_told_as_pem_where_that_is_asked_for(certificates, rest, authority, name):
    file, leaf = authority.pfx("RSA", "password")
    certificates.import_certificate(name, file, password="password")
    answer = rest.data("GET", f"/secrets/{name}?outContentType={PEM}", version="2026-04-01")
    assert answer.status_code == 200, answer.text
    assert answer.json()["contentType"] == PEM
    private, chain = private_key(answer.json()["value"])
    assert [each.public_bytes(serialization.Encoding.DER) for each in chain] == [leaf, *authority.chain()]
    assert encoded(private.public_key()) == encoded(chain[0].public_key())
    # As it is kept.
    same = rest.data("GET", f"/secrets/{name}?outContentType={PKCS12}", version="2026-04-01")
    assert same.status_code in (200, 400)
    for wrong in ("text/plain", "application/x-pem", ""):
        answer = rest.data("GET", f"/secrets/{name}?outContentType={wrong}", version="2026-04-01")
        assert answer.status_code == 400, (wrong, answer.text)


def test_other_conversions_are_refused(certificates, rest, client, name):
    made(certificates, name, CertificatePolicy("Self", subject="CN=pem", key_type="EC", content_type=PEM))
    client.set_secret(f"{name}-plain", "value", content_type="text/plain")
    for path in (f"/secrets/{name}?outContentType={PKCS12}", f"/secrets/{name}-plain?outContentType={PEM}"):
        answer = rest.data("GET", path, version="2026-04-01")
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadParameter"), path
