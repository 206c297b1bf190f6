"""A gateway of the production form, started by `serve` with a configuration of its own."""

import secrets
import signal
import socket
import subprocess
import time
import uuid

from gateway import clean_environment, program

TENANT, SUBSCRIPTION, CLIENT, PRINCIPAL = (str(uuid.uuid4()) for _ in range(4))

# The private endpoint of those that have one.
ENDPOINT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/privateEndpoints/app"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def configure(folder, port, certificates):
    """Writes a whole configuration and the client secret that it names; gives the secret."""
    secret = secrets.token_urlsafe(32)
    secret_file = folder / "client-secret"
    secret_file.write_text(secret)
    secret_file.chmod(0o600)
    (folder / "portcullis.toml").write_text(f"""
domain = "localhost"
data = "data"
[[listener]]
address = "127.0.0.1:{port}"
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
    return secret


class Served:
    """A gateway started by `serve`; it has what the clients of this folder ask of a gateway."""

    def __init__(self, folder, certificates):
        self.folder, self.port = folder, free_port()
        secret = configure(folder, self.port, certificates)
        self.settings = {
            "AZURE_TENANT_ID": TENANT,
            "AZURE_CLIENT_ID": CLIENT,
            "AZURE_CLIENT_SECRET": secret,
            "AZURE_AUTHORITY_HOST": f"https://login.localhost:{self.port}",
        }
        self.vault_url = f"https://prod.vault.localhost:{self.port}"
        self.vault_resource = f"https://vault.localhost:{self.port}"
        self.token_url = f"https://login.localhost:{self.port}/{TENANT}/oauth2/v2.0/token"
        self.ca_file = str(certificates / "ca.pem")
        self.process = None

    def start(self, within=60, **environment):
        self.process = subprocess.Popen(
            [program(), "serve", "--config", self.folder / "portcullis.toml"],
            stderr=open(self.folder / "log", "ab"),
            env=clean_environment() | environment,
        )
        deadline = time.monotonic() + within
        while time.monotonic() < deadline:
            assert self.process.poll() is None, (self.folder / "log").read_text()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.05)
        raise AssertionError(f"the gateway did not listen within {within} s")

    def behind_private_endpoint(self, where):
        """Binds the only listener to a private endpoint of the vault; the service is Owner there, which is a line of TOML."""
        file = self.folder / "portcullis.toml"
        text = file.read_text().replace("[[certificate]]", f'private_endpoint = "{ENDPOINT}"\n[[certificate]]')
        file.write_text(f"""{text}
[[role_assignment]]
principal = "service"
role = "Owner"
{where}
[[private_endpoint]]
vault = "prod"
name = "app"
id = "{ENDPOINT}"
""")

    def kill(self):
        """Ends it at once, if it runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def hang_up(self, until):
        """Has the configuration read again and waits for a line about it."""
        before = self.log().count(until)
        self.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + 30
        while self.log().count(until) == before:
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.02)

    def log(self):
        return (self.folder / "log").read_text()
