"""`portcullis serve`: the production form, with a configuration file."""

import secrets
import signal
import socket
import ssl
import subprocess
import threading
import time
import uuid

import pytest

from clients import secret_client
from gateway import Gateway, clean_environment, program

TENANT, SUBSCRIPTION, CLIENT, PRINCIPAL = (str(uuid.uuid4()) for _ in range(4))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Served:
    """A gateway started by `serve`; it has what the clients of this folder ask of a gateway."""

    def __init__(self, folder, certificates):
        self.folder, self.port = folder, free_port()
        secret = secrets.token_urlsafe(32)
        secret_file = folder / "client-secret"
        secret_file.write_text(secret)
        secret_file.chmod(0o600)
        (folder / "portcullis.toml").write_text(f"""
domain = "localhost"
data = "data"
[[listener]]
address = "127.0.0.1:{self.port}"
[[certificate]]
chain = "{certificates / 'tls.pem'}"
key = "{certificates / 'tls.key'}"
[[tenant]]
id = "{TENANT}"
[[application]]
name = "service"
principal = "{PRINCIPAL}"
client_id = "{CLIENT}"
tenant = "{TENANT}"
secret_file = "client-secret"
[[vault]]
name = "prod"
subscription = "{SUBSCRIPTION}"
resource_group = "vaults"
tenant = "{TENANT}"
[[role_assignment]]
principal = "service"
role = "Key Vault Secrets Officer"
vault = "prod"
""")
        self.settings = {
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": CLIENT,
            "AZURE_CLIENT_SECRET": secret,
            "AZURE_AUTHORITY_HOST": f"https://login.localhost:{self.port}",
        }
        self.vault_url = f"https://prod.vault.localhost:{self.port}"
        self.ca_file = str(certificates / "ca.pem")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [program(), "serve", "--config", self.folder / "portcullis.toml"],
            stderr=open(self.folder / "log", "ab"),
            env=clean_environment(),
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError("the gateway did not listen within 60 s")


@pytest.fixture
def served(tmp_path, monkeypatch):
    maker = Gateway()
    try:
        # A development gateway has made certificates for localhost names.
        maker.start()
        maker.stop()
        served = Served(tmp_path, maker.data)
        for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
            monkeypatch.setenv(name, served.ca_file)
        yield served.start()
        if served.process.poll() is None:
            served.process.kill()
            served.process.wait()
    finally:
        maker.close()


def test_a_configured_gateway_serves_the_sdk_and_finds_its_data_again(served):
    with secret_client(served) as client:
        client.set_secret("kept", "value")
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(30) == 0
    served.start()
    with secret_client(served) as client:
        assert client.get_secret("kept").value == "value"


def test_sigterm_lets_a_request_in_flight_end(served):
    context = ssl.create_default_context(cafile=served.ca_file)
    raw = socket.create_connection(("127.0.0.1", served.port))
    login = context.wrap_socket(raw, server_hostname="login.localhost")
    body = f"grant_type=client_credentials&client_id={CLIENT}&client_secret=wrong&scope=x".encode()
    head = (
        f"POST /{TENANT}/oauth2/v2.0/token HTTP/1.1\r\nHost: login.localhost:{served.port}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    login.sendall(head.encode() + body[:10])
    time.sleep(0.3)  # the head has arrived; whether it has is seen from the answer alone
    served.process.send_signal(signal.SIGTERM)
    threading.Timer(0.5, lambda: login.sendall(body[10:])).start()
    login.settimeout(10)
    assert login.recv(4096).startswith(b"HTTP/1.1 400 ")
    login.close()
    assert served.process.wait(30) == 0
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", served.port), 1)


def test_a_configuration_with_mistakes_is_refused_whole_before_a_port_is_bound(tmp_path):
    port = free_port()
    path = tmp_path / "bad.toml"
    path.write_text(f'domian = "x"\n[[listener]]\naddress = "127.0.0.1:{port}"\n[limits]\nidle_timeout = "soon"\n')
    ended = subprocess.run([program(), "serve", "--config", path], capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 64
    for mistake in ("did you mean `domain`", "data: missing", "`soon` is not a duration", "line 1", "line 5"):
        assert mistake in ended.stderr


def test_the_audit_log_is_verified_and_a_change_is_found(served):
    with secret_client(served) as client:
        client.set_secret("noted", "value")
    log, key = served.folder / "data" / "audit.jsonl", served.folder / "data" / "root.key"
    command = [program(), "audit", "verify", "--log", log, "--root-key", key]
    assert "chain unbroken" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
    text = log.read_text()
    log.write_text(text.replace('"SecretSet"', '"SecretGet"', 1))
    broken = subprocess.run(command, capture_output=True, text=True, check=False)
    assert broken.returncode != 0 and "portcullis:" in broken.stderr
