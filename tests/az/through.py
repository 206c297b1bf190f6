"""A gateway of the production form whose only listener is bound to a private endpoint of its vault."""

from gateway import Gateway
from served import PRINCIPAL, SUBSCRIPTION, Served

ENDPOINT = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/net/providers/Microsoft.Network/privateEndpoints/app"


class Through:
    """Its certificates are those that a development gateway has made."""

    def __init__(self, folder):
        self._maker = Gateway()
        self._maker.start()
        self._maker.stop()
        self._served = Served(folder, self._maker.data)
        configuration = folder / "portcullis.toml"
        text = configuration.read_text().replace("[[certificate]]", f'private_endpoint = "{ENDPOINT}"\n[[certificate]]')
        configuration.write_text(
            f"""{text}
[[role_assignment]]
principal = "service"
role = "Owner"
scope = "/subscriptions/{SUBSCRIPTION}"
[[private_endpoint]]
vault = "prod"
name = "app"
id = "{ENDPOINT}"
"""
        )
        self.folder = folder
        management = f"https://management.localhost:{self._served.port}"
        self.settings = self._served.settings | {
            "PORTCULLIS_MANAGEMENT_URL": management,
            "PORTCULLIS_PRINCIPAL_ID": PRINCIPAL,
            "AZURE_SUBSCRIPTION_ID": SUBSCRIPTION,
        }
        self.ca_file = self._served.ca_file

    def start(self):
        self._served.start()
        return self

    def close(self):
        process = self._served.process
        if process is not None and process.poll() is None:
            process.kill()
            process.wait()
        self._maker.close()
