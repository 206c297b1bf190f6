"""The command line `az`, unmodified: each test tells one story of a user."""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys

from conftest import HERE, Az, administer
from through import Through


def test_the_login_tells_the_subscription(az):
    assert [account["id"] for account in az.accounts] == [az.settings["AZURE_SUBSCRIPTION_ID"]]
    assert az.accounts[0]["tenantId"] == az.settings["AZURE_TENANT_ID"]
    assert az("account", "show")["environmentName"] == "Portcullis"


def test_a_vault_comes_is_changed_goes_and_comes_back(az):
    made = az("keyvault", "create", "-g", "team", "-n", "comes-and-goes", "-l", "local", "--retention-days", "7")
    assert made["properties"]["vaultUri"] == az.gateway.vault_url.replace("dev.", "comes-and-goes.", 1) + "/"
    assert made["properties"]["softDeleteRetentionInDays"] == 7
    # Without the group, which `az` looks up in the list of resources.
    assert az("keyvault", "show", "-n", "comes-and-goes")["id"] == made["id"]
    assert "comes-and-goes" in [vault["name"] for vault in az("keyvault", "list")]
    assert "comes-and-goes" in [vault["name"] for vault in az("keyvault", "list", "-g", "team")]
    changed = az("keyvault", "update", "-n", "comes-and-goes", "-g", "team", "--set", "tags.team=a")
    assert changed["tags"] == {"team": "a"}
    assert "already exists" in az.refused("keyvault", "create", "-g", "team", "-n", "comes-and-goes", "-l", "local")

    az("keyvault", "delete", "-n", "comes-and-goes", "-g", "team")
    assert "comes-and-goes" in [vault["name"] for vault in az("keyvault", "list-deleted")]
    assert az("keyvault", "show-deleted", "-n", "comes-and-goes")["properties"]["vaultId"] == made["id"]
    back = az("keyvault", "recover", "-n", "comes-and-goes")
    assert back["properties"]["provisioningState"] == "Succeeded"
    assert back["tags"] == {"team": "a"}

    az("keyvault", "delete", "-n", "comes-and-goes")
    az("keyvault", "purge", "-n", "comes-and-goes")
    assert az("keyvault", "list-deleted") == []


def test_network_rules_are_added_told_and_removed(az):
    of_vault = ("-n", "ruled", "-g", "team")
    az("keyvault", "create", "-l", "local", *of_vault)
    address = ("--ip-address", "127.0.0.0/8")
    added = az("keyvault", "network-rule", "add", *of_vault, *address)
    assert [rule["value"] for rule in added["properties"]["networkAcls"]["ipRules"]] == ["127.0.0.0/8"]
    closed = az("keyvault", "update", *of_vault, "--default-action", "Deny")
    assert closed["properties"]["networkAcls"]["defaultAction"] == "Deny"
    rules = az("keyvault", "network-rule", "list", *of_vault)
    assert [rule["value"] for rule in rules["ipRules"]] == ["127.0.0.0/8"]
    # Whoever removes the rule that lets himself in is told so, and nothing is changed.
    locked_out = az.refused("keyvault", "network-rule", "remove", *of_vault, *address)
    assert "would not admit your own address 127.0.0.1" in locked_out
    assert len(az("keyvault", "network-rule", "list", *of_vault)["ipRules"]) == 1
    az("keyvault", "update", *of_vault, "--default-action", "Allow")
    removed = az("keyvault", "network-rule", "remove", *of_vault, *address)
    assert removed["properties"]["networkAcls"]["ipRules"] == []
    links = az("keyvault", "private-link-resource", "list", "-g", "team", "--vault-name", "ruled")
    links = links["value"] if isinstance(links, dict) else links
    assert [link["name"] for link in links] == ["vault"]


def test_a_secret_is_used_only_under_a_role(az):
    made = az("keyvault", "create", "-g", "team", "-n", "roles", "-l", "local")
    secret = ("--vault-name", "roles", "-n", "s")
    assert "Forbidden" in az.refused("keyvault", "secret", "set", *secret, "--value", "v")
    assert administer(az, made["id"])["scope"] == made["id"]
    az("keyvault", "secret", "set", *secret, "--value", "v")
    assert az("keyvault", "secret", "show", *secret)["value"] == "v"


