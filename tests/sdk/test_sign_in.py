"""The challenge, the token request and the bearer call, as the SDK does them by default, and tokens that do not count."""

import base64

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import DefaultAzureCredential

from clients import Recorder, StaticCredential, credential, secret_client
from rest import Rest


def test_the_client_is_challenged_once_and_then_brings_its_token(own_gateway, name):
    # The SDK remembers challenges per host for the whole process, so this needs a host that it has not met.
    recorder = Recorder()
    with secret_client(own_gateway, transport=recorder) as client:
        client.set_secret(name, "value")
        client.get_secret(name)
    assert recorder.statuses == [401, 200, 200]
    asked_with, refused = recorder.exchanges[0]
    assert "Authorization" not in asked_with
    challenge = refused.headers["WWW-Authenticate"]
    settings = own_gateway.settings
    authority = f"{settings['AZURE_AUTHORITY_HOST'].rstrip('/')}/{settings['AZURE_TENANT_ID']}"
    assert challenge == f'Bearer authorization="{authority}", resource="{own_gateway.vault_resource}"'


def test_the_default_credential_finds_its_settings_in_the_environment(gateway, name):
    with DefaultAzureCredential(disable_instance_discovery=True) as found, secret_client(gateway, found) as client:
        client.set_secret(name, "value")
        assert client.get_secret(name).value == "value"


def test_a_wrong_client_secret_gets_entras_error(gateway, name):
    wrong = credential(gateway, AZURE_CLIENT_SECRET="not-the-secret")
    with secret_client(gateway, wrong) as client, pytest.raises(ClientAuthenticationError) as refused:
        client.get_secret(name)
    assert "AADSTS7000215" in refused.value.message
    assert "not-the-secret" not in refused.value.message


def test_an_unknown_application_gets_entras_error(gateway, name):
    unknown = credential(gateway, AZURE_CLIENT_ID="00000000-0000-0000-0000-00000000dead")
    with secret_client(gateway, unknown) as client, pytest.raises(ClientAuthenticationError) as refused:
        client.get_secret(name)
    assert "AADSTS700016" in refused.value.message


def test_an_unknown_tenant_is_refused(gateway, name):
    unknown = credential(gateway, AZURE_TENANT_ID="00000000-0000-0000-0000-00000000dead")
    with secret_client(gateway, unknown) as client, pytest.raises((ClientAuthenticationError, ValueError)):
        client.get_secret(name)


def test_no_token_is_challenged_on_every_operation(rest):
    paths = [("GET", "/secrets"), ("PUT", "/secrets/x"), ("GET", "/secrets/x/"), ("POST", "/secrets/restore"), ("DELETE", "/deletedsecrets/x")]
    for method, path in paths:
        answer = rest.data(method, path, token="")
        assert answer.status_code == 401, (method, path)
        assert answer.json()["error"]["code"] == "Unauthorized"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer authorization=")


def flip(token, at):
    """The token with one bit of one byte changed."""
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[int(len(raw) * at)] ^= 1
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


@pytest.mark.parametrize("damage", [lambda t: t[:-4], lambda t: t[: len(t) // 2], lambda t: "x", lambda t: flip(t, 0.3), lambda t: flip(t, 0.9)])
def test_a_damaged_token_is_challenged_again(rest, damage):
    answer = rest.data("GET", "/secrets", token=damage(rest.vault_token()))
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers


def test_a_token_for_the_management_plane_does_not_open_a_vault(rest):
    assert rest.management("GET", rest.vault_id).status_code == 200
    assert rest.data("GET", "/secrets", token=rest.management_token()).status_code == 401


def test_a_token_of_another_installation_does_not_open_a_vault(gateway, own_gateway):
    foreign = Rest(own_gateway).vault_token()
    assert Rest(gateway).data("GET", "/secrets", token=foreign).status_code == 401


def test_the_sdk_reports_a_token_that_is_refused(gateway, name):
    with secret_client(gateway, StaticCredential("not-a-token")) as client, pytest.raises(ClientAuthenticationError):
        client.get_secret(name)
