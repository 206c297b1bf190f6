"""A started `portcullis dev`, for tests: it owns a process and a data folder, and nothing else."""

import json
import os
import pathlib
import shlex
import signal
import subprocess
import tempfile
import time

READY_SECONDS = 60
STOP_SECONDS = 15

# What a workstation's environment may say that would change how the gateway or its clients behave.
_FOREIGN = ("AZURE_", "PORTCULLIS_", "IDENTITY_", "MSI_")


def clean_environment():
    """The environment of this process without settings for other Azure installations."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}


def program():
    """The gateway program under test."""
    path = os.environ.get("PORTCULLIS_BIN", "")
    if not os.access(path, os.X_OK):
        raise RuntimeError("PORTCULLIS_BIN does not name the gateway program; run the tests with `make test-sdk`")
    return path


class Gateway:
    """One gateway over one data folder. It may be stopped, killed and started again over the same folder."""

    def __init__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="portcullis-sdk-")
        self.folder = pathlib.Path(self._folder.name)
        self.data = self.folder / "data"
        self.settings = {}
        self._process = None
        self._starts = 0

    def start(self):
        """Starts the gateway on any free port and waits until it says that it is ready."""
        self._starts += 1
        env_file = self.folder / f"env-{self._starts}"
        log = open(self.folder / "log", "ab")
        self._process = subprocess.Popen(
            [program(), "dev", "--data", self.data, "--port", "0", "--env-file", env_file],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=clean_environment(),
        )
        log.close()
        deadline = time.monotonic() + READY_SECONDS
        while not env_file.exists():
            if self._process.poll() is not None:
                raise RuntimeError(f"the gateway ended with {self._process.returncode}:\n{self.log()}")
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the gateway was not ready after {READY_SECONDS} s:\n{self.log()}")
            time.sleep(0.02)
        # The lines are for a shell, which takes quotes off.
        self.settings = dict(shlex.split(line)[0].split("=", 1) for line in env_file.read_text().splitlines())
        return self

    def stop(self):
        """Asks the gateway to drain and end; gives its exit status."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise RuntimeError(f"the gateway did not end within {STOP_SECONDS} s of SIGTERM:\n{self.log()}") from None

    def kill(self):
        """Ends the gateway at once, as a power cut would."""
        self._process.kill()
        self._process.wait()

    def close(self):
        """Ends the gateway, if it runs, and removes its folder."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        self._folder.cleanup()

    def log(self):
        """What the gateway printed, without the screen that shows its settings."""
        return (self.folder / "log").read_text(errors="replace")

    def audit(self):
        """The audit records, oldest first."""
        lines = (self.data / "audit.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    @property
    def ca_file(self):
        return self.settings["PORTCULLIS_CA_FILE"]

    @property
    def vault_url(self):
        return self.settings["AZURE_KEYVAULT_URL"].rstrip("/")

    @property
    def management_url(self):
        return self.settings["PORTCULLIS_MANAGEMENT_URL"].rstrip("/")

    @property
    def token_url(self):
        return f"{self.settings['AZURE_AUTHORITY_HOST'].rstrip('/')}/{self.settings['AZURE_TENANT_ID']}/oauth2/v2.0/token"

    @property
    def vault_resource(self):
        """The audience of tokens for this vault: its URL without the vault's own label."""
        scheme, rest = self.vault_url.split("://")
        return f"{scheme}://{rest.split('.', 1)[1]}"
