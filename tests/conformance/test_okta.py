# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Okta's suites: SPEC of today and of 2017, the one of 2016, CRUD, and Entitlements.

A suite runs once per database, in a tenant of its own, when the first of its tests asks; each of
its requests is then a test, and so is the number of assertions that were evaluated.

The CRUD suite drives a real Okta organisation and looks at the server in between. Here the shape
of Okta's client in tests/e2e does what the organisation would do, in both of its dialects.
"""

import os

import pytest

import conf
import runscope
from okta_client import user_profile

FOLDER = os.environ["SCIM_CONFORMANCE_DIR"]
SUITES = {  # file: (assertions, whether a group must be there)
    "Okta-SCIM-20-SPEC-Test.json": (53, True),
    "Okta-SCIM-20-SPEC-Test-old.json": (46, False),
    "SCIM_tests_for_Runscope.json": (37, True),
}
CRUD = "Okta-SCIM-20-CRUD-Test.json"
CRUD_ASSERTIONS = 13  # of its 5 steps that look at the server
ENTITLEMENTS = "Okta-SCIM-20-Entitlements-Test.json"
ENTITLEMENTS_ASSERTIONS = 6
OUTSIDE_2016 = "http://api.randomuser.me"
ROLE = "urn:okta:scim:schemas:core:1.0:Role"
ENTITLEMENT = "urn:okta:scim:schemas:core:1.0:Entitlement"
_done = {}


def load(name):
    return runscope.load(os.path.join(FOLDER, name))


def variables_of(tenant):
    """What the suites' initial scripts set. The old SPEC suite wants capitals in the userName."""
    mail = "Robin.Random7@Okta.example.com"
    return {
        "SCIMBaseURL": tenant.base, "SCIM Base URL": tenant.base,
        "auth": "Bearer " + tenant.token, "randomGivenName": "Robin",
        "randomFamilyName": "Random", "randomEmail": mail, "randomUsername": mail,
        "randomUsernameCaps": mail.upper(), "InvalidUserEmail": "abcdefgh@atko.com",
        "UserIdThatDoesNotExist": "010101001010101011001010101011",
        "userIdThatDoesNotExist": "0cc175b9c0f1b6a831c399e269772661",
    }


def outside_2016(step, _):
    """The site that gives random names; ours are set already."""
    return step["url"].startswith(OUTSIDE_2016)


def run_suite(name, tenant):
    scim = tenant.scim()
    scim.add_user("complete")
    if SUITES[name][1]:
        scim.add_group("A group")
    return runscope.Runner(tenant.base, tenant.scim(token=""), variables_of(tenant), tenant.token,
                           outside_2016).run(load(name))


class Organisation:
    """What Okta does in the CRUD suite: provisions to the server under test."""

    def __init__(self, tenant, dialect):
        self.okta = tenant.okta(dialect)
        self.user = None
        self.profile = None

    def play(self, step, variables):
        """Called for the steps to Okta's own API. @return whether the step is known"""
        action = self.STEPS.get((step["method"], step["url"]))
        if action is None:
            return False
        action(self, variables)
        return True

    def check(self, _):
        self.okta.test_credentials()

    def create(self, variables):
        variables["okta_add_userid"] = "00u1crud"

    def assign(self, variables):
        """Who is found is linked and gets Okta's profile, whatever is left of the old one."""
        found = self.okta.find_user(variables["okta_user_email"])
        if found:
            self.user = self.okta.push_profile(found["id"], self.profile)
        else:
            self.profile = user_profile(
                variables["okta_user_email"], variables["okta_user_firstname"],
                variables["okta_user_lastname"], variables["okta_add_userid"])
            self.user = self.okta.create_user(self.profile)

    def rename(self, variables):
        name = {"givenName": variables["okta_user_firstname_update"],
                "familyName": variables["okta_user_lastname"]}
        self.profile["name"] = name
        self.okta.push_profile(self.user["id"], {"name": name})

    def deactivate(self, _):
        self.okta.deactivate(self.user["id"])

    def activate(self, _):
        """Sends nothing: the user is not assigned to the app at this moment."""

    API = "{{oktaOrgUrl}}/api/v1"
    STEPS = {
        ("GET", API + "/apps/{{oktaAppId}}"): check,
        ("POST", API + "/users?activate=true"): create,
        ("POST", API + "/apps/{{oktaAppId}}/users"): assign,
        ("PUT", API + "/users/{{okta_add_userid}}"): rename,
        ("POST", API + "/users/{{okta_add_userid}}/lifecycle/deactivate"): deactivate,
        ("POST", API + "/users/{{okta_add_userid}}/lifecycle/activate"): activate,
        ("DELETE", API + "/apps/{{oktaAppId}}/users/{{okta_add_userid}}"): deactivate,
    }


