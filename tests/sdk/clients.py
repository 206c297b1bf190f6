"""The unmodified SDK's clients, set up as its documentation says."""

import time

from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import ClientSecretCredential
from azure.keyvault.secrets import SecretClient


def credential(gateway, **changes):
    """The credential of a service, with settings changed for tests of wrong ones."""
    settings = gateway.settings | changes
    return ClientSecretCredential(
        settings["AZURE_TENANT_ID"],
        settings["AZURE_CLIENT_ID"],
        settings["AZURE_CLIENT_SECRET"],
        authority=settings["AZURE_AUTHORITY_HOST"],
        # Without it the SDK asks Microsoft's login host whether ours is known.
        disable_instance_discovery=True,
    )


def secret_client(gateway, credential_=None, **options):
    """A client with the SDK's defaults: the challenge's resource is verified."""
    return SecretClient(gateway.vault_url, credential_ or credential(gateway), **options)


class StaticCredential:
    """A token from elsewhere, such as one that was handed on after it was narrowed."""

    def __init__(self, token):
        self._token = token

    def get_token(self, *scopes, **options):
        return AccessToken(self._token, int(time.time()) + 3600)


class Recorder(RequestsTransport):
    """The SDK's own transport, noting each exchange: challenges and retries included."""

    def __init__(self):
        super().__init__()
        self.exchanges = []

    def send(self, request, **options):
        response = super().send(request, **options)
        self.exchanges.append((dict(request.headers), response))
        return response

    @property
    def statuses(self):
        return [response.status_code for _, response in self.exchanges]
