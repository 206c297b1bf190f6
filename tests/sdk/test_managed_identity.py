"""Managed identities: processes of allowed users have tokens without a secret, with the unmodified azure-identity."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
import uuid

import pytest
from azure.identity import ManagedIdentityCredential
from azure.keyvault.secrets import SecretClient

from test_identity import private
from test_serve import TENANT, Served, free_port

IDENTITY, PRINCIPAL, OTHER = (str(uuid.uuid4()) for _ in range(3))


class ManagedGateway(Served):
    """A gateway whose own user may use one identity, and somebody else another."""

    def __init__(self, folder, certificates, more=""):
        super().__init__(folder, certificates)
        self.endpoint_port, self.header = free_port(), secrets.token_urlsafe(32)
        self.socket = folder / "identity.sock"
        private(folder / "identity-header", self.header)
        text = (folder / "portcullis.toml").read_text()
        identities = f"""
[identity_endpoint]
address = "127.0.0.1:{self.endpoint_port}"
socket = "identity.sock"
header_file = "identity-header"
[[managed_identity]]
name = "worker"
principal = "{PRINCIPAL}"
client_id = "{IDENTITY}"
tenant = "{TENANT}"
users = [{os.getuid()}]
{more}
[[managed_identity]]
name = "somebody-elses"
principal = "{uuid.uuid4()}"
client_id = "{OTHER}"
tenant = "{TENANT}"
users = [{os.getuid() + 4711}]
[[role_assignment]]
principal = "worker"
role = "Key Vault Secrets Officer"
vault = "prod"
"""
        (folder / "portcullis.toml").write_text(text + identities)

    @property
    def endpoint(self):
        return f"http://127.0.0.1:{self.endpoint_port}"

    def ask(self, path="/metadata/identity/oauth2/token", headers=None, **parameters):
        """Asks by hand; gives the status and what is told."""
        query = {"api-version": "2018-02-01", "resource": self.vault_resource} | parameters
        url = f"{self.endpoint}{path}?{urllib.parse.urlencode({name: value for name, value in query.items() if value is not None})}"
        request = urllib.request.Request(url, headers={"Metadata": "true"} if headers is None else headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=30) as reply:
                return reply.status, json.loads(reply.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


@pytest.fixture(scope="module")
def managed(gateway, tmp_path_factory):
    served = ManagedGateway(tmp_path_factory.mktemp("managed"), gateway.data)
    yield served.start()
    served.process.kill()


def works(managed, credential):
    with SecretClient(managed.vault_url, credential) as client:
        name = f"s-{uuid.uuid4()}"
        client.set_secret(name, "v")
        assert client.get_secret(name).value == "v"


def test_the_shape_of_the_instance_metadata_service(managed, monkeypatch):
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", managed.endpoint)
    works(managed, ManagedIdentityCredential())
    works(managed, ManagedIdentityCredential(client_id=IDENTITY))


def test_the_shape_of_the_app_service(managed, monkeypatch):
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{managed.endpoint}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", managed.header)
    works(managed, ManagedIdentityCredential())
    works(managed, ManagedIdentityCredential(client_id=IDENTITY))


def over_socket(managed, more=""):
    """Asks over the Unix socket; gives the status and what is told."""
    with socket.socket(socket.AF_UNIX) as stream:
        stream.connect(str(managed.socket))
        target = f"/metadata/identity/oauth2/token?api-version=2018-02-01&resource={managed.vault_resource}"
        head = f"GET {target} HTTP/1.1\r\nHost: identity\r\nMetadata: true\r\n{more}Connection: close\r\n\r\n"
        stream.sendall(head.encode())
        reply = b"".join(iter(lambda: stream.recv(65536), b""))
    head, body = reply.split(b"\r\n\r\n", 1)
    return int(head.split()[1]), json.loads(body)


def test_a_unix_socket_tells_who_connects(managed):
    status, told = over_socket(managed)
    assert (status, told.get("client_id")) == (200, IDENTITY)
    assert over_socket(managed, "Origin: http://identity\r\n")[0] == 400


def test_a_page_in_a_browser_is_refused(managed):
    for header in ({"Host": "rebound.example"}, {"Origin": managed.endpoint}, {"Sec-Fetch-Site": "same-origin"}):
        status, told = managed.ask(headers={"Metadata": "true"} | header)
        assert (status, told["error"]) == (400, "invalid_request"), header
    assert managed.ask(headers={"Metadata": "true", "Host": f"localhost:{managed.endpoint_port}"})[0] == 200


def test_what_is_forwarded_or_not_meant_is_refused(managed):
    status, told = managed.ask()
    assert (status, told["token_type"], told["resource"]) == (200, "Bearer", managed.vault_resource)
    assert managed.ask(headers={})[0] == 400
    assert managed.ask(headers={"Metadata": "true", "X-Forwarded-For": "203.0.113.1"})[0] == 400
    assert managed.ask(**{"api-version": None})[0] == 400
    assert managed.ask(resource="https://elsewhere.example")[1]["error"] == "invalid_resource"
    assert managed.ask("/metadata/instance")[0] == 404
    for headers in ({}, {"X-IDENTITY-HEADER": "wrong"}, {"Metadata": "true"}):
        assert managed.ask("/msi/token", headers, **{"api-version": "2019-08-01"})[0] == 403


def test_an_identity_is_for_its_users_alone(managed):
    for client in (OTHER, str(uuid.uuid4())):
        status, told = managed.ask(client_id=client)
        assert (status, told["error"]) == (403, "unauthorized_client")
    records = [json.loads(line) for line in (managed.folder / "data" / "audit.jsonl").read_text().splitlines()]
    issued = [record for record in records if record.get("operationName") == "ManagedIdentityTokenIssue"]
    assert issued


def asked(managed, **options):
    """Asks from a process of its own, which may be another user's; gives the status."""
    script = (
        "import sys, urllib.request, urllib.error\n"
        "opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))\n"
        "request = urllib.request.Request(sys.argv[1], headers={'Metadata': 'true'})\n"
        "try:\n    print(opener.open(request, timeout=30).status)\n"
        "except urllib.error.HTTPError as error:\n    print(error.code)\n"
    )
    url = f"{managed.endpoint}/metadata/identity/oauth2/token?api-version=2018-02-01&resource={managed.vault_resource}"
    # The interpreter may lie where another user cannot read: the system's is used.
    command = ["/usr/bin/env", "python3", "-c", script, url]
    done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin"}, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


