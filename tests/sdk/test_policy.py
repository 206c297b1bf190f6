"""`portcullis policy`, as a policy's author and a pipeline of theirs call it."""

import json
import pathlib
import subprocess
import xml.etree.ElementTree

import pytest

from gateway import clean_environment, program
from rest import Rest

PLUGINS = pathlib.Path(__file__).parents[2] / "plugins"
OFFICE_ONLY = {
    "policies": [
        {
            "id": "outside",
            "displayName": "Block outside of the office",
            "state": "enabled",
            "conditions": {
                "principals": {"include": ["All"]},
                "operations": {"include": ["SecretGet"]},
                "locations": {"include": ["All"], "exclude": ["office"]},
            },
            "grantControls": {"builtInControls": ["block"]},
        }
    ]
}
CASES = {
    "given": {"operation": "SecretGet", "locations": {"office": ["10.0.0.0/8"]}},
    "cases": [
        {"name": "blocks from afar", "given": {"source": "203.0.113.9"}, "expect": {"block": "outside"}},
        {"name": "not in the office", "given": {"source": "10.1.2.3"}, "expect": {"not-applicable": True}},
    ],
}


def policy(*arguments):
    command = [program(), "policy", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=clean_environment(), timeout=300)


@pytest.fixture
def settings(tmp_path):
    file = tmp_path / "settings.json"
    file.write_text(json.dumps(OFFICE_ONLY))
    return file


@pytest.fixture
def cases(tmp_path):
    folder = tmp_path / "cases"
    folder.mkdir()
    (folder / "office.json").write_text(json.dumps(CASES, indent=1))
    return folder


def run_cases(cases, settings, *arguments):
    return policy("test", "--plugin", "conditional-access", "--settings", settings, "--cases", cases, *arguments)


@pytest.mark.parametrize("plugin", ["azure-rbac", "access-policy", "conditional-access"])
def test_the_bundled_policies_decide_in_wasm_as_their_case_files_say(plugin):
    ran = policy("test", "--plugin", plugin, "--cases", PLUGINS / plugin / "cases")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "0 failed" in ran.stdout and " 0 passed" not in ran.stdout


def test_case_files_pass_and_say_what_they_covered(cases, settings):
    ran = run_cases(cases, settings, "--coverage")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "test result: ok. 2 passed; 0 failed" in ran.stdout
    assert "named-location office = no | yes" in ran.stdout
    assert "outside: 1 times" in ran.stdout


def test_rules_of_the_settings_that_never_decided_are_told(cases, settings):
    policies = json.loads(json.dumps(OFFICE_ONLY))["policies"]
    policies.append(policies[0] | {"id": "unused", "conditions": policies[0]["conditions"] | {"operations": {"include": ["SecretSet"]}}})
    policies.append(policies[0] | {"id": "pilot", "state": "enabledForReportingButNotEnforced"})
    settings.write_text(json.dumps({"policies": policies[::-1]}))
    own = CASES | {"given": CASES["given"] | {"settings": {"policies": [policies[0] | {"id": "unused"}]}}}
    own["cases"] = [CASES["cases"][0] | {"expect": {"block": "unused"}}]
    (cases / "own.json").write_text(json.dumps(own))
    ran = run_cases(cases, settings, "--coverage")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = ran.stdout.split("coverage: rules of the settings\n")[1].split("coverage:")[0]
    # What a case's own settings have under the same name is another rule.
    assert told == (
        "  pilot: never decided  <- /policies/0/id\n"
        "  unused: never decided  <- /policies/1/id\n"
        "  outside: decided 1 times\n"
    )
    policies[0]["state"] = "disabled"
    settings.write_text(json.dumps({"policies": policies}))
    (cases / "office.json").write_text((cases / "office.json").read_text().replace("block", "grant").replace("outside", "report-only: pilot would block"))
    ran = run_cases(cases, settings, "--coverage")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "  pilot: never decided, named 1 times\n" in ran.stdout


def test_a_case_that_fails_shows_the_trace_and_can_be_updated(cases, settings):
    file = cases / "office.json"
    wrong = file.read_text().replace('"block": "outside"', '"grant": "outside"')
    file.write_text(wrong)
    ran = run_cases(cases, settings)
    assert ran.returncode == 101
    assert 'it said {"block":"outside"' in ran.stdout
    assert "named-location office = no" in ran.stdout
    ran = run_cases(cases, settings, "--update")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "updated blocks from afar" in ran.stderr
    assert json.loads(file.read_text())["cases"][0]["expect"]["block"] == "outside"
    assert run_cases(cases, settings).returncode == 0


def test_results_are_written_as_json_and_as_junit(cases, settings):
    events = [json.loads(line) for line in run_cases(cases, settings, "--format", "json").stdout.splitlines()]
    assert events[0] == {"type": "suite", "event": "started", "test_count": 2}
    assert (events[-1]["event"], events[-1]["passed"]) == ("ok", 2)
    suite = xml.etree.ElementTree.fromstring(run_cases(cases, settings, "--format", "junit").stdout)[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "0")


