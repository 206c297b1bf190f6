"""`portcullis plugin install` and what comes after it, as an operator uses them from outside against a started gateway."""

import hashlib
import json
import os
import re
import shutil
import socket
import subprocess
import time
import uuid
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError

from clients import secret_client
from test_serve import SUBSCRIPTION, Served, certificates  # noqa: F401 (a fixture)

REPOSITORY = Path(__file__).parent.parent.parent
COMPONENT = REPOSITORY / "tests" / "guests" / "released" / "0.1" / "conditional_access.wasm"


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
        refused = operator.run("promote", "office")
        assert refused.returncode == 1 and "409 PluginWouldDeny: the plugin would have refused 1 of" in refused.stderr
        assert "1 by `closed`" in refused.stderr
        assert "generation 2, enforce" in operator.do("promote", "office", "--acknowledge", "closed")
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
        operator.do("update", "office", "--memory", "4", "--time", "30")
        operator.do("update", "office", "--time", "40")
        limits = json.loads(operator.do("show", "office"))["properties"]["limits"]
        assert limits == {"memoryBytes": 4 << 20, "timeMilliseconds": 40}, "what is not named stays"
        assert not is_listed(client), "it has enough of both"
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
        (("install", "x", COMPONENT, "--scope", f"/subscriptions/{uuid.uuid4()}"), "404 SubscriptionNotFound"),
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


def operator_of(served, monkeypatch):
    """Who installs at the vault of a gateway that is yet to be started."""
    served.settings |= {"PORTCULLIS_MANAGEMENT_URL": f"https://management.localhost:{served.port}"}
    served.settings |= {"PORTCULLIS_CA_FILE": served.ca_file, "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION}
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, served.ca_file)
    operator = Operator(served, served.folder)
    operator.scope += "/resourceGroups/vaults/providers/Microsoft.KeyVault/vaults/prod"
    return operator


def test_a_signed_plugin_is_installed_where_signatures_are_required(tmp_path, certificates, monkeypatch):
    served = Served(tmp_path, certificates)
    operator = operator_of(served, monkeypatch)
    (tmp_path / "office.wasm").write_bytes(COMPONENT.read_bytes())

    public = operator.do("key", "team.key").strip()
    assert public.startswith("ed25519:") and (tmp_path / "team.key").stat().st_mode & 0o777 == 0o600
    again = operator.run("key", "team.key")
    assert again.returncode == 1 and "never replaced" in again.stderr
    (tmp_path / "open.key").write_text((tmp_path / "team.key").read_text())
    (tmp_path / "open.key").chmod(0o644)
    assert "chmod 600" in operator.run("sign", "office.wasm", "--key", "open.key").stderr

    with (tmp_path / "portcullis.toml").open("a") as config:
        config.write(f'[plugins]\nrequire_signature = true\ntrusted_keys = ["{public}"]\n')
        config.write('[[role_assignment]]\nprincipal = "service"\nrole = "Owner"\nvault = "prod"\n')
    try:
        served.start()
        closed = operator.write("closed.json", blocking("SecretList"))
        install = ("install", "office", "office.wasm", "--settings", closed, "--mode", "enforce")
        refused = operator.run(*install)
        assert refused.returncode == 1 and "the component is not signed" in refused.stderr, refused.stderr
        assert f"as {public}" in operator.do("sign", "office.wasm", "--key", "team.key")
        operator.do(*install)
        with secret_client(served) as client:
            assert not is_listed(client)
    finally:
        served.process.kill()
        served.process.wait()


def session():
    """The commands of the README's console blocks about plugins, each with what it says."""
    readme = (REPOSITORY / "README.md").read_text()
    chapter = readme[readme.index("### Write a policy") : readme.index("### Hand on less")]
    steps = []
    for block in re.findall(r"^```console\n(.*?)^```$", chapter, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                steps.append((line[2:], []))
            else:
                steps[-1][1].append(line)
    return steps


def test_the_session_of_the_readme_works_as_it_stands(own_gateway, operator):
    programs = operator.folder / "programs"
    programs.mkdir()
    (programs / "portcullis").symlink_to(os.environ["PORTCULLIS_BIN"])
    target = os.environ.get("CARGO_TARGET_DIR", str(REPOSITORY / "target")) + "/plugin-projects"
    env = {**os.environ, **operator.settings, "PATH": f"{programs}:{os.environ['PATH']}", "CARGO_TARGET_DIR": target}
    steps, folder, scope = session(), operator.folder, ""
    assert len(steps) >= 8
    with secret_client(own_gateway) as client:
        for command, expected in steps:
            if command.startswith("# Meanwhile somebody lists secrets"):
                list(client.list_properties_of_secrets())
                continue
            # One shell for each, so that what it says is its own; the folder and the exported variable are handed on.
            script = f"cd {folder}; {scope}{command}; code=$?; pwd >{operator.folder}/where; exit $code"
            done = subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True)
            refused = any(line.startswith("portcullis: ") for line in expected)
            assert (done.returncode != 0) == refused, f"{command}: {done.stdout}\n{done.stderr}"
            said = done.stderr if refused else done.stdout
            pattern = r"\n".join(re.escape(line).replace(r"\.\.\.", ".*") for line in expected)
            assert re.search(pattern, said), f"{command}: {said}"
            folder = (operator.folder / "where").read_text().strip()
            if command.startswith("export "):
                scope = f"{command}; "
            if command.startswith("portcullis plugin new"):
                # The versions that are tested here; a stranger gets the newest ones.
                shutil.copy(REPOSITORY / "Cargo.lock", operator.folder / "office-hours")