def run_crud(dialect, tenant):
    variables = {
        "SCIMUrl": tenant.base, "SCIMAuth": "Bearer " + tenant.token, "oktaAppId": "0oa1",
        "oktaOrgUrl": "https://okta.invalid", "okta_user_email": "crud@okta.local",
        "okta_user_firstname": "First", "okta_user_firstname_update": "Second",
        "okta_user_lastname": "Last"}
    organisation = Organisation(tenant, dialect)
    return runscope.Runner(tenant.base, tenant.scim(token=""), variables, tenant.token,
                           organisation.play).run(load(CRUD))


def run_entitlements(endpoint, tenant):
    scim = tenant.scim()
    urn = ROLE if endpoint == "/Roles" else ENTITLEMENT
    body = {"schemas": [urn], "displayName": "One", "description": "The first of two."}
    if urn == ENTITLEMENT:
        body["type"] = "Entitlement"
    for name in ("One", "Two"):
        scim.post(endpoint, dict(body, displayName=name)).must_be(201)
    variables = dict(variables_of(tenant), EntitlementEndpoint=endpoint)
    return runscope.Runner(tenant.base, tenant.scim(token=""), variables,
                           tenant.token).run(load(ENTITLEMENTS))


def once(env, run, what, flavour="plain"):
    """The results of a run in a fresh tenant, made when first asked for."""
    key = (env.db.name, run.__name__, what, flavour)
    if key not in _done:
        tenant = env.take(flavour)
        try:
            _done[key] = run(what, tenant)
        except Exception as err:  # told by every test of the suite
            _done[key] = err
        tenant.close()
    if isinstance(_done[key], Exception):
        raise _done[key]
    return _done[key]


def steps_of(name):
    """(number, test name) of each request of a suite, steps to other sites included."""
    return [(i, "%02d %s" % (i + 1, step["note"].strip().replace("/", " ")))
            for i, step in enumerate(runscope.requests_of(load(name)))]


def sends_here(name, number):
    """Whether a step is for the server under test."""
    url = runscope.requests_of(load(name))[number]["url"]
    return not url.startswith((OUTSIDE_2016, "{{oktaOrgUrl}}"))


def table(names):
    """Parameters (suite, number) for every step that is sent to the server."""
    return [pytest.param(name, i, id="%s: %s" % (name[:-5], text))
            for name in names for i, text in steps_of(name) if sends_here(name, i)]


def check_step(results, number):
    result = results[number]
    assert result.evaluated > 0, "no assertion was evaluated"
    assert not result.failures, "\n".join(result.failures)


def evaluated(results):
    return sum(result.evaluated for result in results if result)


@pytest.mark.parametrize("name,number", table(SUITES))
def test_step(env, name, number):
    check_step(once(env, run_suite, name), number)


@pytest.mark.parametrize("name", SUITES)
def test_assertions(env, name):
    results = once(env, run_suite, name)
    assert evaluated(results) == SUITES[name][0]
    assert not [text for result in results if result for text in result.failures]


# Whatever becomes of who is deactivated, Okta is answered as its suite wants it.
DEPROVISION = ["plain", "life_delete", "life_unlink"]


@pytest.mark.parametrize("flavour", DEPROVISION)
@pytest.mark.parametrize("dialect", ["oin", "aiw"])
@pytest.mark.parametrize("name,number", table([CRUD]))
def test_crud(env, name, number, dialect, flavour):
    check_step(once(env, run_crud, dialect, flavour), number)


@pytest.mark.parametrize("flavour", DEPROVISION)
@pytest.mark.parametrize("dialect", ["oin", "aiw"])
def test_crud_assertions(env, dialect, flavour):
    assert evaluated(once(env, run_crud, dialect, flavour)) == CRUD_ASSERTIONS


# Needs a tenant with Okta's resource types Role and Entitlement, which conf.py prepares where the
# module can be configured to have them.
if "entitlements" in conf.FLAVOURS:
    @pytest.mark.parametrize("endpoint", ["/Roles", "/Entitlements"])
    def test_entitlements(env, endpoint):
        results = once(env, run_entitlements, endpoint, "entitlements")
        check_step(results, 0)
        assert evaluated(results) == ENTITLEMENTS_ASSERTIONS
