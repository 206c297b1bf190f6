"""Certificates that the gateway signs with their own keys, and what is told of them."""

import base64
import hashlib
import ipaddress
from datetime import datetime, timedelta, timezone

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.keyvault.certificates import CertificatePolicy, CertificatePolicyAction, LifetimeAction
from azure.keyvault.keys.crypto import SignatureAlgorithm
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

import jwk
from clients import cryptography_client, cryptography_only
from openssl import openssl, read_pfx

PKCS12, PEM = "application/x-pkcs12", "application/x-pem-file"


def made(certificates, name, policy=None, **options):
    """A certificate that is signed at once."""
    policy = policy or CertificatePolicy("Self", subject=f"CN={name}.example", key_type="EC", key_curve_name="P-256")
    return certificates.begin_create_certificate(name, policy, **options).result()


def refused(call, status=400, code="BadParameter"):
    """What is said by the refusal of a call."""
    with pytest.raises(HttpResponseError) as error:
        call()
    assert error.value.status_code == status, error.value
    assert error.value.error.code == code
    return error.value.message


def parsed(certificate):
    return x509.load_der_x509_certificate(bytes(certificate.cer))


def encoded(public):
    return public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def extension(certificate, kind):
    return certificate.extensions.get_extension_for_class(kind)


@pytest.mark.parametrize("form", [PKCS12, PEM])
@pytest.mark.parametrize(
    ("key", "public"),
    [
        ({"key_type": "RSA", "key_size": 2048}, rsa.RSAPublicKey),
        ({"key_type": "RSA", "key_size": 3072}, rsa.RSAPublicKey),
        ({"key_type": "RSA", "key_size": 4096}, rsa.RSAPublicKey),
        ({"key_type": "EC", "key_curve_name": "P-256"}, ec.SECP256R1),
        ({"key_type": "EC", "key_curve_name": "P-384"}, ec.SECP384R1),
        ({"key_type": "EC", "key_curve_name": "P-521"}, ec.SECP521R1),
        ({"key_type": "EC", "key_curve_name": "P-256K"}, ec.SECP256K1),
    ],
    ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else None,
)
def test_each_kind_of_key_is_certified_and_told_with_its_certificate(certificates, keys, client, name, tmp_path, key, public, form):
    policy = CertificatePolicy("Self", subject="CN=one.example", content_type=form, exportable=True, **key)
    certificate = made(certificates, name, policy)
    parts = parsed(certificate)
    certified = parts.public_key()
    if public is rsa.RSAPublicKey:
        assert (type(certified).__name__, certified.key_size) == ("RSAPublicKey", key["key_size"])
    else:
        assert isinstance(certified.curve, public)
    parts.verify_directly_issued_by(parts)

    version = certificate.properties.version
    assert certificate.key_id.endswith(f"/keys/{name}/{version}")
    assert certificate.secret_id.endswith(f"/secrets/{name}/{version}")
    assert encoded(jwk.public_key(keys.get_key(name).key)) == encoded(certified)

    secret = client.get_secret(name)
    assert (secret.properties.version, secret.properties.content_type) == (version, form)
    # `cryptography` and openssl both read key and certificate.
    if form == PKCS12:
        private, leaf, chain = pkcs12.load_key_and_certificates(base64.b64decode(secret.value), None)
        text = read_pfx(secret.value, tmp_path)
    else:
        private = serialization.load_pem_private_key(secret.value.encode(), None)
        leaf, chain = x509.load_pem_x509_certificate(secret.value.encode()), []
        text = secret.value
    assert (leaf, chain) == (parts, [])
    assert encoded(private.public_key()) == encoded(certified)
    assert "-----BEGIN PRIVATE KEY-----" in text
    assert openssl("pkey", "-pubout", "-outform", "DER", given=text.encode()) == encoded(certified)