def test_a_policy_lets_in_and_keeps_out(az):
    of_vault = ("-n", "policies", "-g", "team")
    principal = az.settings["PORTCULLIS_PRINCIPAL_ID"]
    made = az("keyvault", "create", "-l", "local", *of_vault, "--enable-rbac-authorization", "false", "--no-self-perms")
    assert made["properties"]["enableRbacAuthorization"] is False
    secret = ("--vault-name", "policies", "-n", "s")
    assert "Forbidden" in az.refused("keyvault", "secret", "set", *secret, "--value", "v")
    policy = ("keyvault", "set-policy", *of_vault, "--object-id", principal)
    (entry,) = az(*policy, "--secret-permissions", "get", "set", "list")["properties"]["accessPolicies"]
    assert (entry["objectId"], sorted(entry["permissions"]["secrets"])) == (principal, ["get", "list", "set"])
    az("keyvault", "secret", "set", *secret, "--value", "v")
    az(*policy, "--secret-permissions", "list")
    assert "ForbiddenByPolicy" in az.refused("keyvault", "secret", "show", *secret)
    gone = az("keyvault", "delete-policy", *of_vault, "--object-id", principal)
    assert gone["properties"]["accessPolicies"] == []
    assert "AccessDenied" in az.refused("keyvault", "secret", "list", "--vault-name", "policies")
    switched = az("keyvault", "update", *of_vault, "--enable-rbac-authorization", "true")
    assert switched["properties"]["enableRbacAuthorization"] is True


def test_secrets(az, vault):
    secret = ("--vault-name", vault, "-n", "s")
    first = az("keyvault", "secret", "set", *secret, "--value", "one")
    second = az("keyvault", "secret", "set", *secret, "--value", "two", "--tags", "a=b")
    assert az("keyvault", "secret", "show", *secret)["value"] == "two"
    assert az("keyvault", "secret", "show", "--id", first["id"])["value"] == "one"
    versions = az("keyvault", "secret", "list-versions", *secret)
    assert {version["id"] for version in versions} == {first["id"], second["id"]}
    changed = az("keyvault", "secret", "set-attributes", *secret, "--content-type", "text/plain")
    assert changed["contentType"] == "text/plain"
    assert "s" in [item["name"] for item in az("keyvault", "secret", "list", "--vault-name", vault)]
    az("keyvault", "secret", "backup", *secret, "-f", "backup")
    az("keyvault", "secret", "delete", *secret)
    assert "s" in [item["name"] for item in az("keyvault", "secret", "list-deleted", "--vault-name", vault)]
    az("keyvault", "secret", "recover", *secret)
    az("keyvault", "secret", "delete", *secret)
    az("keyvault", "secret", "purge", *secret)
    az("keyvault", "secret", "restore", "--vault-name", vault, "-f", "backup")
    assert az("keyvault", "secret", "show", "--id", first["id"])["value"] == "one"


def test_keys(az, vault):
    key = ("--vault-name", vault, "-n", "k")
    made = az("keyvault", "key", "create", *key, "--kty", "EC", "--curve", "P-256", "--ops", "sign", "verify")
    assert (made["key"]["kty"], made["key"]["crv"]) == ("EC", "P-256")
    digest = base64.b64encode(hashlib.sha256(b"document").digest()).decode()
    signed = az("keyvault", "key", "sign", *key, "-a", "ES256", "--digest", digest)
    verified = az("keyvault", "key", "verify", *key, "-a", "ES256", "--digest", digest, "--signature", signed["signature"])
    assert verified["isValid"]
    assert az("keyvault", "key", "rotate", *key)["key"]["kid"] != made["key"]["kid"]
    assert az("keyvault", "key", "rotation-policy", "show", *key)["lifetimeActions"]
    assert "k" in [item["name"] for item in az("keyvault", "key", "list", "--vault-name", vault)]
    az("keyvault", "key", "delete", *key)
    assert az("keyvault", "key", "recover", *key)["key"]["kty"] == "EC"