ANOTHER = {"user": 65533, "group": 65533, "extra_groups": []}


@pytest.mark.skipif(os.getuid() != 0, reason="to be another user takes root")
def test_another_user_of_the_machine_is_refused(managed):
    assert asked(managed) == "200"
    assert asked(managed, **ANOTHER) == "403"


@pytest.mark.skipif(os.getuid() != 0, reason="to be another user takes root")
def test_a_user_without_an_identity_is_cut_off_at_the_unix_socket(gateway, tmp_path):
    script = (
        "import socket, sys\n"
        "stream = socket.socket(socket.AF_UNIX)\n"
        "stream.connect(sys.argv[1])\n"
        "try:\n"
        "    stream.sendall(b'GET /msi/token HTTP/1.1\\r\\nHost: identity\\r\\n\\r\\n')\n"
        "    print(len(stream.recv(1)))\n"
        "except (BrokenPipeError, ConnectionResetError):\n    print(0)\n"
    )
    with tempfile.TemporaryDirectory(dir="/tmp") as everybodys:
        os.chmod(everybodys, 0o755)
        served = ManagedGateway(tmp_path, gateway.data)
        path = f"{everybodys}/identity.sock"
        text = (tmp_path / "portcullis.toml").read_text()
        (tmp_path / "portcullis.toml").write_text(text.replace('"identity.sock"', f'"{path}"'))
        served.socket = path
        served.start()
        try:
            command = ["/usr/bin/env", "python3", "-c", script, path]
            options = {"user": 65533, "group": 65533, "extra_groups": [], "env": {"PATH": "/usr/bin:/bin"}}
            done = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=60, **options)
            assert (done.returncode, done.stdout.strip()) == (0, "0"), done.stderr
            assert over_socket(served)[0] == 200
        finally:
            served.process.kill()


def test_an_identity_may_be_for_a_program_alone(gateway, tmp_path):
    (tmp_path / "mine").mkdir()
    interpreter = os.path.realpath(shutil.which("python3", path="/usr/bin:/bin"))
    served = ManagedGateway(tmp_path / "mine", gateway.data, more=f'executables = ["{interpreter}"]')
    text = (served.folder / "portcullis.toml").read_text()
    users = f"users = [{os.getuid()}"
    (served.folder / "portcullis.toml").write_text(text.replace(f"{users}]", f"{users}, 65533]"))
    served.start()
    try:
        # Root's processes may have capabilities that the gateway has not, and cannot be looked into then.
        assert asked(served, **(ANOTHER if os.getuid() == 0 else {})) == "200"
        status, told = over_socket(served)
        assert status == 403 and "`executables`" in told["error_description"], told
    finally:
        served.process.kill()
    (tmp_path / "other").mkdir()
    served = ManagedGateway(tmp_path / "other", gateway.data, more='executables = ["/bin/true"]')
    served.start()
    try:
        assert served.ask()[0] == 403
    finally:
        served.process.kill()


def test_it_listens_on_loopback_alone(gateway, tmp_path):
    from test_serve import refused

    served = ManagedGateway(tmp_path, gateway.data)
    text = (tmp_path / "portcullis.toml").read_text()
    (tmp_path / "portcullis.toml").write_text(text.replace(f'"127.0.0.1:{served.endpoint_port}"', '"0.0.0.0:1"'))
    status, said = refused(tmp_path)
    assert status == 64 and "identity_endpoint.address" in said, said
