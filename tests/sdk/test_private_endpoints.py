"""Private endpoint connections by azure-mgmt-keyvault, unmodified, on a gateway of the production form."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.keyvault import KeyVaultManagementClient

from clients import credential, secret_client
from conftest import forget_challenges
from served import ENDPOINT, SUBSCRIPTION, Served
from test_serve import certificates  # noqa: F401


@pytest.fixture
def through(tmp_path, certificates, monkeypatch):  # noqa: F811
    """A gateway whose only listener is bound to a private endpoint, which nobody has approved yet."""
    served = Served(tmp_path, certificates)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, served.ca_file)
    served.behind_private_endpoint('vault = "prod"')
    forget_challenges()
    try:
        yield served.start()
    finally:
        served.kill()


def test_connections_are_approved_rejected_and_removed(through):
    url = f"https://management.localhost:{through.port}"
    client = KeyVaultManagementClient(
        credential(through), SUBSCRIPTION, base_url=url, credential_scopes=[f"{url}//.default"], connection_verify=through.ca_file
    )

    def refusal(secrets):
        with pytest.raises(HttpResponseError) as refused:
            secrets.set_secret("s", "v")
        return refused.value.error.innererror["code"]

    with client, secret_client(through) as secrets:
        connections = client.private_endpoint_connections
        (listed,) = connections.list_by_resource("vaults", "prod")
        assert (listed.name, listed.private_link_service_connection_state.status) == ("app", "Pending")
        assert listed.private_endpoint.id == ENDPOINT.lower()
        assert refusal(secrets) == "ForbiddenByConnection"

        def say(status):
            wanted = {"properties": {"privateLinkServiceConnectionState": {"status": status}}}
            return connections.put("vaults", "prod", "app", wanted)

        assert say("Approved").provisioning_state == "Succeeded"
        secrets.set_secret("s", "v")
        (told,) = client.vaults.get("vaults", "prod").properties.private_endpoint_connections
        assert told.private_link_service_connection_state.status == "Approved"
        say("Rejected")
        assert refusal(secrets) == "ForbiddenByConnection"
        assert connections.get("vaults", "prod", "app").private_link_service_connection_state.status == "Rejected"
        connections.begin_delete("vaults", "prod", "app").result()
        with pytest.raises(ResourceNotFoundError):
            connections.get("vaults", "prod", "app")
