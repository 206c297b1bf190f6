"""Who may do what from where changes at once, and a refusal says why."""

import ipaddress
import uuid

import pytest
from azure.core.exceptions import HttpResponseError

from clients import StaticCredential, attenuate, secret_client
from rest import Rest

ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
SECRET = "read-me"


@pytest.fixture
def own_rest(own_gateway):
    return Rest(own_gateway)


@pytest.fixture
def own_client(own_gateway):
    with secret_client(own_gateway) as client:
        client.set_secret(SECRET, "value")
        yield client


def principal_of(gateway):
    """The object id of the calling application, as the audit log names it."""
    claims = [record["identity"]["claim"] for record in gateway.audit() if record.get("identity")]
    return next(claim["oid"] for claim in claims if claim.get("oid"))


def administrator_assignment(rest):
    """The id of the assignment that makes the application an administrator: asking for a twin names it."""
    answer = rest.assign(ADMINISTRATOR, principal_of(rest.gateway))
    assert answer.status_code == 409, answer.text
    error = answer.json()["error"]
    assert error["code"] == "RoleAssignmentExists"
    return uuid.UUID(error["message"].rstrip(".").split()[-1])


def refusal(call):
    """What a call is refused with."""
    with pytest.raises(HttpResponseError) as refused:
        call()
    assert refused.value.status_code == 403, refused.value
    body = refused.value.response.json()["error"]
    assert body["code"] == "Forbidden"
    return body["innererror"]["code"], body["message"]


def test_a_role_taken_away_is_gone_at_once_and_the_refusal_says_why(own_gateway, own_rest, own_client):
    assert own_client.get_secret(SECRET).value == "value"
    assert own_rest.unassign(administrator_assignment(own_rest)).status_code == 200

    code, message = refusal(lambda: own_client.get_secret(SECRET))
    assert code == "ForbiddenByRbac"
    assert "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'" in message
    assert f"oid={principal_of(own_gateway)}" in message
    assert "azure-rbac" in message


def test_a_role_at_one_secret_opens_that_secret_and_no_list(own_gateway, own_rest, own_client):
    own_client.set_secret("other", "value")
    principal = principal_of(own_gateway)
    assert own_rest.unassign(administrator_assignment(own_rest)).status_code == 200
    made = own_rest.assign(SECRETS_USER, principal, scope=f"{own_rest.vault_id}/secrets/{SECRET}")
    assert made.status_code == 201, made.text

    assert own_client.get_secret(SECRET).value == "value"
    assert refusal(lambda: own_client.get_secret("other"))[0] == "ForbiddenByRbac"
    assert refusal(lambda: list(own_client.list_properties_of_secrets()))[0] == "ForbiddenByRbac"
    assert refusal(lambda: own_client.set_secret(SECRET, "new"))[0] == "ForbiddenByRbac"


def test_taking_an_assignment_away_twice_is_quiet(own_rest, own_client):
    name = administrator_assignment(own_rest)
    assert own_rest.unassign(name).status_code == 200
    assert own_rest.unassign(name).status_code == 204


def test_the_firewall_closes_and_opens_at_once(own_rest, own_client):
    rules = {"defaultAction": "Deny", "bypass": "None", "ipRules": [{"value": "203.0.113.0/24"}]}
    own_rest.patch_vault(force=True, networkAcls=rules)
    code, message = refusal(lambda: own_client.get_secret(SECRET))
    assert code == "ForbiddenByFirewall"
    assert "Client address is not authorized" in message
    assert "Client address: 127.0.0.1" in message

    own_rest.patch_vault(networkAcls={"defaultAction": "Deny", "bypass": "None", "ipRules": [{"value": "127.0.0.1"}]})
    assert own_client.get_secret(SECRET).value == "value"


def test_public_access_switched_off_refuses_the_connection(own_rest, own_client):
    own_rest.patch_vault(publicNetworkAccess="Disabled")
    assert refusal(lambda: own_client.get_secret(SECRET))[0] == "ForbiddenByConnection"
    # The management plane is never filtered, or nobody could open the vault again.
    assert own_rest.management("GET", own_rest.vault_id).json()["properties"]["publicNetworkAccess"] == "Disabled"
    own_rest.patch_vault(publicNetworkAccess="Enabled")
    assert own_client.get_secret(SECRET).value == "value"


@pytest.fixture
def narrowed(gateway, rest):
    """Makes a client that carries a narrowed token of the application."""
    clients = []

    def make(*options):
        client = secret_client(gateway, StaticCredential(attenuate(rest.vault_token(), *options)))
        clients.append(client)
        return client

    yield make
    for client in clients:
        client.close()


def is_refused(call):
    """Whether the token's own conditions refuse a call; not with a challenge, which would only bring the same token."""
    return refusal(call)[0] == "ForbiddenByToken"


def test_a_narrowed_token_reads_its_secret_and_does_nothing_else(client, narrowed, name):
    client.set_secret(name, "value")
    client.set_secret(f"{name}-other", "value")
    narrow = narrowed("--operation", "SecretGet", "--vault", "dev", "--object", f"secrets/{name}", "--expires-in", "10m")
    assert narrow.get_secret(name).value == "value"
    assert is_refused(lambda: narrow.get_secret(f"{name}-other"))
    assert is_refused(lambda: narrow.set_secret(name, "new"))
    assert is_refused(lambda: list(narrow.list_properties_of_secrets()))
    assert client.get_secret(name).value == "value"


def test_a_narrowed_token_works_only_from_its_network(client, narrowed, name):
    client.set_secret(name, "value")
    assert narrowed("--source", "127.0.0.0/8").get_secret(name).value == "value"
    elsewhere = ipaddress.ip_network("10.0.0.0/8")
    assert is_refused(lambda: narrowed("--source", str(elsewhere)).get_secret(name))


def test_a_narrowed_token_works_only_at_its_vault(client, narrowed, name):
    client.set_secret(name, "value")
    assert narrowed("--vault", "dev").get_secret(name).value == "value"
    assert is_refused(lambda: narrowed("--vault", "other").get_secret(name))


def test_a_narrowed_token_ends_with_its_time(client, narrowed, name):
    client.set_secret(name, "value")
    assert is_refused(lambda: narrowed("--expires-in", "0s").get_secret(name))


def test_narrowing_twice_keeps_both_limits(gateway, rest, client, name):
    client.set_secret(name, "value")
    once = attenuate(rest.vault_token(), "--object", f"secrets/{name}")
    twice = attenuate(once, "--operation", "SecretGet")
    # Asking for more in a second step widens nothing.
    wider = attenuate(once, "--object", "secrets/anything")
    with secret_client(gateway, StaticCredential(twice)) as narrow:
        assert narrow.get_secret(name).value == "value"
        assert is_refused(lambda: narrow.get_secret("anything"))
        assert is_refused(lambda: narrow.set_secret(name, "new"))
    with secret_client(gateway, StaticCredential(wider)) as narrow:
        assert is_refused(lambda: narrow.get_secret("anything"))
        assert is_refused(lambda: narrow.get_secret(name))
