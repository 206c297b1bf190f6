"""azure-mgmt-keyvault, unmodified, against the management plane."""

import uuid

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.keyvault.secrets import SecretClient
from azure.mgmt.keyvault import KeyVaultManagementClient

from clients import credential
from test_access import ADMINISTRATOR, principal_of


@pytest.fixture
def vaults(gateway):
    url = gateway.management_url
    client = KeyVaultManagementClient(
        credential(gateway), gateway.settings["AZURE_SUBSCRIPTION_ID"], base_url=url, credential_scopes=[url + "/.default"]
    )
    with client:
        yield client.vaults


@pytest.fixture
def vault_name():
    return f"v-{uuid.uuid4().hex[:12]}"


def parameters(gateway, **properties):
    sku = {"family": "A", "name": "standard"}
    properties = {"tenantId": gateway.settings["AZURE_TENANT_ID"], "sku": sku} | properties
    return {"location": "local", "tags": {"team": "a"}, "properties": properties}


def group(vaults):
    """The resource group of the vault that the gateway began with."""
    return next(iter(vaults.list_by_subscription())).id.split("/")[4]


def test_a_vault_is_made_used_changed_deleted_recovered_and_purged(gateway, rest, vaults, vault_name):
    rg = group(vaults)
    made = vaults.begin_create_or_update(rg, vault_name, parameters(gateway)).result()
    assert made.name == vault_name
    assert made.properties.enable_rbac_authorization
    assert made.properties.soft_delete_retention_in_days == 90
    assert vault_name in [vault.name for vault in vaults.list_by_resource_group(rg)]
    assert vault_name in [vault.name for vault in vaults.list_by_subscription()]
    assert vault_name in [resource.name for resource in vaults.list(filter="resourceType eq 'Microsoft.KeyVault/vaults'")]

    changed = vaults.update(rg, vault_name, {"tags": {"team": "b"}})
    assert changed.tags == {"team": "b"}
    assert vaults.get(rg, vault_name).tags == {"team": "b"}

    def administer():
        assert rest.assign(ADMINISTRATOR, principal_of(gateway), scope=made.id).status_code == 201

    administer()
    with SecretClient(made.properties.vault_uri, credential(gateway)) as secrets:
        secrets.set_secret("s", "kept")
        vaults.delete(rg, vault_name)
        with pytest.raises(ResourceNotFoundError):
            vaults.get(rg, vault_name)
        with pytest.raises(HttpResponseError):
            secrets.get_secret("s")
        assert vault_name in [vault.name for vault in vaults.list_deleted()]
        assert vaults.get_deleted(vault_name, "local").properties.vault_id == made.id
        recovered = vaults.begin_create_or_update(rg, vault_name, parameters(gateway, createMode="recover")).result()
        assert recovered.tags == {"team": "b"}
        with pytest.raises(HttpResponseError) as refused:
            secrets.get_secret("s")
        assert refused.value.status_code == 403, "roles do not come back"
        administer()
        assert secrets.get_secret("s").value == "kept"

    vaults.delete(rg, vault_name)
    vaults.begin_purge_deleted(vault_name, "local").result()
    with pytest.raises(ResourceNotFoundError):
        vaults.get_deleted(vault_name, "local")


def test_a_name_is_free_until_somebody_takes_it(gateway, vaults, vault_name):
    question = {"name": vault_name, "type": "Microsoft.KeyVault/vaults"}
    assert vaults.check_name_availability(question).name_available
    rg = group(vaults)
    vaults.begin_create_or_update(rg, vault_name, parameters(gateway)).result()
    for _ in ("while it is there", "while it is deleted"):
        answer = vaults.check_name_availability(question)
        assert not answer.name_available
        assert answer.reason == "AlreadyExists"
        vaults.delete(rg, vault_name)
    with pytest.raises(HttpResponseError) as refused:
        vaults.begin_create_or_update(rg, vault_name, parameters(gateway)).result()
    assert refused.value.status_code == 409
    assert "recover" in str(refused.value)


def test_access_policies_are_added_replaced_and_removed(gateway, rest, vaults, vault_name):
    rg, tenant = group(vaults), gateway.settings["AZURE_TENANT_ID"]
    principal = principal_of(gateway)

    def change(how, *permissions):
        entry = {"tenantId": tenant, "objectId": principal, "permissions": {"secrets": list(permissions)}}
        return vaults.update_access_policy(rg, vault_name, how, {"properties": {"accessPolicies": [entry]}})

    made = vaults.begin_create_or_update(
        rg, vault_name, parameters(gateway, enableRbacAuthorization=False, accessPolicies=[])
    ).result()
    assert not made.properties.enable_rbac_authorization
    with SecretClient(made.properties.vault_uri, credential(gateway)) as secrets:
        with pytest.raises(HttpResponseError) as refused:
            secrets.set_secret("s", "v")
        assert refused.value.error.innererror["code"] == "AccessDenied"
        (entry,) = change("add", "set", "get").properties.access_policies
        assert (entry.object_id, entry.permissions.secrets) == (principal, ["set", "get"])
        secrets.set_secret("s", "v")
        change("replace", "set")
        with pytest.raises(HttpResponseError) as refused:
            secrets.get_secret("s")
        assert refused.value.error.innererror["code"] == "ForbiddenByPolicy"
        assert change("add", "get").properties.access_policies[0].permissions.secrets == ["set", "get"]
        assert secrets.get_secret("s").value == "v"
        assert change("remove", "set", "get").properties.access_policies == []
    told = vaults.get(rg, vault_name)
    assert told.properties.access_policies == []
    assert told.system_data.created_by == principal and told.system_data.created_by_type == "Application"