def sha256(data):
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def manifest_of(component, **changes):
    """An OCI manifest of one component."""
    layer = {"mediaType": "application/wasm", "digest": sha256(component), "size": len(component)} | changes
    config = {"mediaType": "application/vnd.wasm.config.v0+json", "digest": sha256(b"{}"), "size": 2}
    kind = "application/vnd.oci.image.manifest.v1+json"
    return json.dumps({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": [layer]}).encode()


def test_a_component_is_pulled_by_digest_from_a_layout_folder(own_gateway, operator):
    blobs = operator.folder / "layout" / "blobs" / "sha256"
    blobs.mkdir(parents=True)

    def keep(data, name=None):
        digest = name or sha256(data)
        (blobs / digest.removeprefix("sha256:")).write_bytes(data)
        return digest

    component = COMPONENT.read_bytes()
    keep(component)
    manifest = keep(manifest_of(component))
    assert "installed office" in operator.do("install", "office", f"oci:layout@{manifest}", "--mode", "off")
    shown = json.loads(operator.do("show", "office"))
    assert f"sha256:{shown['properties']['component']}" == sha256(component)
    forged = keep(manifest_of(b"another"), name=sha256(b"what was asked for"))
    changed = keep(manifest_of(b"lost"))
    keep(b"gone", name=sha256(b"lost"))
    table = [
        (forged, "its bytes have the digest"),
        (changed, "its bytes have the digest"),
        (sha256(b"never there"), "reading the blob"),
        (keep(manifest_of(component, size=40 << 20)), "more than the 33554432"),
        (keep(manifest_of(component, size=10)), "more than the 10 bytes"),
        (keep(manifest_of(component, mediaType="application/tar")), "one layer of the type application/wasm"),
        (keep(b"{}"), "none of the specification's"),
    ]
    for digest, expected in table:
        refused = operator.run("install", "office", f"oci:layout@{digest}")
        assert refused.returncode == 1 and expected in refused.stderr, f"{expected}: {refused.stderr}"
    unpinned = operator.run("install", "office", "oci:layout")
    assert unpinned.returncode == 2 and "name the digest" in unpinned.stderr, unpinned.stderr


@pytest.mark.skipif(shutil.which("docker-registry") is None, reason="the registry is missing: apt-get install docker-registry")
def test_a_component_is_pulled_by_digest_from_a_registry(own_gateway, operator):
    import requests

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = own_gateway.data
    (operator.folder / "registry.yml").write_text(f"""
version: 0.1
storage:
  filesystem:
    rootdirectory: {operator.folder}/registry
http:
  addr: 127.0.0.1:{port}
  tls:
    certificate: {data / 'tls.pem'}
    key: {data / 'tls.key'}
""")
    command = ["docker-registry", "serve", operator.folder / "registry.yml"]
    registry = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        host = f"https://login.localhost:{port}"
        web = requests.Session()
        web.trust_env, web.verify = False, own_gateway.ca_file
        deadline = time.monotonic() + 30
        while True:
            try:
                web.get(f"{host}/v2/")
                break
            except requests.ConnectionError:
                assert time.monotonic() < deadline and registry.poll() is None
                time.sleep(0.1)
        component = COMPONENT.read_bytes()
        manifest = manifest_of(component)
        for blob in component, b"{}":
            place = web.post(f"{host}/v2/team/office/blobs/uploads/").headers["Location"]
            kept = web.put(place, params={"digest": sha256(blob)}, data=blob)
            assert kept.status_code == 201, kept.text
        kind = {"Content-Type": "application/vnd.oci.image.manifest.v1+json"}
        kept = web.put(f"{host}/v2/team/office/manifests/{sha256(manifest)}", data=manifest, headers=kind)
        assert kept.status_code == 201, kept.text
        trust = ("--registry-ca-file", own_gateway.ca_file)
        source = f"{host}/team/office@{sha256(manifest)}"
        assert "installed office" in operator.do("install", "office", source, "--mode", "off", *trust)
        shown = json.loads(operator.do("show", "office"))
        assert f"sha256:{shown['properties']['component']}" == sha256(component)
        missing = operator.run("install", "office", f"{host}/team/office@{sha256(b'no')}", *trust)
        assert missing.returncode == 1 and "the registry answered 404" in missing.stderr, missing.stderr
        strange = operator.run("install", "office", source)
        assert strange.returncode == 1 and "did not answer" in strange.stderr, "its authority is not trusted"
    finally:
        registry.kill()
        registry.wait()
