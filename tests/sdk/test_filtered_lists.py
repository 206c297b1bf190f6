"""Lists without what the caller may not read: the sample `list-by-prefix` and unmodified clients."""

import json
import os
import pathlib
import subprocess
import uuid

import pytest
from azure.core.exceptions import HttpResponseError
from azure.keyvault.certificates import CertificatePolicy

from clients import Recorder, certificate_client, key_client, secret_client
from gateway import clean_environment, program
from served import TENANT, Served
from test_plugin_projects import TARGET
from test_serve import certificates  # noqa: F401 - a fixture

REPOSITORY = pathlib.Path(__file__).parents[2]
GROUP = str(uuid.uuid4())
SETTINGS = {"teams": {GROUP: ["pay-"]}}
HIDDEN = [f"web-{number:02}" for number in range(60)]
# The middle of the list is hidden: nothing at its end gives the walk away.
SHOWN = ["pay-a", "pay-b", "pay-c"]


@pytest.fixture(scope="module")
def sample():
    """The component, built as the samples' README says."""
    command = ["cargo", "build", "--locked", "--quiet", "--profile", "plugin", "--target", "wasm32-wasip2"]
    command += ["--package", "policy-samples", "--example", "list-by-prefix"]
    subprocess.run(command, cwd=REPOSITORY, check=True, timeout=500, env=os.environ | {"CARGO_TARGET_DIR": str(TARGET)})
    return pathlib.Path(TARGET) / "wasm32-wasip2" / "plugin" / "examples" / "list_by_prefix.wasm"


@pytest.fixture
def served(tmp_path, certificates, monkeypatch):  # noqa: F811
    served = Served(tmp_path, certificates)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, served.ca_file)
    with (tmp_path / "portcullis.toml").open("a") as configuration:
        configuration.write('[[role_assignment]]\nprincipal = "service"\nrole = "Key Vault Administrator"\nvault = "prod"\n')
    try:
        yield served.start()
    finally:
        served.kill()


def restrict(served, component):
    """Starts the gateway again, with the plugin and with the service in the team."""
    served.kill()
    with (served.folder / "portcullis.toml").open("a") as configuration:
        configuration.write(f"""
[[group]]
id = "{GROUP}"
tenant = "{TENANT}"
name = "payments"
members = ["service"]
[[plugin]]
name = "azure-rbac"
builtin = "azure-rbac"
[[plugin]]
name = "list-by-prefix"
file = "{component}"
settings = {{ teams = {{ "{GROUP}" = ["pay-"] }} }}
""")
    served.start()


def policy(*arguments):
    command = [program(), "policy", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=clean_environment(), timeout=300)


def test_a_team_finds_its_own_objects_in_every_list_and_no_others(served, sample, tmp_path):
    with secret_client(served) as secrets, key_client(served) as keys, certificate_client(served) as crts:
        for each in HIDDEN + SHOWN:
            secrets.set_secret(each, "value")
        for each in ("pay-key", "web-key"):
            keys.create_ec_key(each)
        for each in ("pay-crt", "web-crt"):
            crts.begin_create_certificate(each, CertificatePolicy.get_default()).result()
        for each in ("pay-gone", "web-gone"):
            secrets.set_secret(each, "value")
            secrets.begin_delete_secret(each).wait()
    restrict(served, sample)

    recorder = Recorder()
    with (
        secret_client(served, transport=recorder) as secrets,
        key_client(served) as keys,
        certificate_client(served) as crts,
    ):
        for size in (None, 1, 2, 25):
            found = [secret.name for secret in secrets.list_properties_of_secrets(max_page_size=size)]
            assert found == [*SHOWN, "pay-crt"], size
        assert recorder.statuses.count(200) >= 4
        pages = [[secret.name for secret in page] for page in secrets.list_properties_of_secrets(max_page_size=2).by_page()]
        assert pages == [["pay-a", "pay-b"], ["pay-c", "pay-crt"]]
        assert [key.name for key in keys.list_properties_of_keys()] == ["pay-crt", "pay-key"]
        assert [crt.name for crt in crts.list_properties_of_certificates()] == ["pay-crt"]
        assert [secret.name for secret in secrets.list_deleted_secrets()] == ["pay-gone"]
        assert len(list(secrets.list_properties_of_secret_versions("pay-a"))) == 1
        for refused in (
            lambda: secrets.get_secret("web-00"),
            lambda: list(secrets.list_properties_of_secret_versions("web-00")),
            lambda: keys.get_key("web-key"),
            lambda: crts.get_certificate("web-crt"),
        ):
            with pytest.raises(HttpResponseError) as error:
                refused()
            assert error.value.status_code == 403
    served.kill()

    # The log tells what was left out, by which rule and on which facts, and a replay asks about every item.
    log = served.folder / "data" / "audit.jsonl"
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    listed = [line for line in lines if line.get("operationName") == "SecretList" and "list" in line["portcullis"]]
    assert listed[0]["portcullis"]["list"] == {"judged": 65, "leftOut": 61}
    explained = policy("explain", listed[0]["portcullis"]["requestId"], "--log", log)
    assert explained.returncode == 0, explained.stderr
    left_out = next(line for line in explained.stdout.splitlines() if line.startswith("left out of the list: "))
    assert left_out.count("secrets/web-") == 61 and "secrets/pay-" not in left_out
    assert "SecretGet is refused at conditional-access by list-by-prefix, rule `list-by-prefix`" in explained.stdout
    assert "object-name-starts-with pay- = no" in explained.stdout

    settings = tmp_path / "settings.json"
    common = ["replay", "--plugin", sample, "--name", "list-by-prefix", "--log", log, "--settings", settings]
    settings.write_text(json.dumps(SETTINGS))
    same = policy(*common)
    assert same.returncode == 0, same.stdout + same.stderr
    assert " 0 change, 0 unknown" in same.stdout
    settings.write_text(json.dumps({"teams": {GROUP: ["pay-", "web-0"]}}))
    changed = policy(*common)
    assert changed.returncode == 1, changed.stdout + changed.stderr
    assert "decisions change: block -> grant by `list-by-prefix`" in changed.stdout
