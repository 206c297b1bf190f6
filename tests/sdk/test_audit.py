"""One record for each request, and no secret in any of them."""

import json
import uuid

import pytest
from azure.core.exceptions import HttpResponseError

import jwk
from clients import Recorder, credential, key_client, secret_client
from rest import Rest


def records_of(gateway, client_request_id):
    events = [record for record in gateway.audit() if record.get("category") == "AuditEvent"]
    return [record for record in events if record.get("correlationId") == client_request_id]


def test_every_request_of_the_sdk_has_exactly_one_record(own_gateway, name):
    recorder = Recorder()
    with secret_client(own_gateway, transport=recorder) as client:
        client.set_secret(name, "value")
        client.get_secret(name)
        for _ in client.list_properties_of_secrets():
            pass
        with pytest.raises(HttpResponseError):
            client.get_secret(f"{name}-missing")
        client.begin_delete_secret(name).wait()
    host = own_gateway.vault_url

    def written():
        return [
            record["properties"]["httpStatusCode"]
            for record in own_gateway.audit()
            if record.get("category") == "AuditEvent" and record["properties"].get("requestUri", "").startswith(host)
        ]

    assert sorted(written()) == sorted(recorder.statuses)


def test_a_record_says_who_did_what_to_what_and_how_it_ended(own_gateway, name):
    rest = Rest(own_gateway)
    request_id = str(uuid.uuid4())
    answer = rest.data("PUT", f"/secrets/{name}", json={"value": "value"}, headers={"x-ms-client-request-id": request_id})
    assert answer.status_code == 200
    (record,) = records_of(own_gateway, request_id)
    assert record["category"] == "AuditEvent"
    assert record["operationName"] == "SecretSet"
    assert record["operationVersion"] == "7.6"
    assert record["resultType"] == "Success"
    assert record["resultSignature"] == "OK"
    assert record["callerIpAddress"] == "127.0.0.1"
    assert record["resourceId"] == rest.vault_id.upper()
    assert record["identity"]["claim"]["appid"] == own_gateway.settings["AZURE_CLIENT_ID"]
    assert record["properties"]["httpStatusCode"] == 200
    assert record["properties"]["id"] == answer.json()["id"]
    assert record["properties"]["tlsVersion"] in ("TLS1_2", "TLS1_3")


def test_a_refused_request_has_a_record_with_its_reason(own_gateway, name):
    rest = Rest(own_gateway)
    rest.patch_vault(force=True, networkAcls={"defaultAction": "Deny", "bypass": "None"})
    request_id = str(uuid.uuid4())
    assert rest.data("GET", f"/secrets/{name}", headers={"x-ms-client-request-id": request_id}).status_code == 403
    (record,) = records_of(own_gateway, request_id)
    assert record["operationName"] == "SecretGet"
    assert record["properties"]["httpStatusCode"] == 403
    assert record["properties"]["isAddressAuthorized"] is False


def test_the_record_is_there_before_the_response(own_gateway, name):
    rest = Rest(own_gateway)
    for _ in range(20):
        request_id = str(uuid.uuid4())
        rest.data("GET", "/secrets", headers={"x-ms-client-request-id": request_id})
        assert len(records_of(own_gateway, request_id)) == 1


def test_no_secret_reaches_the_audit_log_the_store_or_the_log(own_gateway, name):
    canary = f"canary-{uuid.uuid4().hex}"
    wrong_secret = f"canary-{uuid.uuid4().hex}"
    rest = Rest(own_gateway)
    with secret_client(own_gateway) as client:
        client.set_secret(name, canary)
        client.get_secret(name)
        client.update_secret_properties(name, content_type="text/plain")
        blob = client.backup_secret(name)
        client.begin_delete_secret(name).wait()
        client.purge_deleted_secret(name)
        client.restore_secret_backup(blob)
    # The value where none belongs: beside a mistake, and as the whole body.
    rest.data("PUT", f"/secrets/{name}", json={"value": canary, "attributes": {"exp": "never"}})
    rest.data("PUT", f"/secrets/{name}", data=canary)
    with secret_client(own_gateway, credential(own_gateway, AZURE_CLIENT_SECRET=wrong_secret)) as client:
        with pytest.raises(HttpResponseError):
            client.get_secret(name)
    token = rest.vault_token()
    assert rest.data("GET", "/secrets", token=token[:-5]).status_code == 401
    own_gateway.stop()

    data = own_gateway.data
    audit = (data / "audit.jsonl").read_text()
    assert all(json.loads(line) for line in audit.splitlines())
    client_secret = own_gateway.settings["AZURE_CLIENT_SECRET"]
    for secret in (canary, wrong_secret, client_secret, token, token[:-5]):
        assert secret not in audit
    # The store holds the value, sealed; what the gateway printed shows its own client secret and nothing else.
    for path in data.rglob("*"):
        if path.is_file():
            assert canary.encode() not in path.read_bytes(), path
    for secret in (canary, wrong_secret, token):
        assert secret not in own_gateway.log()


def test_nothing_private_of_a_key_reaches_the_audit_log_the_store_or_the_log(own_gateway, name):
    """Neither the key, nor what is encrypted, decrypted and authenticated with it."""
    rest = Rest(own_gateway)
    private, importable = jwk.oct_key(256)
    importable.key_ops = ["encrypt", "decrypt", "wrapKey", "unwrapKey", "sign", "verify"]
    plain = f"canary-{uuid.uuid4().hex}".encode()
    _, rsa = jwk.rsa_key()
    with key_client(own_gateway) as keys:
        keys.import_key(name, importable)
        keys.import_key(f"{name}-rsa", rsa)
        keys.backup_key(name)
        keys.rotate_key(f"{name}-rsa")
        drawn = keys.get_random_bytes(32)
    version = rest.data("GET", f"/keys/{name}/versions").json()["value"][0]["kid"].rsplit("/", 1)[1]

    def done(operation, **body):
        answer = rest.data("POST", f"/keys/{name}/{version}/{operation}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    sealed = done("encrypt", alg="A256GCM", value=jwk.encoded(plain))
    opened = done("decrypt", alg="A256GCM", value=sealed["value"], iv=sealed["iv"], tag=sealed["tag"])
    assert opened["value"] == jwk.encoded(plain)
    wrapped = done("wrapkey", alg="CKM_AES_KEY_WRAP_PAD", value=jwk.encoded(plain))
    done("unwrapkey", alg="CKM_AES_KEY_WRAP_PAD", value=wrapped["value"])
    mac = done("sign", alg="HS256", value=jwk.encoded(plain))
    done("verify", alg="HS256", digest=jwk.encoded(plain), value=mac["value"])
    # Where it does not belong: beside a mistake, and as the whole body.
    broken = jwk.plain(importable) | {"crv": ["P-256"], "kty": "EC"}
    assert jwk.encoded(private) not in rest.data("PUT", f"/keys/{name}", json={"key": broken}).text
    assert jwk.encoded(plain) not in rest.data("POST", f"/keys/{name}/encrypt", data=jwk.encoded(plain)).text
    own_gateway.stop()

    secrets = [private, plain, drawn, rsa.d, rsa.p, rsa.q]
    kept = [path.read_bytes() for path in own_gateway.data.rglob("*") if path.is_file()]
    for text in [*kept, own_gateway.log().encode()]:
        for secret in secrets:
            assert secret not in text
            assert jwk.encoded(secret).encode() not in text
    used = [record["properties"]["id"] for record in own_gateway.audit() if record.get("operationName") == "KeyVerify"]
    assert used and all(identity.endswith(version) for identity in used)
