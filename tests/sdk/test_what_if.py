"""`portcullis policy what-if`: who could do something at a vault, asked of a running gateway."""

import json
import subprocess

import pytest

from gateway import clean_environment, program


@pytest.fixture
def what_if(gateway, rest):
    def ask(*arguments, fails=False, vault=None):
        vault = vault or rest.vault_id
        command = [program(), "policy", "what-if", "--vault", vault, *arguments]
        environment = clean_environment() | gateway.settings
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stderr if fails else done.stdout

    return ask


def test_who_could_read_a_secret(what_if, gateway):
    me = gateway.settings["PORTCULLIS_PRINCIPAL_ID"]
    said = what_if("--operation", "SecretGet", "--object", "secrets/db", "--allowed")
    assert f"allow     SecretGet                  {me} dev" in said
    told = what_if("--operation", "SecretGet", "--object", "secrets/db", "--principal", me, "--json")
    [item] = map(json.loads, told.splitlines())
    assert (item["outcome"], item["stage"], item["principalId"]) == ("allow", "authorization", me)


def test_what_could_somebody_do(what_if, gateway):
    me = gateway.settings["PORTCULLIS_PRINCIPAL_ID"]
    said = what_if("--principal", me, "--object", "keys/k", "--source", "203.0.113.9", "--method", "mfa")
    operations = {line.split()[1] for line in said.splitlines()}
    assert {"KeySign", "SecretList", "VaultGet", "VaultDelete"} <= operations
    assert "SecretGet" not in operations, "the object is a key"


def test_a_bad_question_says_what_is_wrong(what_if):
    assert "give the secret that SecretGet is about" in what_if("--operation", "SecretGet", fails=True)
    assert "KIND/NAME" in what_if("--object", "db", fails=True)
    assert "operations[0]" in what_if("--operation", "secretget", fails=True)
    nowhere = "/subscriptions/00000000-0000-4000-8000-000000000000/resourceGroups/g/providers/Microsoft.KeyVault/vaults/none"
    assert "404 SubscriptionNotFound" in what_if(vault=nowhere, fails=True)
