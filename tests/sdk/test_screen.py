"""What the screen of `portcullis dev` and the README tell users to paste works as it stands."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import textwrap

import pytest

from conftest import _LOOPBACK
from gateway import Gateway, clean_environment, program

HERE = pathlib.Path(__file__).parent
GREETING = "hello from portcullis"

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@pytest.fixture
def spaced_gateway():
    """A gateway whose data folder has what shells split and expand in its name."""
    own = Gateway()
    own.data = own.folder / "my data; it's $HOME"
    try:
        yield own.start()
    finally:
        own.close()


def paste(script, folder):
    """Runs what a user would paste, in a shell that knows nothing of this test's gateways."""
    # The test run has its own Python packages, and answers for `*.localhost` where the machine does not.
    (folder / "sitecustomize.py").write_text("import localhost_names\nlocalhost_names.resolve_in_this_process()\n")
    environment = clean_environment()
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        environment.pop(name, None)
    packages = [str(folder), str(HERE), environment.get("PYTHONPATH", "")]
    programs = [os.path.dirname(program()), os.path.dirname(sys.executable), environment["PATH"]]
    environment |= {
        "PYTHONPATH": os.pathsep.join(filter(None, packages)),
        "PATH": os.pathsep.join(programs),
        "NO_PROXY": _LOOPBACK,
        "no_proxy": _LOOPBACK,
    }
    # `sh` and not bash: it splits the words of `export` as well.
    done = subprocess.run(
        ["sh", "-eu", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def screen(gateway):
    """The indented blocks of the screen under their headings."""
    text = gateway.log()
    text = text[text.index("For the Azure SDKs") : text.index("Stop with Ctrl-C")]
    heading, blocks = None, {}
    for line in text.splitlines():
        if line and not line.startswith(" "):
            heading, blocks[line.split()[0].rstrip(":")] = line.split()[0].rstrip(":"), ""
        else:
            blocks[heading] += line + "\n"
    return {heading: textwrap.dedent(block).strip() + "\n" for heading, block in blocks.items()}


def test_the_examples_of_the_screen_work(spaced_gateway, tmp_path):
    blocks = screen(spaced_gateway)
    assert list(blocks) == ["For", "Python", "curl"]
    assert "export AZURE_CLIENT_SECRET=" in blocks["For"] and "<<'EOF'" in blocks["Python"]
    assert paste(blocks["For"] + blocks["Python"], tmp_path).strip() == GREETING
    listed = paste(blocks["For"] + blocks["curl"], tmp_path)
    assert f"{spaced_gateway.vault_url}/secrets/greeting" in listed


def test_the_examples_of_the_readme_work(spaced_gateway, tmp_path):
    blocks = re.findall(r"```(sh|python)\n(.*?)```", (HERE.parent.parent / "README.md").read_text(), re.DOTALL)
    [settings] = [text for _, text in blocks if "data/dev.env" in text]
    [python] = [text for kind, text in blocks if kind == "python"]
    [curl, narrow] = [text for kind, text in blocks if kind == "sh" and "curl" in text]
    # What is made anew for each run: the place of the file, the port, and the program, which is there already.
    env_file = next(spaced_gateway.folder.glob("env-*"))
    settings = settings.replace("data/dev.env", str(env_file))
    port = spaced_gateway.vault_url.rsplit(":", 1)[1]
    assert "vault.localhost:8443" in curl and "make install" in narrow
    curl = curl.replace(":8443", f":{port}")
    narrow = "\n".join(line for line in narrow.splitlines() if not line.startswith("make install"))

    assert paste(f"{settings}python3 - <<'EOF'\n{python}EOF\n", tmp_path).strip() == GREETING
    assert f'"value":"{GREETING}"' in paste(settings + curl, tmp_path)
    answers = paste(settings + curl + narrow, tmp_path)
    assert answers.count(f'"value":"{GREETING}"') == 2, "the whole token's answer and the narrowed one's"
    assert answers.count("ForbiddenByToken") == 1, "the narrowed token lists nothing"