def test_certificates(az, vault):
    certificate = ("--vault-name", vault, "-n", "c")
    # The policy has the usage keyCertSign; see `gateway/engine/src/certificates/spec.rs`.
    policy = az("keyvault", "certificate", "get-default-policy")
    (az.folder / "policy.json").write_text(json.dumps(policy))
    pending = az("keyvault", "certificate", "create", *certificate, "-p", "@policy.json")
    assert pending["status"] == "completed"
    made = az("keyvault", "certificate", "show", *certificate)
    assert made["kid"].startswith(az.gateway.vault_url.replace("dev.", f"{vault}.", 1) + "/keys/c/")
    assert "keyCertSign" in made["policy"]["x509CertificateProperties"]["keyUsage"]
    assert "c" in [item["name"] for item in az("keyvault", "certificate", "list", "--vault-name", vault)]
    az("keyvault", "certificate", "download", *certificate, "-f", "c.pem")
    assert (az.folder / "c.pem").read_text().startswith("-----BEGIN CERTIFICATE-----")
    az("keyvault", "certificate", "delete", *certificate)
    assert az("keyvault", "certificate", "list-deleted", "--vault-name", vault)


def test_a_group_that_holds_a_vault_stays(az, vault):
    assert "holds vaults" in az.refused("group", "delete", "-n", "team", "--yes")
    az("group", "create", "-n", "empty", "-l", "local")
    az("group", "delete", "-n", "empty", "--yes")
    assert "empty" not in [group["name"] for group in az("group", "list")]


def test_the_readme_leads_to_a_first_vault(az):
    """The section of README.md, pasted as it stands."""
    readme = (HERE.parent.parent / "README.md").read_text()
    section = readme[readme.index("### Log in and create your first vault") :]
    script = re.search(r"```sh\n(.*?)```", section, re.DOTALL)[1]
    folder = az.folder / "readme"
    folder.mkdir()
    command = folder / "az"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{HERE / "az.py"}" "$@"\n')
    command.chmod(0o755)
    environment = az.environment() | az.settings | {"AZURE_CONFIG_DIR": str(folder / "config")}
    environment["PATH"] = os.pathsep.join([str(folder), environment["PATH"]])
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    assert done.stdout.rstrip().endswith("hello from az")


def test_users_come_and_go_and_are_named_in_roles(az, vault):
    user = ("--id", "ada@example.com")
    made = az(
        "ad", "user", "create", "--display-name", "Ada", "--user-principal-name", "ada@example.com", "--password", "correct horse battery"
    )  # fmt: skip
    assert az("ad", "user", "show", *user)["id"] == made["id"]
    assert [found["id"] for found in az("ad", "user", "list", "--upn", "ada@example.com")] == [made["id"]]
    az("ad", "user", "update", *user, "--display-name", "Countess")
    assert az("ad", "user", "list", "--display-name", "Count")[0]["id"] == made["id"]
    scope = az("keyvault", "show", "-n", vault)["id"]
    role = ("--role", "Key Vault Reader", "--scope", scope, "--assignee", "ada@example.com")
    assigned = az("role", "assignment", "create", *role)
    assert (assigned["principalId"], assigned["principalType"]) == (made["id"], "User")
    listed = az("role", "assignment", "list", "--scope", scope, "--assignee", "ada@example.com")
    assert [item["principalName"] for item in listed] == ["ada@example.com"]
    az("role", "assignment", "delete", *role)
    az("ad", "user", "delete", *user)
    assert az("ad", "user", "list") == []


