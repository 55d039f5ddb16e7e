# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
import shutil

import pytest

from install_env import BUILD, TOP, capture


@pytest.fixture(scope="session")
def tarball():
    """The unpacked release, in a folder that httpd's children reach as they reach the sources."""
    capture(["make", "dist-gzip"], cwd=BUILD)
    archives = list(BUILD.glob("mod_scim-*.tar.gz"))
    assert len(archives) == 1, archives
    where = TOP / "build" / "test" / "release"
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir(parents=True)
    capture(["tar", "-xzf", archives[0], "-C", where])
    (folder,) = where.iterdir()
    return folder