def test_the_default_policy_makes_a_certificate_for_tls(certificates, name):
    before = datetime.now(timezone.utc).replace(microsecond=0)
    certificate = made(certificates, name, CertificatePolicy.get_default())
    parts = parsed(certificate)
    assert parts.subject.rfc4514_string() == "CN=DefaultPolicy"
    assert parts.issuer == parts.subject
    assert certificate.properties.x509_thumbprint == hashlib.sha1(bytes(certificate.cer)).digest()
    # Ten minutes back, and whole months long.
    begin, end = parts.not_valid_before_utc, parts.not_valid_after_utc
    assert timedelta(0) <= begin - (before - timedelta(minutes=10)) < timedelta(minutes=1)
    assert (end.year - begin.year, end.month, end.day, end.hour) == (1, begin.month, begin.day, begin.hour)
    assert (certificate.properties.not_before, certificate.properties.expires_on) == (begin, end)

    usage = extension(parts, x509.KeyUsage)
    assert usage.critical and usage.value.digital_signature and usage.value.key_encipherment
    assert not usage.value.key_cert_sign and not usage.value.data_encipherment
    assert [eku.dotted_string for eku in extension(parts, x509.ExtendedKeyUsage).value] == [
        "1.3.6.1.5.5.7.3.1",
        "1.3.6.1.5.5.7.3.2",
    ]
    assert extension(parts, x509.BasicConstraints).value.ca is False

    policy = certificate.policy
    assert (policy.issuer_name, policy.key_type, policy.key_size) == ("Self", "RSA", 2048)
    assert (policy.exportable, policy.reuse_key, policy.content_type) == (True, False, PKCS12)
    assert (policy.validity_in_months, policy.enabled) == (12, True)
    assert [(action.action, action.lifetime_percentage) for action in policy.lifetime_actions] == [("AutoRenew", 80)]
    assert policy.created_on and policy.updated_on


def test_alternative_names_of_all_kinds_are_certified(certificates, name):
    policy = CertificatePolicy(
        "Self",
        san_dns_names=["one.example", "*.two.example"],
        san_emails=["a@one.example"],
        san_user_principal_names=["b@one.example"],
        san_uris=["https://one.example/path", "urn:one:two"],
        san_ip_addresses=["192.0.2.7", "2001:db8::7"],
        key_type="EC",
    )
    certificate = made(certificates, name, policy)
    names = extension(parsed(certificate), x509.SubjectAlternativeName)
    # Without a subject the names stand for it (RFC 5280 section 4.2.1.6).
    assert names.critical
    assert names.value.get_values_for_type(x509.DNSName) == ["one.example", "*.two.example"]
    assert names.value.get_values_for_type(x509.RFC822Name) == ["a@one.example"]
    assert names.value.get_values_for_type(x509.UniformResourceIdentifier) == ["https://one.example/path", "urn:one:two"]
    assert list(map(str, names.value.get_values_for_type(x509.IPAddress))) == ["192.0.2.7", "2001:db8::7"]
    (upn,) = names.value.get_values_for_type(x509.OtherName)
    assert upn.type_id.dotted_string == "1.3.6.1.4.1.311.20.2.3"
    assert upn.value.endswith(b"b@one.example")
    told = certificates.get_certificate_policy(name)
    assert told.san_dns_names == ["one.example", "*.two.example"]
    assert told.san_emails == ["a@one.example"]
    assert told.san_user_principal_names == ["b@one.example"]
    assert told.san_uris == ["https://one.example/path", "urn:one:two"]
    assert [ipaddress.ip_address(each) for each in told.san_ip_addresses] == [
        ipaddress.ip_address("192.0.2.7"),
        ipaddress.ip_address("2001:db8::7"),
    ]


def test_a_subject_of_many_parts_is_certified(certificates, name):
    subject = "CN=one.example, OU=Gates, O=\"Portcullis, Ltd\", L=Zürich, C=CH"
    parts = parsed(made(certificates, name, CertificatePolicy("Self", subject=subject, key_type="EC")))
    found = {attribute.rfc4514_attribute_name: attribute.value for attribute in parts.subject}
    assert found == {"CN": "one.example", "OU": "Gates", "O": "Portcullis, Ltd", "L": "Zürich", "C": "CH"}


