"""`portcullis plugin new` as a stranger uses it: a new project builds and its tests pass, in every language.

The tools are those of this folder's own installation, linked to where the project's package manager would put them.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from azure.core.exceptions import HttpResponseError

from clients import secret_client
from test_serve import Served, certificates  # noqa: F401 (a fixture)

BIN = os.environ["PORTCULLIS_BIN"]
REPOSITORY = Path(__file__).parent.parent.parent


def run(*command, cwd, **environment):
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True
    )


def succeed(*command, cwd, **environment):
    done = run(*command, cwd=cwd, **environment)
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


def new(folder, language, name="office-hours"):
    out = succeed(BIN, "plugin", "new", name, "--lang", language, cwd=folder)
    assert f"wrote {name}" in out
    return folder / name


def is_component(path):
    return path.read_bytes()[:8] == b"\0asm\x0d\0\x01\0"


def link_python(project):
    """What `python3 -m venv .venv && .venv/bin/pip install -r requirements.txt` would bring, in this version."""
    pins = (Path(__file__).parent / "requirements.txt").read_text().splitlines()
    assert set((project / "requirements.txt").read_text().split()) <= set(pins), "the same versions are tested"
    scripts = project / ".venv" / "bin"
    scripts.mkdir(parents=True)
    tool = scripts / "componentize-py"
    tool.write_text(f"#!{sys.executable}\nfrom componentize_py import script\nraise SystemExit(script())\n")
    tool.chmod(0o755)


def link_node(project):
    modules = os.environ.get("PORTCULLIS_NODE_MODULES")
    if modules is None:
        pytest.fail("Node.js and npm are missing: on Debian and Ubuntu, apt-get install nodejs npm")
    (project / "node_modules").mkdir()
    for entry in Path(modules).iterdir():
        (project / "node_modules" / entry.name).symlink_to(entry)
    (project / "node_modules" / "portcullis-plugin").symlink_to("../vendor/portcullis-plugin")


class Projects:
    """A new project of each language, made and built when it is first asked for."""

    def __init__(self, folder):
        self.folder, self.built = folder, {}

    def __getitem__(self, language):
        if language not in self.built:
            self.built[language] = getattr(self, language)()
        return self.built[language]

    def rust(self):
        project = new(self.folder, "rust", "in-rust")
        # The versions that are tested here; a stranger gets the newest ones.
        shutil.copy(REPOSITORY / "Cargo.lock", project)
        target = os.environ.get("CARGO_TARGET_DIR", str(REPOSITORY / "target")) + "/plugin-projects"
        tests = succeed("cargo", "test", "--quiet", cwd=project, CARGO_TARGET_DIR=target)
        return project, tests, succeed(BIN, "plugin", "build", cwd=project, CARGO_TARGET_DIR=target)

    def python(self):
        project = new(self.folder, "python", "in-python")
        link_python(project)
        tests = succeed(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", cwd=project)
        return project, tests, succeed(BIN, "plugin", "build", cwd=project)

    def javascript(self):
        project = new(self.folder, "javascript", "in-javascript")
        link_node(project)
        tests = succeed("node", "--test", "--test-reporter=tap", "test/", cwd=project)
        return project, tests, succeed(BIN, "plugin", "build", cwd=project)


@pytest.fixture(scope="module")
def projects(tmp_path_factory):
    return Projects(tmp_path_factory.mktemp("projects"))


@pytest.mark.parametrize("language", ["rust", "python", "javascript"])
def test_a_new_project_builds_and_its_tests_pass(projects, language):
    project, tests, built = projects[language]
    assert {"rust": "2 passed", "python": "2 passed", "javascript": "# pass 2"}[language] in tests
    assert f"built ./dist/in-{language}.wasm" in built
    assert is_component(project / "dist" / f"in-{language}.wasm")


@pytest.mark.parametrize("language", ["rust", "python", "javascript"])
def test_the_cases_of_a_new_project_pass_in_the_gateways_sandbox(projects, language):
    project = projects[language][0]
    component = f"dist/in-{language}.wasm"
    said = succeed(BIN, "policy", "test", "--plugin", component, "--cases", "cases", cwd=project)
    assert "5 passed; 0 failed" in said
    # The same table fails a plugin that decides otherwise.
    done = run(BIN, "policy", "test", "--plugin", "azure-rbac", "--cases", "cases", cwd=project)
    assert done.returncode == 101 and "0 passed; 5 failed" in done.stdout


def test_a_new_project_of_every_language_decides_in_the_gateway(projects, tmp_path, certificates, monkeypatch):
    """Three plugins in one gateway, each of which watches an operation of its own."""
    served = Served(tmp_path, certificates)
    watched = {"rust": "SecretDelete", "python": "SecretUpdate", "javascript": "SecretBackup"}
    with open(tmp_path / "portcullis.toml", "a") as configuration:
        configuration.write('[[plugin]]\nname = "azure-rbac"\nbuiltin = "azure-rbac"\n[policy]\nmemory = "64MiB"\ntime = "10s"\n')
        for language, operation in watched.items():
            component = projects[language][0] / "dist" / f"in-{language}.wasm"
            settings = f'{{ operations = ["{operation}"], prefixes = ["192.0.2.0/24"] }}'
            configuration.write(f'[[plugin]]\nname = "in-{language}"\nfile = "{component}"\nsettings = {settings}\n')
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, served.ca_file)
    try:
        # The interpreters are compiled to machine code first.
        served.start(within=300)
        with secret_client(served) as client:
            for _ in range(2):
                client.set_secret("mine", "value")
                assert client.get_secret("mine").value == "value"
                attempts = {
                    "rust": lambda: client.begin_delete_secret("mine"),
                    "python": lambda: client.update_secret_properties("mine", enabled=True),
                    "javascript": lambda: client.backup_secret("mine"),
                }
                for language, attempt in attempts.items():
                    with pytest.raises(HttpResponseError) as refused:
                        attempt()
                    assert refused.value.status_code == 403
                    assert f"in-{language}" in refused.value.message
                    assert "from the inner network only" in refused.value.message
    finally:
        served.kill()


def test_typescript_is_built_as_well(tmp_path):
    project = new(tmp_path, "javascript")
    link_node(project)
    (project / "decide.js").rename(project / "decide.ts")
    decision = (project / "decide.ts").read_text()
    typed = decision.replace("export function decide(host)", "export function decide(host: any): any")
    assert typed != decision
    (project / "decide.ts").write_text(typed)
    (project / "plugin.js").rename(project / "plugin.ts")
    plugin = (project / "plugin.ts").read_text()
    (project / "plugin.ts").write_text(plugin.replace("./decide.js", "./decide.ts"))
    succeed(BIN, "plugin", "build", cwd=project)
    assert is_component(project / "dist" / "office-hours.wasm")


def test_new_overwrites_nothing(tmp_path):
    (tmp_path / "office-hours").mkdir()
    done = run(BIN, "plugin", "new", "office-hours", "--lang", "rust", cwd=tmp_path)
    assert done.returncode == 1
    assert "office-hours exists already, and nothing is overwritten" in done.stderr
    assert list((tmp_path / "office-hours").iterdir()) == []


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "Office", "a--b", "fn", "test", ""])
def test_new_refuses_a_name_that_is_none(tmp_path, name):
    done = run(BIN, "plugin", "new", name, "--lang", "python", cwd=tmp_path)
    assert done.returncode != 0
    assert "name" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("language", "tool", "remedy"),
    [
        ("rust", "rustc", "rustup target add wasm32-wasip2"),
        ("python", "componentize-py", "pip install -r requirements.txt"),
        ("javascript", "esbuild", "npm install"),
    ],
)
def test_build_says_which_tool_is_missing_and_how_to_install_it(tmp_path, language, tool, remedy):
    project = new(tmp_path, language)
    done = run(BIN, "plugin", "build", cwd=project, PATH="/nonexistent")
    assert done.returncode == 1
    assert f"{tool} is missing" in done.stderr and remedy in done.stderr


def test_build_says_that_a_folder_is_no_project(tmp_path):
    done = run(BIN, "plugin", "build", cwd=tmp_path)
    assert done.returncode == 1
    assert "is no plugin's project" in done.stderr


def test_build_fails_when_the_plugin_does_not_compile(tmp_path):
    project = new(tmp_path, "javascript")
    link_node(project)
    (project / "decide.js").write_text("export function decide( {")
    done = run(BIN, "plugin", "build", cwd=project)
    assert done.returncode == 1
    assert "esbuild failed" in done.stderr
    assert not (project / "dist" / "office-hours.wasm").exists()
