"""docs/tutorial.md, run as it stands: its commands, and the output that it promises."""

import os
import re
import subprocess
from pathlib import Path

TUTORIAL = Path(__file__).parent.parent.parent / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_tutorial_works_as_it_stands(tmp_path):
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "portcullis").symlink_to(os.environ["PORTCULLIS_BIN"])
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}", "NODE_OPTIONS": "--test-reporter=tap"}
    steps = BLOCK.findall(TUTORIAL.read_text())
    commands = [text for kind, text in steps if kind == "sh"]
    assert len(commands) >= 5
    # One shell, so that `cd` holds; what each block says stands between marks.
    script = "set -e\n" + "\n".join(f"{text}\necho '--- end of block'" for text in commands)
    done = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    said = iter(done.stdout.split("--- end of block\n"))
    output = ""
    for kind, text in steps:
        if kind == "sh":
            output = next(said)
            continue
        for line in text.splitlines():
            assert line in output, f"`{line}` is not in:\n{output}"
