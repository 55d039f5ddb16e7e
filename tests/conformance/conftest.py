# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The servers and tenants of tests/e2e, and clients that hold every answer to the RFCs."""

import importlib.util
import pathlib
import sys

import pytest

E2E = pathlib.Path(__file__).resolve().parents[1] / "e2e"
sys.path.insert(0, str(E2E))
SPEC = importlib.util.spec_from_file_location("e2e_conftest", E2E / "conftest.py")
e2e = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(e2e)

import conf  # noqa: E402 of tests/e2e, as client's imports are
from client import checked  # noqa: E402

# A fresh tenant for each test, and there are more of them here.
for _name, (_number, _lines) in conf.FLAVOURS.items():
    conf.FLAVOURS[_name] = (1500 if _name == "plain" else max(_number, 12), _lines)

env, log, tenant, take = e2e.env, e2e.log, e2e.tenant, e2e.take
pytest_report_header = e2e.pytest_report_header
pytest_configure = e2e.pytest_configure
pytest_collection_modifyitems = e2e.pytest_collection_modifyitems

# Tests of what the module does not have yet, written from the RFCs. A file leaves this list with
# the change that makes it pass.
PENDING = []
collect_ignore = PENDING


@pytest.fixture
def scim(tenant):
    """A validating client of the fresh tenant."""
    return checked(tenant)


@pytest.fixture
def flavour(take):
    """A function: a validating client of a tenant of a flavour (e2e/conf.py)."""
    return lambda name="plain": checked(take(name))
