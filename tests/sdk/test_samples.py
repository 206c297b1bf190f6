"""The samples in Python and JavaScript: their tests pass natively, and their cases on the component in the gateway's
sandbox. Those in Rust are tested by `make test-policies`."""

import json
import re
import shutil
import sys

import pytest

from test_plugin_projects import BIN, REPOSITORY, is_component, link_node, link_python, new, succeed

SAMPLES = REPOSITORY / "plugins" / "samples"


def project_of(folder, language, name):
    """As the samples' README says: a new project, and the sample's files over it."""
    project = new(folder, language, name)
    for left in ("tests", "test", "cases"):
        shutil.rmtree(project / left, ignore_errors=True)
    shutil.copytree(SAMPLES / language / name, project, dirs_exist_ok=True)
    return project


@pytest.mark.parametrize(
    ("language", "name"),
    [("python", "break-glass"), ("python", "per-tag-access"), ("javascript", "geo-signal"), ("javascript", "rate-limit")],
)
def test_a_sample_builds_and_decides_as_its_cases_say(tmp_path, language, name):
    project = project_of(tmp_path, language, name)
    if language == "python":
        link_python(project)
        assert "1 passed" in succeed(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", cwd=project)
    else:
        link_node(project)
        assert "# pass 1" in succeed("node", "--test", "--test-reporter=tap", "test/", cwd=project)
    succeed(BIN, "plugin", "build", cwd=project)
    component = project / "dist" / f"{name}.wasm"
    assert is_component(component)
    cases = json.loads((project / "cases" / "decisions.json").read_text())["cases"]
    said = succeed(BIN, "policy", "test", "--plugin", component, "--cases", "cases", cwd=project)
    assert f"{len(cases)} passed; 0 failed" in said


def test_every_sample_is_listed():
    listed = re.findall(r"^\| \[([a-z-]+)\]", (SAMPLES / "README.md").read_text(), re.MULTILINE)
    scripts = [folder.name for language in ("python", "javascript") for folder in (SAMPLES / language).iterdir()]
    rust = [file.stem for file in (SAMPLES / "rust" / "examples").iterdir()]
    assert sorted(listed) == sorted(scripts + rust)
