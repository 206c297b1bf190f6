"""Privileged access by azure-mgmt-authorization, unmodified."""

import uuid

import pytest
from azure.core.exceptions import HttpResponseError
from azure.mgmt.authorization import AuthorizationManagementClient

from clients import credential, secret_client
from rest import Rest
from test_access import administrator_assignment, principal_of

PREVIEW = "2020-10-01"
OFFICER = "b86a8fe4-44ce-4948-aee5-eccb2c155cd7"


@pytest.fixture
def schedules(own_gateway):
    """A client for a caller who has been seen by the gateway."""
    with secret_client(own_gateway) as secrets:
        secrets.set_secret("s", "v")
    client = AuthorizationManagementClient(
        credential(own_gateway),
        own_gateway.settings["AZURE_SUBSCRIPTION_ID"],
        api_version=PREVIEW,
        base_url=own_gateway.management_url,
        credential_scopes=[f"{own_gateway.management_url}//.default"],
        connection_verify=own_gateway.ca_file,
    )
    with client:
        yield client


def test_an_eligible_role_is_taken_and_given_back(own_gateway, schedules):
    rest = Rest(own_gateway)
    vault, principal = rest.vault_id, principal_of(own_gateway)
    rest.unassign(administrator_assignment(rest))
    subscription = own_gateway.settings["AZURE_SUBSCRIPTION_ID"]
    role = f"/subscriptions/{subscription}/providers/Microsoft.Authorization/roleDefinitions/{OFFICER}"
    wanted = {"principal_id": principal, "role_definition_id": role, "justification": "on call"}
    forever = {"expiration": {"type": "NoExpiration"}}

    made = schedules.role_eligibility_schedule_requests.create(
        vault, str(uuid.uuid4()), wanted | {"request_type": "AdminAssign", "schedule_info": forever}
    )
    assert (made.status, made.principal_id, made.scope) == ("Provisioned", principal, vault)
    (eligible,) = schedules.role_eligibility_schedule_instances.list_for_scope(vault, filter="asTarget()")
    assert eligible.role_definition_id == role
    with secret_client(own_gateway) as secrets:
        with pytest.raises(HttpResponseError):
            secrets.set_secret("s", "v")
        hour = {"expiration": {"type": "AfterDuration", "duration": "PT1H"}}
        taken = schedules.role_assignment_schedule_requests.create(
            vault, str(uuid.uuid4()), wanted | {"request_type": "SelfActivate", "schedule_info": hour}
        )
        assert (taken.status, taken.request_type) == ("Provisioned", "SelfActivate")
        secrets.set_secret("s", "v")
        (held,) = schedules.role_assignment_schedule_instances.list_for_scope(vault, filter="asTarget()")
        assert (held.assignment_type, (held.end_date_time - held.start_date_time).total_seconds()) == ("Activated", 3600)
        with pytest.raises(HttpResponseError) as long:
            day = {"expiration": {"type": "AfterDuration", "duration": "P1D"}}
            schedules.role_assignment_schedule_requests.create(
                vault, str(uuid.uuid4()), wanted | {"request_type": "SelfActivate", "schedule_info": day}
            )
        assert long.value.status_code == 400 and "28800 seconds at most" in long.value.message
        back = schedules.role_assignment_schedule_requests.create(
            vault, str(uuid.uuid4()), wanted | {"request_type": "SelfDeactivate"}
        )
        assert back.status == "Revoked"
        with pytest.raises(HttpResponseError):
            secrets.set_secret("s", "v")
