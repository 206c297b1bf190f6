"""The unmodified command line `az`, where names below `.localhost` resolve (see tests/sdk/localhost_names.py)."""

import pathlib
import runpy
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "sdk"))

import localhost_names

sys.path.pop(0)
localhost_names.resolve_in_this_process()
runpy.run_module("azure.cli", run_name="__main__")
