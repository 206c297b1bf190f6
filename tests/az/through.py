"""A gateway of the production form whose only listener is bound to a private endpoint of its vault."""

from gateway import Gateway
from served import PRINCIPAL, SUBSCRIPTION, Served


class Through:
    """Its certificates are those that a development gateway has made."""

    def __init__(self, folder):
        self._maker = Gateway()
        self._maker.start()
        self._maker.stop()
        self._served = Served(folder, self._maker.data)
        self._served.behind_private_endpoint(f'scope = "/subscriptions/{SUBSCRIPTION}"')
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
        self._served.kill()
        self._maker.close()
