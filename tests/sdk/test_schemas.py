"""Every operation's real answer against the published schemas, which are data in tests/vectors/wire.

The schemas name no member that must be there and let any others be. Here they are read strictly: a member that they do
not know is a mistake, and so is the absence of one that clients count on.
"""

import base64
import json
import pathlib
import re

import jsonschema
import pytest

import jwk

VECTORS = pathlib.Path(__file__).parent.parent / "vectors" / "wire"

# Members without which a client fails, or shows nothing.
NEEDED = {
    "KeyBundle": ["key", "attributes"],
    "DeletedKeyBundle": ["key", "attributes", "recoveryId", "deletedDate", "scheduledPurgeDate"],
    "JsonWebKey": ["kid", "kty", "key_ops"],
    "KeyItem": ["kid", "attributes"],
    "DeletedKeyItem": ["kid", "attributes", "recoveryId", "deletedDate", "scheduledPurgeDate"],
    "KeyAttributes": ["enabled", "created", "updated", "recoveryLevel", "recoverableDays"],
    "KeyItemListResult": ["value"],
    "DeletedKeyItemListResult": ["value"],
    "KeyOperationResult": ["kid", "value"],
    "KeyVerifyResult": ["value"],
    "BackupKeyResult": ["value"],
    "KeyRotationPolicy": ["id", "lifetimeActions", "attributes"],
    "LifetimeActions": ["trigger", "action"],
    "LifetimeActionsType": ["type"],
    "SecretBundle": ["id", "attributes"],
    "DeletedSecretBundle": ["id", "attributes", "recoveryId", "deletedDate", "scheduledPurgeDate"],
    "SecretItem": ["id", "attributes"],
    "DeletedSecretItem": ["id", "attributes", "recoveryId", "deletedDate", "scheduledPurgeDate"],
    "SecretAttributes": ["enabled", "created", "updated", "recoveryLevel", "recoverableDays"],
    "SecretListResult": ["value"],
    "DeletedSecretListResult": ["value"],
    "BackupSecretResult": ["value"],
    "CertificateBundle": ["id", "kid", "sid", "x5t", "cer", "attributes", "policy"],
    "DeletedCertificateBundle": ["id", "kid", "sid", "x5t", "cer", "attributes", "policy", "recoveryId", "deletedDate", "scheduledPurgeDate"],
    "CertificateItem": ["id", "attributes"],
    "DeletedCertificateItem": ["id", "attributes", "recoveryId", "deletedDate", "scheduledPurgeDate"],
    "CertificateAttributes": ["enabled", "created", "updated"],
    "CertificateItemListResult": ["value", "nextLink"],
    "DeletedCertificateItemListResult": ["value", "nextLink"],
    "CertificatePolicy": ["id", "key_props", "secret_props", "x509_props", "lifetime_actions", "issuer", "attributes"],
    "KeyProperties": ["exportable", "kty", "key_size", "reuse_key"],
    "SecretProperties": ["contentType"],
    "X509CertificateProperties": ["subject", "ekus", "key_usage", "validity_months"],
    "LifetimeAction": ["trigger", "action"],
    "Action": ["action_type"],
    "IssuerParameters": ["name"],
    "CertificateOperation": ["id", "issuer", "csr", "cancellation_requested", "status", "request_id"],
    "CertificateIssuerItem": ["id", "provider"],
    "CertificateIssuerItemListResult": ["value", "nextLink"],
    "IssuerBundle": ["id", "provider", "attributes"],
    "IssuerAttributes": ["enabled", "created", "updated"],
    "Contacts": ["id", "contacts"],
    "BackupCertificateResult": ["value"],
    "KeyVaultError": ["error"],
    "KeyVaultErrorError": ["code"],
}

# Members that the reference's answers have and its schemas have not.
UNPUBLISHED = {
    "CertificateBundle": {"pending": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]}},
    "X509CertificateProperties": {"basic_constraints": {"type": "object", "properties": {"ca": {"type": "boolean"}}, "required": ["ca"]}},
}

# What the schemas have for requests and no answer may tell.
UNTOLD = {"IssuerCredentials": ["pwd"]}

# What the gateway does not serve, and what needs an authority beside it: tests/sdk/test_key_release.py.
MISSING = {"GetKeyAttestation", "Release"}

FORMATS = jsonschema.FormatChecker()


@FORMATS.checks("base64url")
def is_base64url(value):
    """Without padding, as answers have it (RFC 7515 section 2)."""
    return not isinstance(value, str) or re.fullmatch(r"[A-Za-z0-9_-]*", value) is not None and len(value) % 4 != 1