@pytest.mark.parametrize(
    "name, text, line, hint",
    [
        ("a.json", '{"given": {\n"sorce": "x"}, "cases": []}', 2, "did you mean `source`"),
        ("a.json", '{"cases": [\n{"name": "a", "expct": {}}]}', 2, "did you mean `expect`"),
        ("a.json", '{"cases": [\n}', 2, "expected value"),
        ("a.toml", "[given]\nsorce = 'x'", 2, "did you mean `source`"),
    ],
)
def test_a_misspelt_field_is_named_with_its_line(tmp_path, name, text, line, hint):
    (tmp_path / name).write_text(text)
    ran = policy("test", "--plugin", "azure-rbac", "--cases", tmp_path / name)
    assert ran.returncode == 64
    assert name in ran.stderr and f"line {line}: " in ran.stderr and hint in ran.stderr, ran.stderr


def test_what_cannot_be_tested_says_why(tmp_path, cases):
    text, nothing = tmp_path / "text.wasm", tmp_path / "nothing.wasm"
    text.write_text("#!/bin/sh")
    for arguments, expected in [
        (["test"], "nothing to test"),
        (["test", "--cases", cases], "which plugin is under test?"),
        (["test", "--cases", cases, "--plugin", nothing], "reading the plugin"),
        (["test", "--cases", cases, "--plugin", text], "this is not WebAssembly"),
        (["test", "--plugin", "azure-rbac", text], "is no program of tests"),
        (["test", "--cases", cases, "--plugin", "azure-rbac", "--settings", text], "not JSON"),
        (["replay", "--plugin", "azure-rbac", "--log", nothing], "opening the audit log"),
        (["replay", "--plugin", "azure-rbac", "--log", text], "line 1 of the audit log is not JSON"),
        (["explain", "x", "--log", text], "line 1 of the audit log is not JSON"),
    ]:
        ran = policy(*arguments)
        assert ran.returncode not in (0, 101), ran.stdout
        assert expected in ran.stderr, ran.stderr


def test_a_budget_can_fail(cases, settings):
    common = ["bench", "--plugin", "conditional-access", "--settings", settings, "--cases", cases, "--rounds", "20"]
    ran = policy(*common)
    assert ran.returncode == 0, ran.stderr
    assert "blocks from afar" in ran.stdout
    ran = policy(*common, "--max-instructions", "10")
    assert ran.returncode == 101
    assert "over budget: blocks from afar" in ran.stdout


def test_exploring_is_reproducible_and_hints_at_exclusions(cases, settings):
    common = ["explore", "--plugin", "conditional-access", "--settings", settings, "--cases", cases, "--rounds", "30"]
    first, second = policy(*common), policy(*common)
    assert first.returncode == 0, first.stdout + first.stderr
    assert first.stdout == second.stdout and "evaluations, 0 findings that count" in first.stdout


def test_a_past_decision_is_explained_and_replayed_from_the_log_alone(own_gateway, name, tmp_path, settings):
    rest = Rest(own_gateway)
    assert rest.data("PUT", f"/secrets/{name}", json={"value": "CANARY-VALUE"}).status_code == 200
    answer = rest.data("GET", f"/secrets/{name}")
    log = tmp_path / "audit.jsonl"
    log.write_bytes((own_gateway.data / "audit.jsonl").read_bytes())
    own_gateway.close()

    explained = policy("explain", answer.headers["x-ms-request-id"], "--log", log)
    assert explained.returncode == 0, explained.stderr
    assert "SecretGet" in explained.stdout and "azure-rbac (enforced" in explained.stdout
    assert "role-assignments = " in explained.stdout
    assert "CANARY-VALUE" not in log.read_text()
    missing = policy("explain", "no-such-request", "--log", log)
    assert missing.returncode == 1 and "no decision on a request `no-such-request`" in missing.stderr

    same = policy("replay", "--plugin", "azure-rbac", "--log", log)
    assert same.returncode == 0, same.stdout + same.stderr
    assert "0 change, 0 unknown" in same.stdout

    for document, complaint in ("owners", "NAME=FILE"), ("owners=/nowhere.json", "reading the document"), (f"owners={log}", "owners"):
        refused = policy("replay", "--plugin", "azure-rbac", "--log", log, "--data", document)
        assert refused.returncode != 0 and complaint in refused.stderr, refused.stderr
    owners = tmp_path / "owners.json"
    owners.write_text("{}")
    assert policy("replay", "--plugin", "azure-rbac", "--log", log, "--data", f"owners={owners}").returncode == 0

    # Nobody asked where the caller was, so the log does not know it.
    common = ["replay", "--plugin", "conditional-access", "--log", log, "--settings"]
    unknown = policy(*common, settings)
    assert unknown.returncode == 2, unknown.stdout + unknown.stderr
    assert "decisions unknown, needs `named-location" in unknown.stdout
    assert policy(*common, settings, "--allow-unknown").returncode == 0

    everywhere = json.loads(settings.read_text())
    everywhere["policies"][0]["conditions"]["locations"] = {"include": ["All"]}
    changed = tmp_path / "everywhere.json"
    changed.write_text(json.dumps(everywhere))
    ran = policy(*common, changed)
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "1 decisions change: not-applicable -> block by `outside`" in ran.stdout

    other = policy("replay", "--plugin", "azure-rbac", "--name", "nobody", "--log", log)
    assert other.returncode == 1 and "azure-rbac, conditional-access" in other.stderr
