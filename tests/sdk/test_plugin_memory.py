"""A hundred plugins of ten megabytes each in one gateway, within the memory that docs/performance.md states."""

import os
import re
import shutil
from pathlib import Path

import pytest

from clients import secret_client
from test_plugin_projects import REPOSITORY, BIN, new, succeed
from test_serve import Served, certificates  # noqa: F401 (a fixture)

PLUGINS, MEGABYTES = 100, 10
# What the plugins may add to the gateway's resident memory, for each byte of their components.
BUDGET = 1.5

BALLAST = f"""
/// What makes the component large: it is not zero, and it is read, so that no compiler leaves it out.
static BALLAST: [u8; {MEGABYTES} << 20] = [7; {MEGABYTES} << 20];

/// The plugin.
#[derive(Debug)]
pub struct Plugin;

impl ConditionalAccess for Plugin {{
    fn evaluate(host: &impl Host) -> Access {{
        let whole = std::hint::black_box(&BALLAST).iter().step_by(1 << 20).all(|byte| *byte == 7);
        if whole {{ decide::decide(host) }} else {{ Access::block("ballast", "it was lost") }}
    }}
}}
"""


@pytest.fixture(scope="module")
def component(tmp_path_factory):
    project = new(tmp_path_factory.mktemp("heavy"), "rust", "in-rust")
    shutil.copy(REPOSITORY / "Cargo.lock", project)
    source = project / "src" / "lib.rs"
    text = source.read_text()
    body = text.index("/// The plugin.\n#[derive(Debug)]")
    source.write_text(text[:body] + BALLAST + "\n" + text[text.index("portcullis_plugin::export_"):])
    target = os.environ.get("CARGO_TARGET_DIR", str(REPOSITORY / "target")) + "/plugin-projects"
    succeed(BIN, "plugin", "build", cwd=project, CARGO_TARGET_DIR=target)
    built = (project / "dist" / "in-rust.wasm").read_bytes()
    assert len(built) > MEGABYTES << 20
    return built


def leb128(number):
    encoded = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        encoded.append(low | (0x80 if number else 0))
        if not number:
            return bytes(encoded)


def another(component, number):
    """The same code under another digest: a custom section at its end."""
    name = f"number-{number}".encode()
    content = leb128(len(name)) + name
    return component + b"\0" + leb128(len(content)) + content


def resident(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return sum(int(re.search(rf"^{kind}:\s+(\d+) kB$", status, re.M)[1]) * 1024 for kind in ("RssAnon", "RssFile", "RssShmem"))


def served_with(folder, certificates, plugins):
    folder.mkdir()
    served = Served(folder, certificates)
    with open(folder / "portcullis.toml", "a") as configuration:
        configuration.write('[[plugin]]\nname = "azure-rbac"\nbuiltin = "azure-rbac"\n[policy]\nmemory = "32MiB"\ntime = "10s"\n')
        for name, path in plugins:
            settings = '{ operations = ["SecretDelete"], prefixes = ["192.0.2.0/24"] }'
            configuration.write(f'[[plugin]]\nname = "{name}"\nfile = "{path}"\nsettings = {settings}\n')
    return served.start(within=300)


def test_a_hundred_plugins_of_ten_megabytes_fit_into_the_memory_that_is_stated(
    component, tmp_path, certificates, monkeypatch
):
    plugins = []
    for number in range(PLUGINS):
        path = tmp_path / f"{number}.wasm"
        path.write_bytes(another(component, number))
        plugins.append((f"heavy-{number}", path))
    bare = served_with(tmp_path / "bare", certificates, [])
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, bare.ca_file)
    gateways = [bare]
    try:
        full = served_with(tmp_path / "full", certificates, plugins)
        gateways.append(full)
        for gateway in gateways:
            with secret_client(gateway) as client:
                # All of them are asked, and read of their ballast.
                client.set_secret("mine", "value")
                assert client.get_secret("mine").value == "value"
        added = resident(full.process.pid) - resident(bare.process.pid)
        size = PLUGINS * len(component)
        print(f"{size >> 20} MiB of components add {added >> 20} MiB: {added / size:.2f} for each byte")
        assert added < BUDGET * size
    finally:
        for gateway in gateways:
            gateway.process.kill()
            gateway.process.wait()
