"""Roles by azure-mgmt-authorization, unmodified."""

import uuid

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.authorization import AuthorizationManagementClient

from clients import credential, secret_client
from rest import Rest
from test_access import SECRETS_USER, administrator_assignment, principal_of, refusal


@pytest.fixture
def roles(own_gateway):
    """A client with the SDK's defaults but its address, for a caller who has been seen by the gateway."""
    with secret_client(own_gateway) as secrets:
        secrets.set_secret("app-db", "value")
        secrets.set_secret("other", "value")
    client = AuthorizationManagementClient(
        credential(own_gateway),
        own_gateway.settings["AZURE_SUBSCRIPTION_ID"],
        base_url=own_gateway.management_url,
        credential_scopes=[f"{own_gateway.management_url}//.default"],
        connection_verify=own_gateway.ca_file,
    )
    with client:
        yield client


@pytest.fixture
def vault(own_gateway):
    return Rest(own_gateway).vault_id


def role_id(client, vault, name):
    (role,) = client.role_definitions.list(vault, filter=f"roleName eq '{name}'")
    return role.id


def test_the_built_in_roles_are_listed_and_read(roles, vault):
    found = {role.role_name: role for role in roles.role_definitions.list(vault)}
    assert len(found) == 18
    user = roles.role_definitions.get(vault, SECRETS_USER)
    assert user.role_name == "Key Vault Secrets User" and user.role_type == "BuiltInRole"
    assert "Microsoft.KeyVault/vaults/secrets/getSecret/action" in user.permissions[0].data_actions
    with pytest.raises(ResourceNotFoundError):
        roles.role_definitions.get(vault, str(uuid.uuid4()))


def test_an_assignment_is_made_read_listed_and_deleted(own_gateway, roles, vault):
    principal, name = principal_of(own_gateway), str(uuid.uuid4())
    role = role_id(roles, vault, "Key Vault Reader")
    wanted = {"role_definition_id": role, "principal_id": principal, "principal_type": "ServicePrincipal"}
    made = roles.role_assignments.create(vault, name, wanted)
    assert (made.name, made.principal_id, made.scope) == (name, principal, vault)
    assert roles.role_assignments.get(vault, name).principal_type == "ServicePrincipal"
    assert roles.role_assignments.get_by_id(made.id).name == name
    assert name in [item.name for item in roles.role_assignments.list_for_scope(vault, filter="atScope()")]
    assert name in [item.name for item in roles.role_assignments.list_for_subscription(filter=f"principalId eq '{principal}'")]
    with pytest.raises(ResourceExistsError) as twice:
        roles.role_assignments.create(vault, str(uuid.uuid4()), wanted)
    assert twice.value.error.code == "RoleAssignmentExists"
    roles.role_assignments.delete(vault, name)
    with pytest.raises(ResourceNotFoundError):
        roles.role_assignments.get(vault, name)


def test_a_condition_holds_from_the_answer_on(own_gateway, roles, vault):
    principal = principal_of(own_gateway)
    wanted = {
        "role_definition_id": role_id(roles, vault, "Key Vault Secrets User"),
        "principal_id": principal,
        "condition": "@Resource[Microsoft.KeyVault/vaults/secrets:name] StringLike 'app-*'",
        "condition_version": "2.0",
    }
    roles.role_assignments.create(vault, str(uuid.uuid4()), wanted)
    roles.role_assignments.delete(vault, str(administrator_assignment(Rest(own_gateway))))
    with secret_client(own_gateway) as secrets:
        assert secrets.get_secret("app-db").value == "value"
        assert refusal(lambda: secrets.get_secret("other"))[0] == "ForbiddenByRbac"
    with pytest.raises(HttpResponseError) as refused:
        roles.role_assignments.create(vault, str(uuid.uuid4()), wanted | {"condition": "StringLike"})
    assert refused.value.status_code == 400 and "properties.condition" in refused.value.message


def test_a_custom_role_is_made_used_and_removed(own_gateway, roles, vault):
    name = str(uuid.uuid4())
    wanted = {
        "role_name": "Reader of values",
        "role_type": "CustomRole",
        "permissions": [{"data_actions": ["Microsoft.KeyVault/vaults/secrets/getSecret/action"]}],
        "assignable_scopes": [vault],
    }
    role = roles.role_definitions.create_or_update(vault, name, wanted)
    assert (role.role_name, role.role_type, role.assignable_scopes) == ("Reader of values", "CustomRole", [vault])
    assignment = {"role_definition_id": role.id, "principal_id": principal_of(own_gateway)}
    made = roles.role_assignments.create(vault, str(uuid.uuid4()), assignment)
    with pytest.raises(HttpResponseError) as in_use:
        roles.role_definitions.delete(vault, name)
    assert in_use.value.error.code == "RoleDefinitionHasAssignments"
    roles.role_assignments.delete_by_id(made.id)
    assert roles.role_definitions.delete(vault, name).role_name == "Reader of values"


def test_permissions_and_deny_assignments_are_told(roles, vault):
    permissions = roles.permissions.list_for_resource_group("dev")
    assert any("*" in permission.actions for permission in permissions)
    assert list(roles.deny_assignments.list_for_scope(vault)) == []
