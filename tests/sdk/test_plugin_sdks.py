"""The plugin SDKs of Python and JavaScript, tested by their own tests."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SDKS = Path(__file__).parent.parent.parent / "plugins" / "sdk"


def test_python_sdk():
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"], cwd=SDKS / "python", capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_javascript_sdk():
    if shutil.which("node") is None:
        pytest.fail("Node.js is missing: on Debian and Ubuntu, apt-get install nodejs npm")
    done = subprocess.run(
        ["node", "--test", "--test-reporter=tap", "test/"], cwd=SDKS / "javascript", capture_output=True, text=True,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )
    assert done.returncode == 0, done.stdout
    assert "# fail 0" in done.stdout and "# pass 0" not in done.stdout