def test_usages_and_validity_are_certified_as_asked(certificates, keys, name):
    policy = CertificatePolicy(
        "Self",
        subject="CN=usages",
        enhanced_key_usage=["1.3.6.1.5.5.7.3.3", "1.3.6.1.4.1.311.10.3.4"],
        key_usage=["digitalSignature", "nonRepudiation", "dataEncipherment"],
        validity_in_months=25,
        key_type="RSA",
    )
    parts = parsed(made(certificates, name, policy))
    assert [eku.dotted_string for eku in extension(parts, x509.ExtendedKeyUsage).value] == [
        "1.3.6.1.5.5.7.3.3",
        "1.3.6.1.4.1.311.10.3.4",
    ]
    usage = extension(parts, x509.KeyUsage).value
    assert usage.digital_signature and usage.content_commitment and usage.data_encipherment
    assert not usage.key_encipherment and not usage.key_agreement
    begin, end = parts.not_valid_before_utc, parts.not_valid_after_utc
    assert (end.year * 12 + end.month) - (begin.year * 12 + begin.month) == 25
    assert sorted(keys.get_key(name).key_operations) == ["decrypt", "encrypt", "sign", "verify"]


def test_tags_and_a_disabled_state_reach_all_three(gateway, certificates, keys, client, rest, name):
    certificate = made(certificates, name, enabled=False, tags={"a": "1"})
    assert (certificate.properties.enabled, certificate.properties.tags) == (False, {"a": "1"})
    refused(lambda: client.get_secret(name), 403, "Forbidden")
    assert keys.get_key(name).properties.enabled is False
    signer = cryptography_client(gateway, certificate.key_id, cryptography_only(rest))
    refused(lambda: signer.sign(SignatureAlgorithm.es256, bytes(32)), 403, "Forbidden")
    # The public part is told all the same.
    assert certificates.get_certificate(name).cer == certificate.cer


