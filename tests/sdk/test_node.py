"""The Azure SDK for JavaScript, which reads challenges and paths in its own way."""

import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import client_environment
from gateway import clean_environment

HERE = pathlib.Path(__file__).parent / "node"

with_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node is not installed")


def run(gateway, script, name):
    """Runs a script that prints `ok` when all went well."""
    packages = os.environ.get("PORTCULLIS_NODE_MODULES")
    assert packages, "npm is missing beside node, or the tests were not started through `make test-sdk`"
    done = subprocess.run(
        ["node", "--require", HERE / "localhost_names.cjs", HERE / script, name],
        env=clean_environment() | client_environment(gateway) | {"NODE_PATH": packages},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip() == "ok"


@with_node
def test_javascript_sets_gets_lists_and_deletes(gateway, name):
    run(gateway, "smoke.cjs", name)


@with_node
def test_javascript_makes_keys_and_uses_them(gateway, name):
    run(gateway, "keys.cjs", name)
