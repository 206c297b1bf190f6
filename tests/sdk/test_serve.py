"""`portcullis serve`: the production form, with a configuration file."""

import copy
import signal
import socket
import ssl
import subprocess
import threading
import time
import uuid

import pytest

from clients import certificate_client, key_client, secret_client
from gateway import Gateway, clean_environment, program
from rest import Rest
from served import CLIENT, SUBSCRIPTION, TENANT, Served, configure, free_port
from test_certificates import made


def refused(folder):
    """Starts a gateway that must not start; gives its status and what it says."""
    command = [program(), "serve", "--config", folder / "portcullis.toml"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=clean_environment())
    return ended.returncode, ended.stderr


@pytest.fixture
def certificates():
    """A folder with certificates for localhost names, which a development gateway has made."""
    maker = Gateway()
    try:
        maker.start()
        maker.stop()
        yield maker.data
    finally:
        maker.close()


@pytest.fixture
def served(tmp_path, certificates, monkeypatch):
    served = Served(tmp_path, certificates)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, served.ca_file)
    try:
        yield served.start()
    finally:
        served.kill()


@pytest.fixture
def taken_port():
    """A port that is taken: whoever tries to bind it fails and says so."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        yield holder.getsockname()[1]


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


def test_files_that_cannot_be_used_are_told_together_before_anything_is_opened(tmp_path, certificates, taken_port):
    configure(tmp_path, taken_port, certificates)
    for name in ("broken.pem", "text.wasm"):
        (tmp_path / name).write_text("this is neither a certificate nor a component\n")
    with open(tmp_path / "portcullis.toml", "a") as configuration:
        configuration.write(f"""
[[certificate]]
chain = "broken.pem"
key = "{certificates / 'tls.key'}"
[[certificate]]
chain = "{certificates / 'tls.pem'}"
key = "{certificates / 'ca.key'}"
[[plugin]]
name = "azure-rbac"
builtin = "azure-rbac"
[[plugin]]
name = "own"
file = "text.wasm"
""")
    status, told = refused(tmp_path)
    assert status == 64, told
    lines = told.splitlines()[1:]
    assert len(lines) == 3, told
    assert lines[0].startswith("  certificate[1]: ") and "broken.pem" in lines[0]
    assert lines[1].startswith("  certificate[2]: ") and "cannot be used together" in lines[1] and "ca.key" in lines[1]
    assert lines[2].startswith("  plugin `own`: ") and "text.wasm" in lines[2] and "not WebAssembly" in lines[2]
    assert "put a plugin component there" in lines[2]
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("content", [b"garbage " * 1024, b"redb\x1a\x0a\xa9\x0d\x0a" + bytes(8192)], ids=["foreign", "corrupt"])
def test_a_database_that_cannot_be_used_is_named_and_left_alone(tmp_path, certificates, taken_port, content):
    configure(tmp_path, taken_port, certificates)
    (tmp_path / "data").mkdir()
    store = tmp_path / "data" / "portcullis.redb"
    store.write_bytes(content)
    status, told = refused(tmp_path)
    assert status == 1, told
    assert str(store) in told
    assert "move this one away" in told or "restore it from a backup" in told
    # The port is taken by this test; that nobody complains of it shows that nobody came so far.
    assert str(taken_port) not in told
    assert store.read_bytes() == content


def test_sighup_takes_over_what_the_configuration_declares(served):
    configuration = served.folder / "portcullis.toml"
    enabled = configuration.read_text()
    disabled = enabled.replace('name = "service"', 'name = "service"\nenabled = false')
    rest = Rest(served)
    assert rest.data("PUT", "/secrets/kept", json={"value": "v"}).status_code == 200

    configuration.write_text(disabled)
    served.hang_up(until="declarations hold")
    refusal = rest.data("GET", "/secrets/kept")
    assert refusal.status_code == 401
    assert "disabled" in refusal.json()["error"]["message"]

    # With a mistake in it, nothing of the file counts.
    configuration.write_text(enabled + '[limits]\nidle_timeout = "soon"\n')
    served.hang_up(until="refused whole")
    assert "`soon` is not a duration" in served.log()
    assert rest.data("GET", "/secrets/kept").status_code == 401

    # Nor when it contradicts what is stored.
    configuration.write_text(enabled.replace(SUBSCRIPTION, str(uuid.uuid4())))
    served.hang_up(until="not taken over")
    assert rest.data("GET", "/secrets/kept").status_code == 401

    configuration.write_text(enabled)
    served.hang_up(until="declarations hold")
    assert rest.data("GET", "/secrets/kept").status_code == 200


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


OTHER_VAULT = """
[[vault]]
name = "other"
subscription = "{subscription}"
resource_group = "vaults"
tenant = "{tenant}"
[[role_assignment]]
principal = "service"
role = "Key Vault Administrator"
vault = "prod"
[[role_assignment]]
principal = "service"
role = "Key Vault Administrator"
vault = "other"
"""


def test_a_certificates_backup_is_restored_into_another_vault(served):
    with open(served.folder / "portcullis.toml", "a") as configuration:
        configuration.write(OTHER_VAULT.format(subscription=SUBSCRIPTION, tenant=TENANT))
    served.hang_up(until="declarations hold")
    other = copy.copy(served)
    other.vault_url = served.vault_url.replace("prod", "other")
    with certificate_client(served) as here, certificate_client(other) as there:
        certificate = made(here, "moved")
        restored = there.restore_certificate_backup(here.backup_certificate("moved"))
    assert restored.cer == certificate.cer
    assert restored.key_id.startswith(other.vault_url)
    with secret_client(other) as secrets, secret_client(served) as originals, key_client(other) as keys:
        assert secrets.get_secret("moved").value == originals.get_secret("moved").value
        assert keys.get_key("moved").properties.managed
