# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The Postman collection of Entra's SCIM reference code, run by newman.

It runs once per database in an empty tenant; each of its requests is then a test. A request passes
if exactly those of its assertions fail that KNOWN lists: the collection contradicts the RFC or
another suite there.
"""

import json
import os
import subprocess
import urllib.parse

import pytest

import database

FILE = os.path.join(os.environ["SCIM_CONFORMANCE_DIR"],
                    "Entra-SCIMReferenceCode.postman_collection.json")
NEWMAN = os.environ.get("SCIM_NEWMAN")
if not NEWMAN:
    pytest.skip("Entra's collection: " + os.environ["SCIM_NEWMAN_MISSING"],
                allow_module_level=True)

# "Get Token" asks the reference code's own endpoint for a token; it is left out. Of the two
# requests "Get all users" newman takes the first of that name, so the last one of the collection is
# not run; what it asserts, that no user is left, is asserted here.
FOLDERS = ("Endpoint tests", "User tests", "Group tests", "ComplexAttribute tests",
           "User tests with garbage", "Group tests with garbage", "Teardown garbage",
           "Get all users", "Get all groups")
ASSERTIONS = 105
NOT_FOUND = "/serviceConfiguration is not an endpoint of RFC 7644"
WITH_BODY = "PATCH of a user answers 200 with the user, as Okta's suite needs it"
BARE = "members are objects (RFC 7643 section 4.2), not strings"
NO_DISPLAY_NAME = "members have no displayName (RFC 7643 section 4.2)"
KNOWN = {  # (request, which of that name, assertion): why it fails
    ("Get ServiceProviderConfig", 1, "Status code is 200"): NOT_FOUND,
    ("Get ServiceProviderConfig", 1, "Pach supported is true"): NOT_FOUND,
    ("Patch user omalley new username", 1, "Status code is 204"): WITH_BODY,
    ("patch user omalley active with boolean", 1, "Status code is 204"): WITH_BODY,
    ("Group patch add member", 1, "Status code is 204"): BARE,
    ("Group patch add member2", 1, "Status code is 204"): BARE,
    ("Get group by id", 1, "Body contians user"): NO_DISPLAY_NAME,
}
_reports = {}


def requests_in(items):
    for item in items:
        if "item" in item:
            yield from requests_in(item["item"])
        else:
            yield item


def collection():
    """The requests that are run, in order: (name, which of that name, the item)."""
    with open(FILE, encoding="utf-8") as text:
        items = json.load(text)["item"]
    assert {item["name"] for item in items} == set(FOLDERS) | {"Get Token"}
    found, seen = [], {}
    for top in [item for item in items if item["name"] in FOLDERS]:
        for item in requests_in([top]):
            name = item["name"]
            if item is top and name in seen:
                continue
            seen[name] = seen.get(name, 0) + 1
            found.append((name, seen[name], item))
    return found


def check_stays_here(items):
    """Every request goes to the server of the environment, and no script sends one itself."""
    for _, _, item in items:
        url = item["request"]["url"]
        url = url if isinstance(url, str) else url["raw"]
        assert url.startswith("{{Protocol}}://{{Server}}{{Port}}/{{Api}}/"), url
        scripts = json.dumps(item.get("event", []))
        assert "sendRequest" not in scripts and "setNextRequest" not in scripts


def run(tenant, folder):
    """Newman's report of the whole collection: one execution per request, in an empty tenant."""
    check_stays_here(collection())
    base = urllib.parse.urlsplit(tenant.base)
    report = os.path.join(folder, "newman-%s.json" % tenant.name)
    command = [database.need_program("node"), NEWMAN, "run", FILE, "-r", "json",
               "--reporter-json-export", report, "--ignore-redirects", "--color", "off",
               "--timeout-request", "60000"]
    for one in FOLDERS:
        command += ["--folder", one]
    for name, value in (("Protocol", base.scheme), ("Server", base.hostname),
                        ("Port", ":%d" % base.port), ("Api", base.path.lstrip("/")),
                        ("token", tenant.token)):
        command += ["--env-var", "%s=%s" % (name, value)]
    environment = {"PATH": os.environ["PATH"], "HOME": folder, "LANG": "C.UTF-8"}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=600, check=False,
                          env=environment)
    assert os.path.exists(report), "newman made no report:\n" + done.stdout
    with open(report, encoding="utf-8") as text:
        executions = json.load(text)["run"]["executions"]
    for execution in executions:
        assert execution["request"]["url"]["host"] == base.hostname.split(".")
    scim = tenant.scim()
    assert scim.list("Users")["totalResults"] == scim.list("Groups")["totalResults"] == 0
    return executions


def report_of(env):
    """The executions of this database's run, made when first asked for."""
    name = env.db.name
    if name not in _reports:
        tenant = env.take()
        try:
            _reports[name] = run(tenant, env.root)
        except Exception as err:  # told by every test
            _reports[name] = err
        tenant.close()
    if isinstance(_reports[name], Exception):
        raise _reports[name]
    return _reports[name]


def failed(execution):
    return [one["assertion"] for one in execution.get("assertions", []) if one.get("error")]


REQUESTS = [(name, number, i) for i, (name, number, _) in enumerate(collection())]


@pytest.mark.parametrize("name,number,index", REQUESTS, ids=[
    "%02d %s" % (i + 1, name.replace("/", " ")) for name, _, i in REQUESTS])
def test_request(env, name, number, index):
    execution = report_of(env)[index]
    assert execution["item"]["name"] == name
    assert not execution.get("requestError")
    known = [one[2] for one in KNOWN if one[:2] == (name, number)]
    assert failed(execution) == known


def test_assertions(env):
    """All of them were evaluated, and only the known ones failed."""
    executions = report_of(env)
    assert [e["item"]["name"] for e in executions] == [name for name, _, _ in REQUESTS]
    assert sum(len(e.get("assertions", [])) for e in executions) == ASSERTIONS
    assert sum(len(failed(e)) for e in executions) == len(KNOWN) <= 10
