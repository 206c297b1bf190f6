"""Acknowledged means kept: over a restart, and over a kill in the middle of writes."""

import threading
import time

import pytest
from azure.core.exceptions import AzureError

from clients import secret_client

WRITERS = 4
KILLS = 3


def test_a_restart_finds_everything_again(own_gateway, name):
    with secret_client(own_gateway) as client:
        first = client.set_secret(name, "one", tags={"a": "1"})
        client.set_secret(name, "two")
        client.set_secret(f"{name}-deleted", "three")
        client.begin_delete_secret(f"{name}-deleted").wait()
    before = own_gateway.settings
    ca = open(own_gateway.ca_file).read()
    assert own_gateway.stop() == 0

    own_gateway.start()
    same = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_SUBSCRIPTION_ID", "PORTCULLIS_CA_FILE")
    assert {key: own_gateway.settings[key] for key in same} == {key: before[key] for key in same}
    assert open(own_gateway.ca_file).read() == ca
    with secret_client(own_gateway) as client:
        assert client.get_secret(name).value == "two"
        old = client.get_secret(name, first.properties.version)
        assert (old.value, old.properties.tags) == ("one", {"a": "1"})
        client.begin_recover_deleted_secret(f"{name}-deleted").wait()
        assert client.get_secret(f"{name}-deleted").value == "three"


def test_a_second_gateway_on_the_same_data_is_refused(own_gateway):
    from gateway import Gateway

    second = Gateway()
    second.data = own_gateway.data
    try:
        with pytest.raises(RuntimeError, match=r"portcullis\.redb is in use by another process; stop it first"):
            second.start()
    finally:
        second.close()
    with secret_client(own_gateway) as client:
        client.set_secret("still-there", "value")


class Writer(threading.Thread):
    """Writes until the gateway is gone, and remembers what was acknowledged."""

    def __init__(self, gateway, label):
        super().__init__()
        self._gateway = gateway
        self._label = label
        self.acknowledged = {}

    def run(self):
        # No retries: what is counted is what this very request was answered.
        with secret_client(self._gateway, retry_total=0) as client:
            for number in range(100_000):
                name = f"{self._label}-{number}"
                try:
                    client.set_secret(name, f"value of {name}")
                except AzureError:
                    return
                self.acknowledged[name] = f"value of {name}"


def test_a_kill_in_the_middle_of_writes_loses_nothing_acknowledged(own_gateway):
    acknowledged = {}
    for round_ in range(KILLS):
        writers = [Writer(own_gateway, f"r{round_}-w{number}") for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        deadline = time.monotonic() + 30
        while any(len(writer.acknowledged) < 5 for writer in writers) and time.monotonic() < deadline:
            time.sleep(0.005)
        own_gateway.kill()
        for writer in writers:
            writer.join()
            assert len(writer.acknowledged) >= 5
            acknowledged |= writer.acknowledged
        own_gateway.start()

    with secret_client(own_gateway) as client:
        listed = {secret.name for secret in client.list_properties_of_secrets()}
        assert acknowledged.keys() <= listed
        for name, value in acknowledged.items():
            assert client.get_secret(name).value == value
