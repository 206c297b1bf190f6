"""`portcullis admin`: an installation is begun, and its configuration moves into another store."""

import json
import stat
import subprocess

import pytest
import requests
from azure.identity import ClientSecretCredential

from gateway import clean_environment, program
from test_serve import Served


def run(*arguments, **options):
    command = [program(), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=clean_environment(), **options)


def settings(path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


class Bare(Served):
    """A gateway whose configuration declares nobody and nothing."""

    def __init__(self, folder, certificates):
        super().__init__(folder, certificates)
        self.config = folder / "portcullis.toml"
        text = self.config.read_text()
        self.config.write_text(text[: text.index("[[tenant]]")])

    def admin(self, *arguments):
        return run("admin", arguments[0], "--config", self.config, *arguments[1:])

    def stop(self):
        self.process.terminate()
        assert self.process.wait(30) == 0
        self.process = None


@pytest.fixture
def bare(gateway, tmp_path):
    folder = tmp_path / "first"
    folder.mkdir()
    served = Bare(folder, gateway.data)
    yield served
    if served.process is not None:
        served.process.kill()


def signed_in(served, owner):
    """A token of an owner for the management plane."""
    credential = ClientSecretCredential(
        owner["AZURE_TENANT_ID"], owner["AZURE_CLIENT_ID"], owner["AZURE_CLIENT_SECRET"],
        authority=f"https://login.localhost:{served.port}", disable_instance_discovery=True,
    )  # fmt: skip
    return credential.get_token(f"https://management.localhost:{served.port}/.default").token


def ask(served, token, method, path, body=None):
    """The status of a call of the management plane, and what it tells."""
    with requests.Session() as session:
        session.trust_env, session.verify = False, served.ca_file
        url = f"https://management.localhost:{served.port}{path}?api-version=2022-04-01"
        answer = session.request(method, url, json=body, headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.json()


def test_an_installation_is_begun_and_its_owners_own_it(bare, tmp_path):
    owner, emergency = tmp_path / "owner.env", tmp_path / "break-glass.env"
    files = ("--owner", owner, "--break-glass", emergency)
    done = bare.admin("init", *files)
    assert done.returncode == 0, done.stderr
    assert settings(owner)["AZURE_CLIENT_SECRET"] not in done.stdout + done.stderr
    again = bare.admin("init", "--owner", tmp_path / "a", "--break-glass", tmp_path / "b")
    assert again.returncode != 0 and "already" in again.stderr, again.stderr
    assert not (tmp_path / "a").exists()

    bare.start()
    running = bare.admin("export", "--output", tmp_path / "while-it-runs")
    assert running.returncode != 0 and not (tmp_path / "while-it-runs").exists(), running.stderr
    for path in (owner, emergency):
        known = settings(path)
        token = signed_in(bare, known)
        group = f"/subscriptions/{known['AZURE_SUBSCRIPTION_ID']}/resourcegroups/{path.stem}"
        status, told = ask(bare, token, "PUT", group, {"location": "local"})
        assert status == 201, told
    bare.stop()


def test_a_configuration_moves_into_an_empty_store_and_into_no_other(bare, gateway, tmp_path):
    owner = tmp_path / "owner.env"
    assert bare.admin("init", "--owner", owner, "--break-glass", tmp_path / "break-glass.env").returncode == 0
    known = settings(owner)
    bare.start()
    group = f"/subscriptions/{known['AZURE_SUBSCRIPTION_ID']}/resourcegroups/team"
    assert ask(bare, signed_in(bare, known), "PUT", group, {"location": "local"})[0] == 201
    bare.stop()

    plain, hashed = tmp_path / "plain.json", tmp_path / "hashed.json"
    assert bare.admin("export", "--output", plain).returncode == 0
    assert bare.admin("export", "--output", plain).returncode != 0, "nothing is written over"
    assert bare.admin("export", "--output", hashed, "--password-hashes").returncode == 0
    assert stat.S_IMODE(plain.stat().st_mode) == 0o600
    secrets = [record["secrets"] for _, record in json.loads(plain.read_text())["records"] if "secrets" in record]
    assert secrets and not any(secrets)
    assert known["AZURE_CLIENT_SECRET"] not in plain.read_text() + hashed.read_text()

    (tmp_path / "second").mkdir()
    second = Bare(tmp_path / "second", gateway.data)
    damaged = tmp_path / "damaged.json"
    damaged.write_text(hashed.read_text().replace('"c/t/', '"c/x/'))
    assert second.admin("import", "--input", damaged).returncode != 0
    taken = second.admin("import", "--input", hashed)
    assert taken.returncode == 0, taken.stderr
    assert "already" in second.admin("import", "--input", hashed).stderr
    second.start()
    try:
        status, told = ask(second, signed_in(second, known), "GET", group)
        assert (status, told["name"]) == (200, "team")
    finally:
        second.stop()
