"""A gateway, and the command line `az` logged in to it, as README.md says how."""

import json
import os
import pathlib
import subprocess
import sys

import pytest

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "sdk"))

from gateway import Gateway, clean_environment

# What the machine says about proxies is for other hosts.
_LOOPBACK = "localhost,.localhost,127.0.0.1"
_COMMAND_SECONDS = 120


class Az:
    """The command line, with a configuration folder of its own."""

    def __init__(self, gateway, name="az"):
        self.gateway = gateway
        self.settings = gateway.settings
        self.folder = gateway.folder / name
        self.folder.mkdir()

    def environment(self):
        """What the program needs to know of its machine, and of ours nothing."""
        return clean_environment() | {
            "AZURE_CONFIG_DIR": str(self.folder / "config"),
            "AZURE_CORE_COLLECT_TELEMETRY": "no",
            "AZURE_CORE_NO_COLOR": "yes",
            "REQUESTS_CA_BUNDLE": self.gateway.ca_file,
            "NO_PROXY": _LOOPBACK,
            "no_proxy": _LOOPBACK,
        }

    def run(self, *arguments):
        """Runs a command to its end, whatever that is."""
        command = [sys.executable, HERE / "az.py", *arguments]
        return subprocess.run(
            command, cwd=self.folder, env=self.environment(), capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=False
        )

    def __call__(self, *arguments):
        """Runs a command that must succeed; gives what it tells, read from JSON."""
        done = self.run(*arguments, "--output", "json")
        assert done.returncode == 0, f"az {' '.join(arguments)}\n{done.stdout}\n{done.stderr}"
        return json.loads(done.stdout) if done.stdout.strip() else None

    def refused(self, *arguments):
        """Runs a command that must fail; gives what it complains of."""
        done = self.run(*arguments)
        assert done.returncode != 0, f"az {' '.join(arguments)}\n{done.stdout}"
        return done.stderr

    def log_in(self, *more):
        """What README.md tells to do first."""
        self("config", "set", "core.instance_discovery=false")
        self("cloud", "register", "-n", "Portcullis", "--endpoint-resource-manager", self.settings["PORTCULLIS_MANAGEMENT_URL"])
        self("cloud", "set", "-n", "Portcullis")
        application, secret = self.settings["AZURE_CLIENT_ID"], self.settings["AZURE_CLIENT_SECRET"]
        tenant = self.settings["AZURE_TENANT_ID"]
        return self("login", "--service-principal", "-u", application, "-p", secret, "--tenant", tenant, *more)


@pytest.fixture(scope="session")
def gateway():
    own = Gateway()
    try:
        yield own.start()
    finally:
        own.close()


@pytest.fixture(scope="session")
def az(gateway):
    command = Az(gateway)
    command.accounts = command.log_in()
    command("group", "create", "-n", "team", "-l", "local")
    return command


@pytest.fixture(scope="session")
def vault(az):
    """A vault that tests share which change nothing but their own objects; the application administers it."""
    made = az("keyvault", "create", "-g", "team", "-n", "shared", "-l", "local")
    administer(az, made["id"])
    return "shared"


def administer(az, scope):
    """Makes the application an administrator of objects, by the role's id."""
    return az(
        "role", "assignment", "create", "--role", "00482a5a-887f-4fb3-b363-3b7fe8e74483", "--scope", scope,
        "--assignee-object-id", az.settings["PORTCULLIS_PRINCIPAL_ID"], "--assignee-principal-type", "ServicePrincipal",
    )  # fmt: skip
