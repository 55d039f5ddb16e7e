# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Fixtures: one MariaDB server for all examples, and a clean error log after each test."""

import os
import shutil
import signal
import tempfile

import pytest

from example import Example, database


def pytest_configure():
    """Told to end, end as after Ctrl-C: the servers must not stay behind."""
    def interrupt(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, interrupt)


@pytest.fixture(scope="session")
def mariadb():
    root = tempfile.mkdtemp(prefix="scim-examples-")
    os.chmod(root, 0o755)
    os.mkdir(os.path.join(root, "run"))
    server = database.Mariadb(root)
    server.start()
    try:
        yield server
    finally:
        server.destroy()
        shutil.rmtree(root)


@pytest.fixture(scope="session")
def serve(mariadb):
    """A function that starts an example once; all of them end with the session."""
    running = {}

    def start(name, secrets=None):
        if name not in running:
            running[name] = Example(name, mariadb)
            running[name].prepare(secrets)
            running[name].start()
        return running[name]
    yield start
    for example in running.values():
        example.close()


@pytest.fixture(autouse=True)
def log(request):
    """The example's error log since the test began. Unexpected warnings in it fail the test."""
    if "example" not in request.fixturenames:
        yield None
        return
    example = request.getfixturevalue("example")
    example.log.mark()
    yield example.log
    try:
        example.log.check()
    finally:
        example.log.mark()