@FORMATS.checks("base64")
def is_base64(value):
    """With padding (RFC 4648 section 4)."""
    return not isinstance(value, str) or re.fullmatch(r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", value) is not None


@FORMATS.checks("unixtime")
def is_unixtime(value):
    """Seconds, of this century: not milliseconds, and no fraction."""
    return isinstance(value, int) and 946_684_800 <= value < 4_102_444_800


class Interface:
    """The operations on one kind of object, and the schemas of their answers."""

    def __init__(self, kind):
        document = json.loads((VECTORS / f"{kind}.json").read_text())
        self.version = document["api-version"]
        self.operations = document["operations"]
        self._document = {"schemas": {name: strict(name, schema) for name, schema in document["schemas"].items()}}

    def check(self, schema, body):
        """Demands that a body is one of a schema."""
        root = self._document | {"$ref": f"#/schemas/{schema}"}
        jsonschema.Draft7Validator(root, format_checker=FORMATS).validate(body)


def strict(name, schema):
    if "properties" not in schema:
        return schema
    # The last page's link is null, as the reference sends it.
    properties = schema["properties"] | ({"nextLink": {"type": ["string", "null"]}} if "nextLink" in schema["properties"] else {})
    properties |= UNPUBLISHED.get(name, {})
    for member in UNTOLD.get(name, []):
        del properties[member]
    return schema | {"properties": properties, "additionalProperties": False, "required": NEEDED.get(name, [])}


class Asked:
    """Asks for operations by their names and checks each answer; remembers which were asked for."""

    def __init__(self, rest, interface, name):
        self._rest, self._interface, self._name = rest, interface, name
        self.done = set()

    def __call__(self, operation, body=None, version="", query=""):
        row = self._interface.operations[operation]
        path = re.sub(r"\{(key|secret|certificate|issuer)-name\}", self._name, row["path"])
        path = re.sub(r"\{(key|secret|certificate)-version\}", version, path)
        answer = self._rest.data(row["method"], path + query, version=self._interface.version, json=body)
        assert answer.status_code == row["status"], f"{operation}: {answer.text}"
        if row["schema"] is None:
            assert answer.content == b""
            body = None
        else:
            assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
            body = answer.json()
            self._interface.check(row["schema"], body)
        self.done.add(operation)
        return body


KEYS = Interface("keys")
SECRETS = Interface("secrets")
CERTIFICATES = Interface("certificates")


def test_every_answer_about_keys_is_as_published(rest, name):
    ask = Asked(rest, KEYS, name)
    wanted = {"authority": "https://attest.example", "allOf": [{"claim": "x", "equals": 1}]}
    text = json.dumps({"version": "1.0.0", "anyOf": [wanted]})
    policy = {"contentType": "application/json; charset=utf-8", "data": jwk.encoded(text.encode())}
    times = {"nbf": 1_700_000_000, "exp": 4_000_000_000}
    made = ask("CreateKey", {"kty": "RSA", "attributes": times, "tags": {"a": "1"}})
    version = made["key"]["kid"].rsplit("/", 1)[1]
    assert set(made["key"]) == {"kid", "kty", "key_ops", "n", "e"}
    assert made["attributes"]["recoveryLevel"] == "Recoverable+Purgeable"
    ask("GetKey", version=version)
    ask("GetKey")
    ask("UpdateKey", {"tags": {"b": "2"}}, version=version)
    ask("UpdateKey", {"attributes": {}})

    digest = jwk.encoded(bytes(32))
    for encrypt, decrypt in (("Encrypt", "Decrypt"), ("WrapKey", "UnwrapKey")):
        result = ask(encrypt, {"alg": "RSA-OAEP", "value": digest}, version=version)
        assert result["kid"] == made["key"]["kid"]
        assert ask(decrypt, {"alg": "RSA-OAEP", "value": result["value"]})["value"] == digest
    signature = ask("Sign", {"alg": "RS256", "value": digest})["value"]
    assert ask("Verify", {"alg": "RS256", "digest": digest, "value": signature}) == {"value": True}

    assert len(ask("GetKeyRotationPolicy")["lifetimeActions"]) == 1
    actions = [
        {"trigger": {"timeAfterCreate": "P30D"}, "action": {"type": "Rotate"}},
        {"trigger": {"timeBeforeExpiry": "P30D"}, "action": {"type": "Notify"}},
    ]
    ask("UpdateKeyRotationPolicy", {"lifetimeActions": actions, "attributes": {"expiryTime": "P1Y"}})
    assert ask("GetKeyRotationPolicy")["id"].endswith(f"/keys/{name}/rotationpolicy")
    ask("RotateKey")

    curve = jwk.plain(jwk.ec_key("P-384")[1])
    exportable = {"key": curve, "attributes": {"exportable": True, "enabled": False}, "release_policy": policy}
    imported = ask("ImportKey", exportable)
    assert set(imported["key"]) == {"kid", "kty", "key_ops", "crv", "x", "y"}
    assert imported["release_policy"]["immutable"] is False
    assert set(ask("CreateKey", {"kty": "oct", "key_size": 256})["key"]) == {"kid", "kty", "key_ops"}
    sealed = ask("Encrypt", {"alg": "A256GCM", "value": digest, "aad": digest})
    assert {"iv", "tag", "aad"} <= set(sealed)

    assert len(ask("GetKeyVersions", query="?maxresults=2")["value"]) == 2
    ask("GetKeyVersions")
    ask("GetKeys", query="?maxresults=1")
    blob = ask("BackupKey")
    assert "recoveryId" in ask("DeleteKey")
    ask("GetDeletedKey")
    ask("GetDeletedKeys")
    ask("RecoverDeletedKey")
    ask("DeleteKey")
    ask("PurgeDeletedKey")
    ask("RestoreKey", blob)
    ask("GetRandomBytes", {"count": 16})
    assert ask.done == set(KEYS.operations) - MISSING


def test_every_answer_about_secrets_is_as_published(rest, name):
    ask = Asked(rest, SECRETS, name)
    times = {"nbf": 1_700_000_000, "exp": 4_000_000_000}
    made = ask("SetSecret", {"value": "value", "contentType": "text/plain", "attributes": times, "tags": {"a": "1"}})
    version = made["id"].rsplit("/", 1)[1]
    assert ask("GetSecret", version=version) == made
    assert "value" not in ask("UpdateSecret", {"tags": {"b": "2"}}, version=version)
    ask("SetSecret", {"value": "another"})
    assert ask("GetSecret")["value"] == "another"
    assert len(ask("GetSecretVersions", query="?maxresults=1")["value"]) == 1
    assert all("value" not in item for item in ask("GetSecrets")["value"])
    blob = ask("BackupSecret")
    assert "value" not in ask("DeleteSecret")
    ask("GetDeletedSecret")
    ask("GetDeletedSecrets")
    ask("RecoverDeletedSecret")
    ask("DeleteSecret")
    ask("PurgeDeletedSecret")
    ask("RestoreSecret", blob)
    assert ask.done == set(SECRETS.operations)


def test_every_answer_about_certificates_is_as_published(rest, authority, name):
    ask = Asked(rest, CERTIFICATES, name)
    ask("SetCertificateContacts", {"contacts": [{"email": "a@one.example", "name": "Ada", "phone": "0123"}]})
    ask("GetCertificateContacts")
    ask("DeleteCertificateContacts")
    person = {"first_name": "Ada", "last_name": "Lovelace", "email": "a@one.example", "phone": "0123"}
    account = {"account_id": "account", "pwd": "password"}
    ask("SetCertificateIssuer", {"provider": "Portcullis", "credentials": account, "org_details": {"admin_details": [person]}})
    ask("GetCertificateIssuer")
    ask("GetCertificateIssuers", query="?maxresults=1")
    ask("UpdateCertificateIssuer", {"org_details": {"id": "org"}})

    sans = {"dns_names": ["a.example"], "emails": ["a@one.example"], "upns": ["b@one.example"], "uris": ["urn:a:b"], "ipAddresses": ["::1"]}
    actions = [
        {"trigger": {"lifetime_percentage": 80}, "action": {"action_type": "AutoRenew"}},
        {"trigger": {"days_before_expiry": 9}, "action": {"action_type": "EmailContacts"}},
    ]
    policy = {
        "issuer": {"name": name, "cty": "DV", "cert_transparency": False},
        "key_props": {"kty": "EC", "crv": "P-384"},
        "x509_props": {"subject": "CN=a", "sans": sans, "validity_months": 3},
        "lifetime_actions": actions,
    }
    begun = ask("CreateCertificate", {"policy": policy, "tags": {"a": "1"}, "preserveCertOrder": True})
    assert begun["status"] == "inProgress"
    assert ask("GetCertificateOperation")["status"] == "completed"
    made = ask("GetCertificate")
    version = made["id"].rsplit("/", 1)[1]
    assert ask("GetCertificate", version=version) == made
    assert (made["preserveCertOrder"], made["tags"]) == (True, {"a": "1"})
    ask("UpdateCertificate", {"tags": {"b": "2"}}, version=version)
    ask("UpdateCertificate", {"attributes": {}})
    assert ask("GetCertificatePolicy")["lifetime_actions"] == actions
    ask("UpdateCertificatePolicy", {"issuer": {"name": "Unknown"}, "lifetime_actions": []})
    ask("DeleteCertificateIssuer")

    waiting = {"policy": {"issuer": {"name": "Unknown"}, "x509_props": {"subject": "CN=b"}, "key_props": {"kty": "EC"}}}
    begun = ask("CreateCertificate", waiting)
    assert "pending" in ask("GetCertificate")
    ask("UpdateCertificateOperation", {"cancellation_requested": True})
    ask("DeleteCertificateOperation")
    begun = ask("CreateCertificate", waiting)
    leaf = authority.sign(base64.b64decode(begun["csr"]))
    ask("MergeCertificate", {"x5c": [base64.b64encode(leaf).decode()]})
    file, _ = authority.pfx("RSA", "password")
    ask("ImportCertificate", {"value": base64.b64encode(file).decode(), "pwd": "password"})
    failing = {"policy": waiting["policy"] | {"issuer": {"name": name}}}
    ask("SetCertificateIssuer", {"provider": "DigiCert"})
    ask("CreateCertificate", failing)
    assert ask("GetCertificateOperation")["error"]["message"]

    assert len(ask("GetCertificateVersions", query="?maxresults=2")["value"]) == 2
    ask("GetCertificates", query="?maxresults=2&includePending=true")
    blob = ask("BackupCertificate")
    ask("DeleteCertificate")
    ask("GetDeletedCertificate")
    ask("GetDeletedCertificates")
    ask("RecoverDeletedCertificate")
    ask("DeleteCertificate")
    ask("PurgeDeletedCertificate")
    ask("RestoreCertificate", blob)
    assert ask.done == set(CERTIFICATES.operations)


def test_the_key_and_the_secret_of_a_certificate_are_as_published(rest, name):
    policy = {"issuer": {"name": "Self"}, "x509_props": {"subject": "CN=a"}, "key_props": {"kty": "EC"}}
    Asked(rest, CERTIFICATES, name)("CreateCertificate", {"policy": policy})
    key = Asked(rest, KEYS, name)("GetKey")
    secret = Asked(rest, SECRETS, name)("GetSecret")
    assert (key["managed"], secret["managed"], secret["kid"]) == (True, True, key["key"]["kid"])
    Asked(rest, CERTIFICATES, name)("CreateCertificate", {"policy": policy})
    again = Asked(rest, SECRETS, name)("GetSecret")
    assert again["id"] != secret["id"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/keys/{}", None, 404),
        ("POST", "/keys/{}/create", {"kty": "DSA"}, 400),
        ("POST", "/keys/{}/create", {"kty": "RSA-HSM"}, 400),
        ("POST", "/keys/restore", {"value": "AAAA"}, 400),
        ("POST", "/keys/{}/sign", {"alg": "RS256", "value": ""}, 404),
        ("GET", "/keys?maxresults=26", None, 400),
        ("GET", "/secrets/{}", None, 404),
        ("PUT", "/secrets/{}", {}, 400),
        ("DELETE", "/deletedsecrets/{}", None, 404),
        ("POST", "/rng", {"count": 0}, 400),
        ("GET", "/certificates/{}", None, 404),
        ("GET", "/certificates/{}/pending", None, 404),
        ("POST", "/certificates/{}/create", {}, 400),
        ("POST", "/certificates/{}/import", {"value": "AAAA"}, 400),
        ("GET", "/certificates/issuers/{}", None, 404),
    ],
)
def test_every_refusal_is_as_published(rest, name, method, path, body, status):
    answer = rest.data(method, path.format(name), json=body)
    assert answer.status_code == status, answer.text
    KEYS.check("KeyVaultError", answer.json())


