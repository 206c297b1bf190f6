"""Components that are made to keep the compiler busy, or to take all memory: refused, while the gateway serves on."""

import os
import random

import pytest

from clients import secret_client
from test_plugin_install import COMPONENT, operator_of
from test_plugin_memory import leb128
from test_serve import Served, certificates  # noqa: F401 (a fixture)

LOCALS = 1_000


def section(number, content):
    return bytes([number]) + leb128(len(content)) + content


def component(code, variables):
    """A component around a core module of one function."""
    body = leb128(1) + leb128(variables) + b"\x7f" + code + b"\x20\x01\x0b"
    signature = section(1, b"\x01\x60\x01\x7f\x01\x7f")
    module = b"\0asm\x01\0\0\0" + signature + section(3, b"\x01\0") + section(10, b"\x01" + leb128(len(body)) + body)
    return b"\0asm\x0d\0\x01\0" + section(1, module)


def branching(size):
    """Many branches over many variables, each of which is another value behind each branch."""
    chosen = random.Random(1)
    code = bytearray()
    while len(code) < size:
        a, b, c = (leb128(chosen.randrange(1, LOCALS)) for _ in range(3))
        code += b"\x20" + a + b"\x04\x40\x20" + b + b"\x20" + c + b"\x6a\x21" + a + b"\x0b"
    return component(bytes(code), LOCALS)


def straight(size):
    """Additions one after another."""
    return component(b"\x20\x00\x20\x01\x6a\x21\x01" * (size // 7), 8)


@pytest.fixture
def operator(tmp_path, certificates, monkeypatch):
    served = Served(tmp_path, certificates)
    operator = operator_of(served, monkeypatch)
    operator.gateway = served
    yield operator
    served.kill()


def start(operator, bounds):
    with (operator.folder / "portcullis.toml").open("a") as config:
        config.write(f'[[role_assignment]]\nprincipal = "service"\nrole = "Owner"\nvault = "prod"\n[plugins]\n{bounds}\n')
    operator.gateway.start()


@pytest.mark.parametrize(
    "bounds, bomb, said",
    [
        ('compile_memory = "256MiB"', branching(300_000), "more than 256 MiB of memory (`[plugins] compile_memory`)"),
        ('compile_time = "1s"', straight(7_000_000), "more than 1 s of the processor's time (`[plugins] compile_time`)"),
    ],
    ids=["memory", "time"],
)
def test_a_component_that_would_take_the_machine_is_refused(operator, bounds, bomb, said):
    start(operator, bounds)
    (operator.folder / "bomb.wasm").write_bytes(bomb)
    refused = operator.run("install", "bomb", "bomb.wasm")
    assert refused.returncode == 1 and "InvalidComponent" in refused.stderr and said in refused.stderr, refused.stderr
    with secret_client(operator.gateway) as client:
        client.set_secret("mine", "value")
        assert client.get_secret("mine").value == "value"
    assert "no plugin is installed" in operator.do("list")


def test_what_compiles_within_the_bounds_is_installed_and_outlives_a_start(operator):
    start(operator, 'compile_memory = "1GiB"')
    (operator.folder / "settings.json").write_text('{"policies": []}')
    said = operator.do("install", "office", COMPONENT, "--settings", "settings.json", "--mode", "enforce")
    assert "installed office" in said
    operator.gateway.kill()
    operator.gateway.start()
    assert operator.do("list").startswith("office  enforce  generation 1  ready")


def test_a_component_that_is_none_is_explained_by_the_trial(operator):
    start(operator, "")
    (operator.folder / "none.wasm").write_bytes(component(b"", 1))
    refused = operator.run("install", "none", "none.wasm")
    assert "exports no hook of portcullis:policy" in refused.stderr and "export portcullis:policy/authorization" in refused.stderr
    assert os.environ["PORTCULLIS_BIN"] not in refused.stderr
