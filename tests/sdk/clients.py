"""The unmodified SDK's clients, set up as its documentation says."""

import subprocess
import time

from azure.core.credentials import AccessToken
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import ClientSecretCredential
from azure.keyvault.certificates import CertificateClient
from azure.keyvault.keys import KeyClient
from azure.keyvault.keys.crypto import CryptographyClient
from azure.keyvault.secrets import SecretClient

from gateway import clean_environment, program


def credential(gateway, credential_type=ClientSecretCredential, **changes):
    """The credential of a service, with settings changed for tests of wrong ones."""
    settings = gateway.settings | changes
    return credential_type(
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


def key_client(gateway, credential_=None, **options):
    """A client of keys with the SDK's defaults."""
    return KeyClient(gateway.vault_url, credential_ or credential(gateway), **options)


def certificate_client(gateway, credential_=None, **options):
    """A client of certificates with the SDK's defaults."""
    return CertificateClient(gateway.vault_url, credential_ or credential(gateway), **options)


def cryptography_client(gateway, key, credential_=None, **options):
    """A client of one key, which is a key of the SDK, used locally where that is possible, or a key's id."""
    return CryptographyClient(key, credential_ or credential(gateway), **options)


def attenuate(token, *options):
    """The token as the command line narrows it; the gateway is not asked."""
    done = subprocess.run(
        [program(), "token", "attenuate", *options], input=token, capture_output=True, text=True, env=clean_environment(), timeout=30
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


class StaticCredential:
    """A token from elsewhere, such as one that was handed on after it was narrowed."""

    def __init__(self, token):
        self._token = token

    def get_token(self, *scopes, **options):
        return AccessToken(self._token, int(time.time()) + 3600)


def only(rest, *operations):
    """A credential whose token is narrowed to these operations."""
    options = [option for operation in operations for option in ("--operation", operation)]
    return StaticCredential(attenuate(rest.vault_token(), *options))


def cryptography_only(rest):
    """A credential that may use keys but not read them, so that the SDK asks the gateway for everything."""
    return only(rest, "KeyEncrypt", "KeyDecrypt", "KeyWrap", "KeyUnwrap", "KeySign", "KeyVerify")


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
