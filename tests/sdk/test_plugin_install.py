"""`portcullis plugin install` and what comes after it, as an operator uses them from outside against a started gateway."""

import hashlib
import json
import os
import subprocess
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError

from clients import secret_client

COMPONENT = Path(__file__).parent.parent / "guests" / "released" / "0.1" / "conditional_access.wasm"


def blocking(*operations):
    """Settings of conditional access that block operations for everybody."""
    everybody = {"include": ["All"], "exclude": []}
    conditions = {"principals": everybody, "operations": {"include": list(operations), "exclude": []}, "locations": everybody}
    policy = {"id": "closed", "displayName": "Closed", "state": "enabled", "conditions": conditions}
    return {"policies": [policy | {"grantControls": {"builtInControls": ["block"]}}]}


class Operator:
    """Someone at a shell with the variables that `portcullis dev` prints."""

    def __init__(self, gateway, folder):
        self.folder = folder
        self.settings = gateway.settings
        self.scope = f"/subscriptions/{gateway.settings['AZURE_SUBSCRIPTION_ID']}"

    def run(self, *arguments, **environment):
        command = [os.environ["PORTCULLIS_BIN"], "plugin", *arguments]
        assert not any(self.settings["AZURE_CLIENT_SECRET"] in str(word) for word in command)
        env = {**os.environ, **self.settings, "PORTCULLIS_SCOPE": self.scope, **environment}
        return subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True)

    def do(self, *arguments, **environment):
        done = self.run(*arguments, **environment)
        assert done.returncode == 0, f"{arguments}: {done.stdout}\n{done.stderr}"
        return done.stdout

    def write(self, name, value):
        (self.folder / name).write_text(json.dumps(value))
        return name


@pytest.fixture
def operator(own_gateway, tmp_path):
    return Operator(own_gateway, tmp_path)


def is_listed(client):
    """Whether secrets may be listed."""
    try:
        list(client.list_properties_of_secrets())
        return True
    except HttpResponseError as error:
        assert error.status_code == 403 and "office; closed" in error.message, error.message
        return False


def test_a_plugin_is_installed_updated_rolled_back_and_removed(own_gateway, operator):
    with secret_client(own_gateway) as client:
        assert is_listed(client)
        closed = operator.write("closed.json", blocking("SecretList"))
        said = operator.do("install", "office", COMPONENT, "--settings", closed)
        assert "installed office" in said and "generation 1, report-only" in said
        assert is_listed(client), "it only reports"
        assert "generation 2, enforce" in operator.do("promote", "office")
        assert not is_listed(client)
        opened = operator.write("open.json", blocking("SecretPurge"))
        assert "updated office" in operator.do("update", "office", "--settings", opened)
        assert is_listed(client)
        assert "rolled back office" in operator.do("rollback", "office")
        assert not is_listed(client)
        assert "generation 5, percentage 0" in operator.do("update", "office", "--mode", "percentage", "--percentage", "0")
        assert is_listed(client)
        operator.do("rollback", "office", "--generation", "2")
        assert not is_listed(client)

        shown = json.loads(operator.do("show", "office"))
        assert shown["properties"]["settings"] == blocking("SecretList")
        assert shown["properties"]["component"] == hashlib.sha256(COMPONENT.read_bytes()).hexdigest()
        assert [it["generation"] for it in shown["properties"]["previousGenerations"]] == [5, 4, 3, 2, 1]
        listed = operator.do("list")
        assert listed.startswith("office  enforce  generation 6  ready"), listed
        assert "removed office" in operator.do("remove", "office")
        assert is_listed(client)
        assert "no plugin is installed" in operator.do("list")
    changes = [record for record in own_gateway.audit() if record.get("operationName") == "PluginPut"]
    assert len(changes) >= 3, "installed and updated twice; each is recorded"


def test_refusals_say_why(own_gateway, operator):
    (operator.folder / "core.wasm").write_bytes(b"\0asm\x01\0\0\0")
    (operator.folder / "empty.wasm").write_bytes(b"")
    table = [
        (("install", "x", "core.wasm"), "InvalidComponent: property properties.component: this is a core module"),
        (("install", "x", "missing.wasm"), "reading the component `missing.wasm`"),
        (("install", "azure-rbac", COMPONENT), "PluginIsDeclared"),
        (("install", "x", COMPONENT, "--mode", "percentage"), "--mode percentage needs --percentage"),
        (("show", "x"), "404 PluginNotFound: there is no plugin `x` at this scope"),
        (("rollback", "x"), "PluginNotFound"),
        (("install", "x", COMPONENT, "--scope", "/"), "403 AuthorizationFailed"),
    ]
    for arguments, expected in table:
        done = operator.run(*arguments)
        assert done.returncode == 1 and expected in done.stderr, f"{arguments}: {done.stderr}"
        assert operator.settings["AZURE_CLIENT_SECRET"] not in done.stdout + done.stderr
    wrong = operator.run("list", AZURE_CLIENT_SECRET="something-else-that-is-long-enough")
    assert wrong.returncode == 1 and "signing in: " in wrong.stderr, wrong.stderr
    none = operator.run("list", PORTCULLIS_TOKEN="not a token")
    assert none.returncode == 1 and "401" in none.stderr, none.stderr


def test_a_token_from_a_file_is_enough(own_gateway, operator):
    from rest import Rest

    token = operator.folder / "token"
    token.write_text(Rest(own_gateway).management_token() + "\n")
    said = operator.do("list", "--token-file", token, AZURE_CLIENT_SECRET="")
    assert "no plugin is installed" in said