def test_a_private_key_that_is_not_exportable_stays(certificates, client, gateway, rest, name, tmp_path):
    for form in (PKCS12, PEM):
        policy = CertificatePolicy("Self", subject="CN=kept", key_type="EC", exportable=False, content_type=form)
        certificate = made(certificates, name, policy)
        value = client.get_secret(name).value
        text = read_pfx(value, tmp_path) if form == PKCS12 else value
        assert "PRIVATE" not in text
        assert x509.load_pem_x509_certificate(text[text.index("-----BEGIN") :].encode()) == parsed(certificate)
    # It signs nevertheless.
    signer = cryptography_client(gateway, certificate.key_id, cryptography_only(rest))
    digest = hashlib.sha256(b"message").digest()
    signature = signer.sign(SignatureAlgorithm.es256, digest).signature
    parsed(certificate).public_key().verify(jwk.der_signature(signature), b"message", ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        ({"key_type": "RSA"}, SignatureAlgorithm.ps256),
        ({"key_type": "RSA"}, SignatureAlgorithm.rs256),
        ({"key_type": "EC", "key_curve_name": "P-256"}, SignatureAlgorithm.es256),
        ({"key_type": "EC", "key_curve_name": "P-256K"}, SignatureAlgorithm.es256_k),
    ],
)
def test_the_key_of_a_certificate_signs_what_its_certificate_verifies(gateway, certificates, rest, name, key, algorithm):
    certificate = made(certificates, name, CertificatePolicy("Self", subject="CN=signer", **key))
    signer = cryptography_client(gateway, certificate.key_id, cryptography_only(rest))
    signature = signer.sign(algorithm, hashlib.sha256(b"message").digest()).signature
    public = parsed(certificate).public_key()
    if algorithm == SignatureAlgorithm.ps256:
        public.verify(signature, b"message", padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
    elif algorithm == SignatureAlgorithm.rs256:
        public.verify(signature, b"message", padding.PKCS1v15(), hashes.SHA256())
    else:
        public.verify(jwk.der_signature(signature), b"message", ec.ECDSA(hashes.SHA256()))


def test_operations_come_from_the_usage(gateway, certificates, rest, name):
    policy = CertificatePolicy("Self", subject="CN=signs", key_type="RSA", key_usage=["digitalSignature"])
    certificate = made(certificates, name, policy)
    user = cryptography_client(gateway, certificate.key_id, cryptography_only(rest))
    refused(lambda: user.wrap_key("RSA-OAEP", b"key"), 403, "Forbidden")


def test_versions_have_their_own_keys_and_are_all_told(certificates, client, name):
    first, second = (made(certificates, name) for _ in range(2))
    assert encoded(parsed(first).public_key()) != encoded(parsed(second).public_key())
    assert certificates.get_certificate(name).properties.version == second.properties.version
    assert certificates.get_certificate_version(name, first.properties.version).cer == first.cer
    listed = {each.version: each for each in certificates.list_properties_of_certificate_versions(name, max_page_size=1)}
    assert set(listed) == {first.properties.version, second.properties.version}
    assert listed[first.properties.version].x509_thumbprint == first.properties.x509_thumbprint
    assert client.get_secret(name, first.properties.version).properties.key_id == first.key_id
    with pytest.raises(ResourceNotFoundError):
        certificates.get_certificate_version(name, "0" * 32)


def test_a_key_is_reused_where_the_policy_says_so(certificates, name):
    policy = CertificatePolicy("Self", subject="CN=again", key_type="EC", reuse_key=True)
    first, second = (made(certificates, name, policy) for _ in range(2))
    assert encoded(parsed(first).public_key()) == encoded(parsed(second).public_key())
    assert parsed(first).serial_number != parsed(second).serial_number


def test_the_list_is_whole_over_many_pages(certificates, name):
    names = [f"{name}-{number:02}" for number in range(12)]
    for each in names:
        made(certificates, each, tags={"listed": "yes"})
    found = [item for item in certificates.list_properties_of_certificates(max_page_size=5) if item.name.startswith(name)]
    assert [item.name for item in found] == names
    assert all(item.version is None and item.tags == {"listed": "yes"} for item in found)
    assert all(len(item.x509_thumbprint) == 20 and item.enabled for item in found)


def test_an_update_disables_all_three_and_replaces_tags(certificates, keys, client, name):
    certificate = made(certificates, name, tags={"a": "1"})
    changed = certificates.update_certificate_properties(name, enabled=False, tags={"b": "2"})
    assert (changed.properties.enabled, changed.properties.tags) == (False, {"b": "2"})
    assert changed.properties.expires_on == certificate.properties.expires_on
    refused(lambda: client.get_secret(name), 403, "Forbidden")
    assert keys.get_key(name).properties.enabled is False
    for listed in (client.list_properties_of_secrets(), keys.list_properties_of_keys()):
        (item,) = (item for item in listed if item.name == name)
        assert (item.enabled, item.managed) == (False, True)
    certificates.update_certificate_properties(name, certificate.properties.version, enabled=True)
    assert client.get_secret(name).properties.enabled
    assert keys.get_key(name).properties.enabled
    assert certificates.get_certificate(name).properties.tags == {"b": "2"}


def test_one_version_is_disabled_alone(certificates, client, name):
    first, second = (made(certificates, name) for _ in range(2))
    certificates.update_certificate_properties(name, first.properties.version, enabled=False)
    assert client.get_secret(name).properties.version == second.properties.version
    refused(lambda: client.get_secret(name, first.properties.version), 403, "Forbidden")


def test_the_policy_is_read_and_changed(certificates, name):
    made(certificates, name)
    before = certificates.get_certificate_policy(name)
    assert (before.key_type, before.key_curve_name, before.key_size) == ("EC", "P-256", 256)
    change = CertificatePolicy(
        "Self",
        validity_in_months=24,
        lifetime_actions=[
            LifetimeAction(CertificatePolicyAction.auto_renew, days_before_expiry=20),
            LifetimeAction(CertificatePolicyAction.email_contacts, lifetime_percentage=70),
        ],
    )
    changed = certificates.update_certificate_policy(name, change)
    told = certificates.get_certificate_policy(name)
    for policy in (changed, told):
        assert policy.validity_in_months == 24
        assert policy.subject == before.subject
        assert policy.key_curve_name == "P-256"
        actions = [(action.action, action.days_before_expiry, action.lifetime_percentage) for action in policy.lifetime_actions]
        assert actions == [("AutoRenew", 20, None), ("EmailContacts", None, 70)]
    # The next version is made as the policy says now.
    with pytest.raises(ResourceNotFoundError):
        certificates.get_certificate_policy(f"{name}-none")


def test_a_policy_whose_issuer_is_missing_is_refused_and_changes_nothing(certificates, name):
    made(certificates, name)
    change = CertificatePolicy("nobody", validity_in_months=5)
    refused(lambda: certificates.update_certificate_policy(name, change))
    policy = certificates.get_certificate_policy(name)
    assert (policy.issuer_name, policy.validity_in_months) == ("Self", 12)


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "no name at all"},
        {"subject": "CN="},
        {"subject": ""},
        {"san_dns_names": ["not a host name"]},
        {"san_ip_addresses": ["256.1.1.1"]},
        {"san_emails": ["nobody"]},
        {"enhanced_key_usage": ["serverAuth"]},
        {"key_usage": ["flying"]},
        {"validity_in_months": 0},
        {"validity_in_months": -1},
        {"validity_in_months": 100_000},
        {"key_size": 1024},
        {"key_size": 2049},
        {"key_type": "oct"},
        {"key_type": "EC", "key_curve_name": "P-192"},
        {"key_type": "EC", "key_size": 111},
        {"content_type": "text/plain"},
        {"lifetime_actions": [LifetimeAction("AutoRenew", lifetime_percentage=100)]},
        {"lifetime_actions": [LifetimeAction("AutoRenew", days_before_expiry=325)]},
        {"lifetime_actions": [LifetimeAction("AutoRenew", days_before_expiry=1, lifetime_percentage=1)]},
        {"lifetime_actions": [LifetimeAction("AutoRenew")]},
        {"lifetime_actions": [LifetimeAction("Explode", lifetime_percentage=10)]},
    ],
    ids=str,
)
def test_a_policy_that_cannot_be_is_refused(certificates, rest, name, wrong):
    policy = CertificatePolicy("Self", **({"subject": "CN=a"} | wrong))._to_certificate_policy_bundle()
    answer = rest.data("POST", f"/certificates/{name}/create", json={"policy": policy.as_dict()})
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "BadParameter"
    with pytest.raises(ResourceNotFoundError):
        certificates.get_certificate(name)
    with pytest.raises(ResourceNotFoundError):
        certificates.get_certificate_operation(name)


def test_members_that_are_for_others_are_refused_or_ignored(certificates, rest, name):
    for kind in ("RSA-HSM", "EC-HSM"):
        policy = CertificatePolicy("Self", subject="CN=a", key_type=kind)
        assert "HSM" in refused(lambda: certificates.begin_create_certificate(name, policy))
    # Whoever may make certificates does not become an authority by it.
    x509_props = {"subject": "CN=a", "basic_constraints": {"ca": True}}
    policy = {"issuer": {"name": "Self"}, "x509_props": x509_props, "platformManaged": {"certificateUsage": "x"}}
    answer = rest.data("POST", f"/certificates/{name}/create", json={"policy": policy})
    assert answer.status_code == 202, answer.text
    certificate = certificates.get_certificate(name)
    assert extension(parsed(certificate), x509.BasicConstraints).value.ca is False
