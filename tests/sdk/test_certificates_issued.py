"""Certificates that others sign: an authority outside, reached by hand, and the vault's own."""

import base64

import pytest
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.keyvault.certificates import AdministratorContact, CertificateContact, CertificatePolicy
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from clients import certificate_client
from openssl import openssl, pem_of, read_pfx
from test_certificates import PEM, encoded, made, parsed, refused

KEYS = [{"key_type": "RSA"}, {"key_type": "EC", "key_curve_name": "P-384"}, {"key_type": "EC", "key_curve_name": "P-256K"}]


def begun(certificates, name, **options):
    """The making of a certificate that waits for someone to bring it."""
    settings = {"key_type": "EC"} | options
    policy = CertificatePolicy("Unknown", subject=f"CN={name}.example", san_dns_names=[f"{name}.example"], **settings)
    return certificates.begin_create_certificate(name, policy).result()


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_an_outside_authority_signs_the_request_and_its_certificate_is_merged(certificates, client, authority, name, tmp_path, key):
    operation = begun(certificates, name, **key)
    assert (operation.status, operation.issuer_name) == ("inProgress", "Unknown")
    assert operation.id.endswith(f"/certificates/{name}/pending")
    assert not operation.cancellation_requested
    request = bytes(operation.csr)
    text = openssl("req", "-inform", "DER", "-verify", "-noout", "-text", given=request).decode()
    assert f"CN = {name}.example" in text
    assert f"DNS:{name}.example" in text
    assert "Digital Signature" in text and "TLS Web Server Authentication" in text and "CA:FALSE" in text

    # Nothing is there yet but the making.
    with pytest.raises(ResourceNotFoundError):
        certificates.get_certificate(name)
    with pytest.raises(ResourceNotFoundError):
        client.get_secret(name)
    assert certificates.get_certificate_policy(name).issuer_name == "Unknown"

    leaf = authority.sign(request)
    merged = certificates.merge_certificate(name, [leaf, *authority.chain()], tags={"a": "1"})
    assert bytes(merged.cer) == leaf
    assert (merged.properties.tags, merged.properties.enabled) == ({"a": "1"}, True)
    authority.verify(bytes(merged.cer))
    done = certificates.get_certificate_operation(name)
    assert (done.status, done.target.endswith(f"/certificates/{name}")) == ("completed", True)
    secret = client.get_secret(name)
    private, certified, chain = pkcs12.load_key_and_certificates(base64.b64decode(secret.value), None)
    assert encoded(private.public_key()) == encoded(certified.public_key())
    assert [each.public_bytes(serialization.Encoding.DER) for each in [certified, *chain]] == [leaf, *authority.chain()]
    (tmp_path / "bag.pem").write_text(read_pfx(secret.value, tmp_path))
    openssl("verify", "-CAfile", authority.root, "-untrusted", tmp_path / "bag.pem", tmp_path / "bag.pem")


def test_the_leaf_alone_is_enough(certificates, authority, name):
    leaf = authority.sign(bytes(begun(certificates, name).csr))
    assert bytes(certificates.merge_certificate(name, [leaf]).cer) == leaf


def test_the_leaf_is_found_wherever_it_stands(certificates, authority, name):
    leaf = authority.sign(bytes(begun(certificates, name).csr))
    assert bytes(certificates.merge_certificate(name, [*authority.chain(), leaf]).cer) == leaf


def test_a_pkcs_7_file_is_merged(certificates, rest, authority, name):
    leaf = authority.sign(bytes(begun(certificates, name, content_type=PEM).csr))
    body = {"x5c": [base64.b64encode(authority.p7b(leaf)).decode()]}
    answer = rest.data("POST", f"/certificates/{name}/pending/merge", json=body)
    assert answer.status_code == 201, answer.text
    assert base64.b64decode(answer.json()["cer"]) == leaf
    value = rest.data("GET", f"/secrets/{name}").json()["value"]
    assert value.startswith("-----BEGIN PRIVATE KEY-----")
    chain = x509.load_pem_x509_certificates(value.encode())
    assert [each.public_bytes(serialization.Encoding.DER) for each in chain] == [leaf, *authority.chain()]


def test_a_certificate_of_another_key_is_refused_and_the_making_waits_on(certificates, authority, name):
    other = authority.sign(bytes(begun(certificates, f"{name}-other").csr))
    leaf = authority.sign(bytes(begun(certificates, name).csr))
    assert "public key" in refused(lambda: certificates.merge_certificate(name, [other]))
    refused(lambda: certificates.merge_certificate(name, authority.chain()))
    refused(lambda: certificates.merge_certificate(name, [b"garbage"]))
    refused(lambda: certificates.merge_certificate(name, [leaf[:-1]]))
    refused(lambda: certificates.merge_certificate(name, []))
    assert certificates.get_certificate_operation(name).status == "inProgress"
    assert bytes(certificates.merge_certificate(name, [leaf]).cer) == leaf
    # Once is enough.
    refused(lambda: certificates.merge_certificate(name, [leaf]), 404, "PendingCertificateNotFound")


