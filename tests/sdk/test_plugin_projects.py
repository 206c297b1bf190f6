"""`portcullis plugin new` as a stranger uses it: a new project builds and its tests pass, in every language.

The tools are those of this folder's own installation, linked to where the project's package manager would put them.
"""

import json
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
TARGET = os.environ.get("CARGO_TARGET_DIR", str(REPOSITORY / "target")) + "/plugin-projects"


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
        tests = succeed("cargo", "test", "--quiet", cwd=project, CARGO_TARGET_DIR=TARGET)
        return project, tests, succeed(BIN, "plugin", "build", cwd=project, CARGO_TARGET_DIR=TARGET)

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


def lines_told(tracefile):
    """The files of a tracefile of LCOV, each with its lines and whether they were reached."""
    files, file = {}, None
    for row in tracefile.read_text().splitlines():
        kind, _, value = row.partition(":")
        if kind == "SF":
            file = files.setdefault(Path(value), {})
        elif kind == "DA":
            line, count = value.split(",")
            file[int(line)] = count != "0"
    return files


def line_of(source, text):
    return next(number for number, line in enumerate(source.read_text().splitlines(), 1) if text in line)


@pytest.fixture(scope="module")
def traceable(projects):
    """The project in Rust, built for coverage."""
    project = projects["rust"][0]
    built = succeed(BIN, "plugin", "build", "--coverage", cwd=project, CARGO_TARGET_DIR=TARGET)
    assert "built ./dist/coverage/in-rust.wasm" in built
    return project


def test_the_lines_of_a_new_project_that_its_cases_reach_are_told(traceable, tmp_path):
    decide, settings = traceable / "src" / "decide.rs", traceable / "src" / "settings.rs"
    from_outside, tracefile = tmp_path / "outside.json", tmp_path / "lines.info"
    cases = json.loads((traceable / "cases" / "decisions.json").read_text())
    given = cases["given"] | {"operation": "SecretSet", "source": "203.0.113.7"}
    case = {"name": "from outside", "given": given, "expect": {"block": "in-rust"}}
    from_outside.write_text(json.dumps({"cases": [case]}))
    test = (BIN, "policy", "test", "--plugin", "dist/coverage/in-rust.wasm")

    said = succeed(*test, "--cases", from_outside, "--coverage-lcov", tracefile, cwd=traceable)
    told = lines_told(tracefile)
    # Nothing of the SDK, which lies in the project's own folder, nor of any crate.
    assert set(told) == {decide, settings, traceable / "src" / "lib.rs"}
    assert told[decide][line_of(decide, 'Access::block("in-rust"')] is True
    invalid, elsewhere = line_of(decide, "Err(error) =>"), line_of(decide, "Access::NotApplicable")
    missed = [invalid, invalid + 1, invalid + 2, elsewhere]
    assert sorted(line for line, reached in told[decide].items() if not reached) == missed
    assert f"not reached: {invalid}-{invalid + 2}, {elsewhere}" in said
    assert told[settings][line_of(settings, "name at least one each")] is False

    # All cases of the project reach more.
    said = succeed(*test, "--cases", "cases", "--coverage-lcov", tracefile, "--coverage-min", "80", cwd=traceable)
    assert all(lines_told(tracefile)[decide].values()), said
    done = run(*test, "--cases", from_outside, "--coverage-min", "100", cwd=traceable)
    assert done.returncode == 101 and "fewer than 100 lines in a hundred" in done.stdout


def test_the_lines_that_tests_in_wasm_reach_are_told(traceable, tmp_path):
    (traceable / "tests" / "wasm.rs").write_text(
        """#![cfg(target_arch = "wasm32")]
        use portcullis_plugin::{Scenario, harness};

        #[test]
        fn leaves_other_operations_alone() {
            let settings = serde_json::json!({ "operations": ["SecretSet"], "prefixes": ["10.0.0.0/8"] });
            let scenario = Scenario { operation: "SecretGet".into(), settings, ..Scenario::default() };
            assert_eq!(harness::conditional_access(&scenario).decision, "not-applicable");
        }
        """
    )
    tracefile, decide = tmp_path / "lines.info", traceable / "src" / "decide.rs"
    environment = {"CARGO_TARGET_DIR": TARGET, "CARGO_TARGET_WASM32_WASIP2_RUNNER": f"{BIN} policy test"}
    command = ("cargo", "test", "--quiet", "--target", "wasm32-wasip2", "--test", "wasm", "--", "--coverage-lcov", tracefile)
    said = succeed(*command, cwd=traceable, **environment)
    assert "1 passed" in said and "coverage: lines of the source" in said
    told = lines_told(tracefile)[decide]
    assert told[line_of(decide, "Access::NotApplicable")] is True
    assert told[line_of(decide, 'Access::block("in-rust"')] is False


def test_lines_are_told_of_components_with_line_tables_alone(projects, tmp_path):
    project = projects["rust"][0]
    test = (BIN, "policy", "test", "--plugin", "dist/in-rust.wasm", "--cases", "cases")
    said = succeed(*test, "--coverage", cwd=project)
    assert "coverage: questions" in said and "not known: the component has no line tables" in said
    for option in (("--coverage-min", "0"), ("--coverage-lcov", tmp_path / "none"), ("--coverage-source", ".")):
        done = run(*test, *option, cwd=project)
        assert done.returncode == 1 and "portcullis plugin build --coverage" in done.stderr, option
    assert not (tmp_path / "none").exists()
    python = new(tmp_path, "python")
    done = run(BIN, "plugin", "build", "--coverage", cwd=python)
    assert done.returncode == 1 and "line tables are there for Rust alone" in done.stderr


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
