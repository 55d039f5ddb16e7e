# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Fixtures: a server per database, a fresh tenant per test, and a clean error log after each."""

import os
import signal

import pytest

from env import Env, module_path


def pytest_report_header():
    try:
        return "mod_scim: " + module_path()
    except RuntimeError as err:
        return "mod_scim: %s" % err


def pytest_configure():
    """Told to end, end as after Ctrl-C: the servers must not stay behind."""
    def interrupt(*_):
        raise KeyboardInterrupt
    signal.signal(signal.SIGTERM, interrupt)


def database_of(item):
    spec = getattr(item, "callspec", None)
    return spec.params.get("env", "") if spec else ""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """One database after the other: each server starts once. SCIM_TEST_DB: only the tests on this one;
    sqlite has those with it that need none."""
    order = ["", "sqlite", "mariadb"]
    items.sort(key=lambda item: order.index(database_of(item)))
    only = os.environ.get("SCIM_TEST_DB")
    if only:
        mine = [item for item in items if only == (database_of(item) or "sqlite")]
        others = [item for item in items if only != (database_of(item) or "sqlite")]
        config.hook.pytest_deselected(items=others)
        items[:] = mine


@pytest.fixture(scope="session", params=["sqlite", "mariadb"])
def env(request):
    server = Env(request.param)
    try:
        server.start()
        yield server
    finally:
        server.close()


@pytest.fixture(autouse=True)
def log(request):
    """The error log since the test began. Unexpected warnings in it fail the test."""
    if "env" not in request.fixturenames:
        yield None
        return
    yield from request.getfixturevalue("env").watched()


@pytest.fixture
def tenant(env):
    """A tenant of its own."""
    taken = env.take()
    yield taken
    taken.close()


@pytest.fixture
def take(env):
    """A function that gives tenants of a flavour (conf.py)."""
    taken = []

    def one(flavour="plain"):
        taken.append(env.take(flavour))
        return taken[-1]
    yield one
    for tenant in taken:
        tenant.close()


@pytest.fixture
def scim(tenant):
    """A client of the fresh tenant."""
    return tenant.scim()


@pytest.fixture
def okta(tenant):
    """An Okta-shaped client of the fresh tenant, oin dialect."""
    return tenant.okta("oin")


@pytest.fixture
def aiw(tenant):
    """An Okta-shaped client of the fresh tenant, aiw dialect."""
    return tenant.okta("aiw")