def test_a_second_making_waits_for_the_first(certificates, authority, name):
    begun(certificates, name)
    file, _ = authority.pfx("P-256")
    with pytest.raises(ResourceExistsError) as busy:
        begun(certificates, name)
    # The reference has this odd pair.
    assert (busy.value.status_code, busy.value.error.code) == (409, "Forbidden")
    refused(lambda: certificates.import_certificate(name, file), 409, "Forbidden")
    refused(lambda: made(certificates, name), 409, "Forbidden")
    certificates.delete_certificate_operation(name)
    made(certificates, name)


def test_a_making_is_cancelled_and_forgotten(certificates, authority, name):
    leaf = authority.sign(bytes(begun(certificates, name).csr))
    cancelled = certificates.cancel_certificate_operation(name)
    assert (cancelled.status, cancelled.cancellation_requested) == ("cancelled", True)
    assert certificates.get_certificate_operation(name).status == "cancelled"
    refused(lambda: certificates.cancel_certificate_operation(name))
    refused(lambda: certificates.merge_certificate(name, [leaf]), 404, "PendingCertificateNotFound")
    assert certificates.delete_certificate_operation(name).status == "cancelled"
    for call in (
        certificates.get_certificate_operation,
        certificates.cancel_certificate_operation,
        certificates.delete_certificate_operation,
    ):
        refused(lambda: call(name), 404, "PendingCertificateNotFound")
    refused(lambda: certificates.merge_certificate(name, [leaf]), 404, "PendingCertificateNotFound")
    with pytest.raises(ResourceNotFoundError):
        certificates.get_certificate(name)


def test_those_being_made_are_listed_where_that_is_asked_for(certificates, name):
    made(certificates, f"{name}-b")
    for each in "ac":
        begun(certificates, f"{name}-{each}")
    begun(certificates, f"{name}-b")

    def listed(**options):
        return [item.name for item in certificates.list_properties_of_certificates(**options) if item.name.startswith(name)]

    assert listed() == [f"{name}-b"]
    for size in (1, 2, 25):
        assert listed(include_pending=True, max_page_size=size) == [f"{name}-{each}" for each in "abc"]


def test_a_new_version_that_waits_is_told_with_the_old_one(certificates, rest, authority, name):
    made(certificates, name)
    operation = begun(certificates, name)
    told = rest.data("GET", f"/certificates/{name}").json()
    assert told["pending"]["id"] == operation.id
    assert certificates.get_certificate_policy(name).issuer_name == "Self"
    merged = certificates.merge_certificate(name, [authority.sign(bytes(operation.csr))])
    assert "pending" not in rest.data("GET", f"/certificates/{name}").json()
    assert certificates.get_certificate(name).properties.version == merged.properties.version
    assert certificates.get_certificate_policy(name).issuer_name == "Unknown"


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_the_vaults_own_authority_issues_at_once(certificates, client, name, tmp_path, key):
    certificates.create_issuer(f"{name}-ca", "Portcullis")
    policy = CertificatePolicy(f"{name}-ca", subject=f"CN={name}.example", san_dns_names=[f"{name}.example"], **key)
    certificate = certificates.begin_create_certificate(name, policy).result()
    parts = parsed(certificate)
    assert parts.issuer != parts.subject
    assert certificate.policy.issuer_name == f"{name}-ca"
    _, leaf, chain = pkcs12.load_key_and_certificates(base64.b64decode(client.get_secret(name).value), None)
    assert leaf == parts
    # The chain ends in the authority's own certificate, and openssl finds all of it good for a server.
    *middle, root = chain
    root.verify_directly_issued_by(root)
    paths = {}
    for label, each in (("root", [root]), ("middle", middle), ("leaf", [leaf])):
        paths[label] = tmp_path / f"{label}.pem"
        paths[label].write_bytes(b"".join(pem_of(one.public_bytes(serialization.Encoding.DER)) for one in each))
    untrusted = ["-untrusted", paths["middle"]] if middle else []
    purpose = ["-purpose", "sslserver", "-verify_hostname", f"{name}.example", "-x509_strict"]
    openssl("verify", "-CAfile", paths["root"], *untrusted, *purpose, paths["leaf"])
    # There is one authority.
    again = certificates.begin_create_certificate(f"{name}-2", policy).result()
    parsed(again).verify_directly_issued_by((middle or [root])[0])


