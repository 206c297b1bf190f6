"""`portcullis directory`: the directory of a running gateway from the command line."""

import json
import os
import stat
import subprocess
import uuid

import pytest

from gateway import clean_environment, program
from rest import Rest


@pytest.fixture
def directory(gateway):
    """Runs a command with the credentials that `portcullis dev` prints; gives what it says."""

    def run(*arguments, said=None, settings=None, fails=False):
        command = [program(), "directory", *map(str, arguments)]
        environment = clean_environment() | (settings or gateway.settings)
        done = subprocess.run(command, input=said, capture_output=True, text=True, timeout=120, check=False, env=environment)
        assert (done.returncode != 0) == fails, done.stdout + done.stderr
        return done.stderr if fails else done.stdout.strip()

    return run


def test_users_come_are_shut_out_and_go(directory):
    name = f"u-{uuid.uuid4()}@example.com"
    user = directory("user", "add", name, "--display-name", "Ada", said="correct horse battery\n")
    assert json.loads(directory("user", "show", name))["id"] == user
    assert f"{user}  enabled   {name}" in directory("user", "list")
    directory("user", "disable", name)
    assert f"{user}  disabled  {name}" in directory("user", "list")
    directory("user", "enable", user)
    directory("user", "sign-out", user)
    assert "409" in directory("user", "add", name, said="correct horse battery\n", fails=True)
    assert "characters" in directory("user", "add", f"v-{name}", said="short\n", fails=True)
    directory("user", "remove", name)
    assert "404" in directory("user", "show", user, fails=True)


def test_groups_hold_members(directory, gateway):
    name = f"group {uuid.uuid4()}"
    group = directory("group", "add", name)
    member = gateway.settings["PORTCULLIS_PRINCIPAL_ID"]
    directory("group", "add-member", name, member)
    assert directory("group", "members", group) == f"{member}  enabled   dev"
    assert "member of itself" in directory("group", "add-member", group, group, fails=True)
    directory("group", "remove-member", name, member)
    assert directory("group", "members", group) == ""
    assert json.loads(directory("group", "show", name))["displayName"] == name
    directory("group", "remove", name)
    assert name not in directory("group", "list")


def test_an_application_and_its_tokens_are_shut_out_at_once(directory, gateway, tmp_path):
    file = tmp_path / "worker.env"
    principal = directory("app", "add", "worker", "--credentials", file)
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    own = dict(line.split("=", 1) for line in file.read_text().splitlines())
    client = own["AZURE_CLIENT_ID"]
    assert "there already" in directory("app", "add", "other", "--credentials", file, fails=True)

    class Worker:
        settings = gateway.settings | own
        token_url, ca_file, vault_url = gateway.token_url, gateway.ca_file, gateway.vault_url
        vault_resource, management_url = gateway.vault_resource, gateway.management_url

    # It has no role, so it may do nothing; whether it is known shows in how it is refused.
    tokens = [Rest(Worker).vault_token() for _ in range(2)]
    rest = Rest(Worker)

    def status(token):
        return rest.data("GET", "/secrets", token=token).status_code

    assert [status(token) for token in tokens] == [403, 403]
    assert "403" in directory("user", "list", settings=Worker.settings, fails=True)
    token_file = tmp_path / "token"
    token_file.write_text(tokens[0])
    directory("revoke", "--revoked-token-file", token_file)
    assert [status(token) for token in tokens] == [401, 403]
    directory("app", "disable", client)
    assert status(tokens[1]) == 401
    assert f"{principal}  disabled  worker" in directory("app", "list")
    directory("app", "enable", principal)
    assert status(tokens[1]) == 401, "what was issued before stays over"
    directory("app", "remove", client)
    assert "404" in directory("app", "show", principal, fails=True)


def test_credentials_are_never_arguments_and_what_the_configuration_declares_stays(directory, gateway):
    own = gateway.settings["AZURE_CLIENT_ID"]
    assert "configuration" in directory("app", "disable", own, fails=True)
    without = {name: value for name, value in gateway.settings.items() if name != "AZURE_CLIENT_SECRET"}
    assert "AZURE_CLIENT_SECRET is not set" in directory("user", "list", settings=without, fails=True)