def test_groups_hold_members_and_have_roles(az, vault):
    group = az("ad", "group", "create", "--display-name", "ops", "--mail-nickname", "ops")
    assert az("ad", "group", "create", "--display-name", "ops", "--mail-nickname", "ops")["id"] == group["id"]
    of_id = ("--group", group["id"], "--member-id", az.settings["PORTCULLIS_PRINCIPAL_ID"])
    assert az("ad", "group", "member", "check", *of_id) == {"value": False}
    az("ad", "group", "member", "add", *of_id)
    assert az("ad", "group", "member", "check", *of_id) == {"value": True}
    assert [item["displayName"] for item in az("ad", "group", "member", "list", "--group", group["id"])] == ["dev"]
    scope = az("keyvault", "show", "-n", vault)["id"]
    role = ("--role", "Key Vault Reader", "--scope", scope, "--assignee", group["id"])
    assert az("role", "assignment", "create", *role)["principalType"] == "Group"
    az("role", "assignment", "delete", *role)
    az("ad", "group", "member", "remove", *of_id)
    assert az("ad", "group", "show", "--group", group["id"])["mailNickname"] == "ops"
    assert [item["id"] for item in az("ad", "group", "list", "--display-name", "op")] == [group["id"]]
    az("ad", "group", "delete", "--group", group["id"])
    assert az("ad", "group", "list") == []


def test_an_application_is_registered_and_its_service_principal_uses_a_vault(az, vault):
    made = az("ad", "app", "create", "--display-name", "worker", "--identifier-uris", "api://worker")
    assert az("ad", "app", "show", "--id", "api://worker")["appId"] == made["appId"]
    assert "worker" in [item["displayName"] for item in az("ad", "app", "list", "--display-name", "work")]
    az("ad", "app", "update", "--id", made["id"], "--web-redirect-uris", "https://worker.example/signed-in")
    assert az("ad", "app", "show", "--id", made["id"])["web"]["redirectUris"] == ["https://worker.example/signed-in"]
    principal = az("ad", "sp", "create", "--id", made["appId"])
    assert az("ad", "sp", "show", "--id", "api://worker")["id"] == principal["id"]
    assert principal["id"] in [item["id"] for item in az("ad", "sp", "list")]
    reset = az("ad", "app", "credential", "reset", "--id", made["appId"])
    assert len(reset["password"]) == 43
    assert len(az("ad", "app", "credential", "list", "--id", made["appId"])) == 1
    az("ad", "sp", "delete", "--id", made["appId"])
    az("ad", "app", "delete", "--id", made["appId"])
    assert az("ad", "app", "list", "--display-name", "work") == []


def test_a_service_principal_is_made_with_its_role_at_once(az, vault):
    scope = az("keyvault", "show", "-n", vault)["id"]
    made = az("ad", "sp", "create-for-rbac", "-n", "robot", "--role", "Key Vault Administrator", "--scopes", scope)
    second = Az(az.gateway, "robot")
    second.settings = az.settings | {"AZURE_CLIENT_ID": made["appId"], "AZURE_CLIENT_SECRET": made["password"]}
    second.log_in("--allow-no-subscriptions")
    second("keyvault", "secret", "set", "--vault-name", vault, "-n", "of-robot", "--value", "v")
    # Whoever is disabled is out with the next request, whatever token they hold.
    az("ad", "sp", "update", "--id", made["appId"], "--set", "accountEnabled=false")
    assert "disabled" in second.refused("keyvault", "secret", "show", "--vault-name", vault, "-n", "of-robot")
    az("ad", "app", "delete", "--id", made["appId"])


def test_a_private_endpoint_is_approved_rejected_and_removed(tmp_path):
    """On a gateway of the production form, since the configuration makes private endpoints."""
    served = Through(tmp_path)
    try:
        command = Az(served.start())
        command.log_in()
        of_vault = ("--vault-name", "prod", "-g", "vaults", "-n", "app")
        connection = ("keyvault", "private-endpoint-connection")

        def status(told):
            state = told.get("privateLinkServiceConnectionState") or told["properties"]["privateLinkServiceConnectionState"]
            return state["status"]

        assert status(command(*connection, "show", *of_vault)) == "Pending"
        assert status(command(*connection, "approve", *of_vault, "--description", "for the app")) == "Approved"
        told = command("keyvault", "show", "-n", "prod", "-g", "vaults")["properties"]["privateEndpointConnections"]
        assert [status(connection) for connection in told] == ["Approved"]
        assert status(command(*connection, "reject", *of_vault)) == "Rejected"
        command(*connection, "delete", *of_vault)
        assert "ResourceNotFound" in command.refused(*connection, "show", *of_vault)
    finally:
        served.close()