def test_an_issuer_of_an_unknown_provider_fails_with_a_reason(certificates, name):
    certificates.create_issuer(f"{name}-ca", "DigiCert", account_id="account", password="password")
    policy = CertificatePolicy(f"{name}-ca", subject="CN=never", key_type="EC")
    operation = certificates.begin_create_certificate(name, policy).result()
    assert operation.status == "failed"
    assert "DigiCert" in operation.error.message and operation.error.code
    with pytest.raises(ResourceNotFoundError):
        certificates.get_certificate(name)
    # It may be tried again.
    made(certificates, name)


def test_a_disabled_issuer_does_not_issue(certificates, name):
    certificates.create_issuer(f"{name}-ca", "Portcullis", enabled=False)
    policy = CertificatePolicy(f"{name}-ca", subject="CN=never", key_type="EC")
    operation = certificates.begin_create_certificate(name, policy).result()
    assert (operation.status, "disabled" in operation.error.message) == ("failed", True)
    certificates.update_issuer(f"{name}-ca", enabled=True)
    assert certificates.begin_create_certificate(name, policy).result().cer


def test_an_issuer_that_is_not_there_is_refused(certificates, name):
    policy = CertificatePolicy(f"{name}-ca", subject="CN=never", key_type="EC")
    assert "issuer" in refused(lambda: certificates.begin_create_certificate(name, policy).result())


def test_issuers_are_made_told_changed_and_removed(certificates, rest, name):
    person = AdministratorContact(first_name="Ada", last_name="Lovelace", email="ada@one.example", phone="0123")
    options = {"account_id": "account", "password": "canary-password", "organization_id": "org", "admin_contacts": [person]}
    issuer = certificates.create_issuer(name, "Portcullis", **options)
    assert issuer.id.endswith(f"/certificates/issuers/{name}")
    assert (issuer.name, issuer.provider, issuer.account_id, issuer.organization_id) == (name, "Portcullis", "account", "org")
    (told,) = issuer.admin_contacts
    assert (told.first_name, told.last_name, told.email, told.phone) == ("Ada", "Lovelace", "ada@one.example", "0123")
    assert issuer.password is None and issuer.enabled is True and issuer.created_on and issuer.updated_on
    answer = rest.data("GET", f"/certificates/issuers/{name}")
    assert "canary" not in answer.text and "pwd" not in answer.text

    changed = certificates.update_issuer(name, account_id="other", enabled=False)
    assert (changed.account_id, changed.enabled, changed.organization_id) == ("other", False, "org")
    assert certificates.get_issuer(name).account_id == "other"
    replaced = certificates.create_issuer(name, "DigiCert")
    assert (replaced.provider, replaced.account_id, replaced.enabled) == ("DigiCert", None, True)
    assert certificates.delete_issuer(name).provider == "DigiCert"
    for call in (certificates.get_issuer, certificates.delete_issuer, certificates.update_issuer):
        refused(lambda: call(name), 404, "CertificateIssuerNotFound")


def test_issuers_are_listed_over_many_pages(certificates, name):
    names = [f"{name}-{number}" for number in range(5)]
    for each in names:
        certificates.create_issuer(each, "Portcullis")
    found = [each for each in certificates.list_properties_of_issuers(max_page_size=2) if each.name.startswith(name)]
    assert [(each.name, each.provider) for each in found] == [(each, "Portcullis") for each in names]


@pytest.mark.parametrize("taken", ["Self", "Unknown", "self"])
def test_the_names_of_the_issuers_that_every_vault_has_are_taken(certificates, taken):
    refused(lambda: certificates.create_issuer(taken, "Portcullis"))


def test_an_issuer_needs_a_provider(rest, name):
    answer = rest.data("PUT", f"/certificates/issuers/{name}", json={"credentials": {"account_id": "a"}})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "BadParameter")


def test_contacts_are_set_told_and_removed(own_gateway):
    with certificate_client(own_gateway) as certificates:
        for call in (certificates.get_contacts, certificates.delete_contacts):
            refused(call, 404, "ContactsNotFound")
        given = [CertificateContact(email="ada@one.example", name="Ada", phone="0123"), CertificateContact(email="b@one.example")]
        for told in (certificates.set_contacts(given), certificates.get_contacts()):
            assert [(each.email, each.name, each.phone) for each in told] == [
                ("ada@one.example", "Ada", "0123"),
                ("b@one.example", None, None),
            ]
        assert len(certificates.set_contacts(given[1:])) == 1
        assert [each.email for each in certificates.delete_contacts()] == ["b@one.example"]
        refused(certificates.get_contacts, 404, "ContactsNotFound")