def test_the_refusals_of_authorization_are_as_published(rest, name):
    challenged = rest.data("GET", f"/keys/{name}", token="")
    assert challenged.status_code == 401
    KEYS.check("KeyVaultError", challenged.json())


def test_a_disabled_keys_refusal_is_as_published(rest, name):
    rest.data("POST", f"/keys/{name}/create", json={"kty": "EC", "attributes": {"enabled": False}})
    answer = rest.data("POST", f"/keys/{name}/sign", json={"alg": "ES256", "value": jwk.encoded(bytes(32))})
    assert answer.status_code == 403
    KEYS.check("KeyVaultError", answer.json())
    assert answer.json()["error"]["innererror"]["code"] == "KeyDisabled"


def test_the_schemas_notice_what_does_not_belong():
    """The tests above would pass with schemas that let everything through."""
    for schema, wrong in (
        ("KeyBundle", {"key": {"kid": "k", "kty": "RSA", "key_ops": []}}),
        ("JsonWebKey", {"kid": "k", "kty": "DSA", "key_ops": []}),
        ("JsonWebKey", {"kid": "k", "kty": "RSA", "key_ops": [], "n": "AQAB="}),
        ("JsonWebKey", {"kid": "k", "kty": "RSA", "key_ops": [], "modulus": "AQAB"}),
        ("KeyVerifyResult", {"value": "true"}),
        ("BackupKeyResult", {}),
    ):
        with pytest.raises(jsonschema.ValidationError):
            KEYS.check(schema, wrong)
