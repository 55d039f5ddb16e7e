# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Where things are, and running commands so that a failure shows what they said."""
import os
import pathlib
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SCIM_BUILD_PLAIN", TOP / "build/test/gcc"))
# What tests and tools leave behind while they run; never part of a release.
LEFTOVERS = {"__pycache__", ".pytest_cache", ".hypothesis"}


def capture(args, **kw):
    """Standard output of a command that must succeed."""
    result = subprocess.run([str(a) for a in args], capture_output=True, text=True,
                            stdin=subprocess.DEVNULL, **kw)
    if result.returncode != 0:
        raise AssertionError(f"{args} exited with {result.returncode}\n"
                             f"{result.stdout[-4000:]}\n{result.stderr[-4000:]}")
    return result.stdout


def tree(folder):
    """The names of all files below a folder, relative to it."""
    return {p.relative_to(folder).as_posix() for p in pathlib.Path(folder).rglob("*")
            if not p.is_dir() and not LEFTOVERS & set(p.parts)}
