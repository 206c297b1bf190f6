"""A vault that is asked for too much says when there is room, and the SDK comes back then."""

import time

import pytest
from azure.core.exceptions import HttpResponseError

from clients import Recorder, secret_client
from test_serve import Served, certificates  # noqa: F401, a fixture

LIMIT = 3


@pytest.fixture
def throttled(tmp_path, certificates, monkeypatch):  # noqa: F811, the fixture
    """A gateway whose vaults take three secrets in ten seconds, and many other requests."""
    served = Served(tmp_path, certificates)
    with open(tmp_path / "portcullis.toml", "a") as configuration:
        configuration.write(f"[throttling]\nsecret_creation = {LIMIT}\n")
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, served.ca_file)
    try:
        yield served.start()
    finally:
        served.process.kill()
        served.process.wait()


def test_the_sdk_waits_as_long_as_it_is_told_and_succeeds(throttled):
    recorder = Recorder()
    with secret_client(throttled, transport=recorder) as client:
        for number in range(LIMIT):
            client.set_secret(f"s{number}", "value")
        began = time.monotonic()
        assert client.set_secret("one-more", "value").value == "value"
        waited = time.monotonic() - began
    # The challenge, what there was room for, the refusal, and the same request again.
    assert recorder.statuses == [401] + [200] * LIMIT + [429, 200]
    refusal = recorder.exchanges[-2][1]
    told = int(refusal.headers["Retry-After"])
    assert 1 <= told <= 10
    assert refusal.headers["x-ms-retry-after-ms"] == str(told * 1000)
    assert told <= waited < told + 5


def test_without_retries_the_sdk_raises_the_refusal(throttled):
    with secret_client(throttled, retry_total=0) as client:
        with pytest.raises(HttpResponseError) as refused:
            for number in range(LIMIT + 1):
                client.set_secret(f"s{number}", "value")
    assert refused.value.status_code == 429
    assert refused.value.error.code == "Throttled"
    assert "VaultRequestTypeLimitReached" in refused.value.message
