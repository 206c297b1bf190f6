"""One gateway for the whole run, its settings in this process's environment, and clients for it.

The gateway is started before any test module is imported, because the SDKs and their transports read
`SSL_CERT_FILE` and friends when they are imported.
"""

import importlib
import os
import uuid

import pytest

import localhost_names
from gateway import Gateway
from rest import Rest

_shared = None
# What the machine says about proxies is for other hosts.
_LOOPBACK = "localhost,.localhost,127.0.0.1"


def pytest_sessionstart(session):
    global _shared
    localhost_names.resolve_in_this_process()
    _shared = Gateway()
    try:
        _shared.start()
    except Exception as error:
        _shared.close()
        pytest.exit(str(error), returncode=1)
    os.environ.update(client_environment(_shared))


def pytest_sessionfinish(session, exitstatus):
    if _shared is not None:
        _shared.close()


def client_environment(gateway):
    """What `portcullis dev` tells its user to export."""
    ca = gateway.ca_file
    settings = {name: value for name, value in gateway.settings.items() if name.startswith("AZURE_")}
    certificates = {"REQUESTS_CA_BUNDLE": ca, "SSL_CERT_FILE": ca, "NODE_EXTRA_CA_CERTS": ca}
    return settings | certificates | {"NO_PROXY": _LOOPBACK, "no_proxy": _LOOPBACK}


@pytest.fixture(scope="session")
def gateway():
    """The gateway that all tests share which change nothing but their own secrets."""
    return _shared


@pytest.fixture
def own_gateway(monkeypatch):
    """A gateway for one test, which may change its rules, stop it and kill it."""
    own = Gateway()
    try:
        own.start()
        for name, value in client_environment(own).items():
            monkeypatch.setenv(name, value)
        forget_challenges()
        yield own
    finally:
        own.close()


def forget_challenges():
    """The SDKs remember challenges per host and port for the whole process; a port may have been another gateway's."""
    for package in "secrets", "keys", "certificates":
        importlib.import_module(f"azure.keyvault.{package}._shared.http_challenge_cache").clear()


@pytest.fixture
def rest(gateway):
    return Rest(gateway)


@pytest.fixture
def name():
    """A name of an object that no other test uses."""
    return f"s-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def client(gateway):
    from clients import secret_client

    with secret_client(gateway) as client:
        yield client


@pytest.fixture
def keys(gateway):
    from clients import key_client

    with key_client(gateway) as client:
        yield client


@pytest.fixture
def certificates(gateway):
    from clients import certificate_client

    with certificate_client(gateway) as client:
        yield client


@pytest.fixture
def authority(tmp_path):
    """A certificate authority outside of the gateway."""
    from openssl import Authority

    return Authority(tmp_path)
