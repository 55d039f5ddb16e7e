# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""An interpreter of Okta's test suites: steps in the JSON format of Runscope's exports.

A suite decides what passes, so nothing in it may be skipped in silence: whatever the interpreter
does not know (a comparison, a source, a script, a kind of step, a field with content) raises
Unknown, and every assertion that was evaluated is counted.
"""

import hashlib
import json
import re
import time
import urllib.parse

from okta_wire import Problem

VARIABLE = re.compile(r"\{\{([^{}]+)\}\}")
PATH_PART = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
# Fields of a step that say nothing about the request or the verdict.
IGNORED = {"note", "step_type", "args"}
REQUEST = {"method", "url", "headers", "body", "assertions", "variables", "scripts"}
MISSING = object()


class Unknown(Exception):
    """The suite has something that this interpreter does not know."""


def load(path):
    with open(path, encoding="utf-8") as text:
        return json.load(text)


def requests_of(suite):
    """The steps that send something. Pauses wait for a provisioning engine, which is not here."""
    steps = []
    for step in suite["steps"]:
        if step.get("skipped"):
            raise Unknown("a step that is marked as skipped: %r" % step.get("note"))
        if step["step_type"] == "request":
            steps.append(step)
        elif step["step_type"] != "pause":
            raise Unknown("a step of type %r" % step["step_type"])
    return steps


def look_up(value, path):
    """The value at a path such as Resources[0].name.familyName; MISSING if there is none."""
    if PATH_PART.sub("", path).strip("."):
        raise Unknown("the property path %r" % path)
    for name, index in PATH_PART.findall(path):
        if index:
            if not isinstance(value, list) or int(index) >= len(value):
                return MISSING
            value = value[int(index)]
        else:
            if not isinstance(value, dict) or name not in value:
                return MISSING
            value = value[name]
    return value


def as_text(value):
    """A JSON value as a suite writes it: true, 401, text."""
    return value if isinstance(value, str) else json.dumps(value)


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def has_value(value, wanted):
    values = value.values() if isinstance(value, dict) else value
    return isinstance(value, (dict, list)) and wanted in [as_text(v) for v in values]


def contains(value, wanted):
    return wanted in value if isinstance(value, str) else has_value(value, wanted)


COMPARISONS = {
    "equal": lambda got, wanted: as_text(got) == as_text(wanted),
    "equal_number": lambda got, wanted: is_number(got) and got == float(wanted),
    "not_empty": lambda got, _: got is not None and got not in ("", [], {}),
    "has_value": has_value,
    "contains": contains,
    "is_a_number": lambda got, _: is_number(got),
    "is_less_than": lambda got, wanted: is_number(got) and got < float(wanted),
}


def fingerprint(script):
    """Names a script by its text; blanks do not count."""
    return hashlib.sha256("".join(script.split()).encode()).hexdigest()[:16]


def script_user_name_lower(body, variables):
    """assert.notEqual(data.userName.toLowerCase(), variables.get("randomUsername"))"""
    yield ("the userName came back in its own case",
           body["userName"].lower() != variables["randomUsername"])


def script_groups(body, _):
    """assert("nogroups") where totalResults is 0; else assert.ok(Resources is an array)"""
    if body.get("totalResults") == 0:
        yield "there are no groups", True
    elif body.get("totalResults", 0) >= 1 and isinstance(body.get("Resources"), list):
        yield "Resources is an array", True


# The suites' scripts, which are JavaScript, by fingerprint(). A changed script is an unknown one.
SCRIPTS = {
    "63cbb76bc71114ab": script_user_name_lower,
    "b0328eec45aaa310": script_groups,
}


class Response:
    """What assertions look at."""

    def __init__(self, answer, milliseconds):
        self.status = answer.status
        self.time = milliseconds
        self.answer = answer

    def source(self, name, path):
        if name == "response_status":
            return self.status
        if name == "response_time":
            return self.time
        if name == "response_json":
            return look_up(self.answer.json, path)
        raise Unknown("the source %r" % name)


class Result:
    """What became of one step."""

    def __init__(self, step):
        self.note = step["note"]
        self.evaluated = 0
        self.failures = []

    def check(self, text, passed):
        self.evaluated += 1
        if not passed:
            self.failures.append(text)


class Runner:
    """
    @param base      the tenant's base URL: nothing is sent to anywhere else
    @param client    a Scim client without credentials of its own
    @param variables what {{names}} stand for; steps add to it
    @param token     goes where a step misspelt the Authorization header as Authentication
    @param outside   called with a step to another site and the variables, to do what that site
                     would do; returns False for a step that it does not know
    """

    def __init__(self, base, client, variables, token, outside=lambda step, variables: False):
        self.base = base
        self.client = client
        self.variables = dict(variables)
        self.token = token
        self.outside = outside

    def run(self, suite):
        """Every request of a suite, in order. @return a Result each; None: a step to outside"""
        return [self.step(step) for step in requests_of(suite)]

    def fill(self, text):
        def value(match):
            if match.group(1) not in self.variables:
                raise Unknown("the variable %r" % match.group(1))
            return self.variables[match.group(1)]
        return VARIABLE.sub(value, text)

    def path(self, step):
        """What follows the base URL, encoded; None if the step goes elsewhere."""
        url = self.fill(step["url"])
        if not url.startswith(self.base + "/"):
            return None
        return urllib.parse.quote(url[len(self.base):], safe="/?&=:;@+,$!*'()~%")

    def headers(self, step):
        headers = {}
        for name, values in step["headers"].items():
            for value in [values] if isinstance(values, str) else values:
                headers[name] = self.fill(value).strip()
        if "Authentication" in headers:
            del headers["Authentication"]
            headers["Authorization"] = "Bearer " + self.token
        return headers

    def step(self, step):
        self._check_fields(step)
        path = self.path(step)
        if path is None:
            if not self.outside(step, self.variables):
                raise Unknown("a step to another site: %s %s" % (step["method"], step["url"]))
            return None
        result = Result(step)
        body = self.fill(step["body"]).encode("utf-8") if step.get("body") else None
        begin = time.monotonic()
        try:
            answer = self.client.request(step["method"], path, raw=body,
                                         headers=self.headers(step))
            response = Response(answer, (time.monotonic() - begin) * 1000)
            self._judge(step, response, result)
        except Problem as problem:
            result.failures.append(str(problem))
        return result

    def _check_fields(self, step):
        for name, value in step.items():
            if value and name not in IGNORED | REQUEST:
                raise Unknown("the field %r of a step" % name)

    def _judge(self, step, response, result):
        for assertion in step["assertions"]:
            self._assert(assertion, response, result)
        for variable in step["variables"]:
            self._set(variable, response)
        for script in step["scripts"]:
            if script.strip():
                self._script(script, response, result)

    def _assert(self, assertion, response, result):
        if set(assertion) - {"comparison", "source", "value", "property"}:
            raise Unknown("the assertion %r" % assertion)
        compare = COMPARISONS.get(assertion["comparison"])
        if compare is None:
            raise Unknown("the comparison %r" % assertion["comparison"])
        wanted = assertion["value"]
        if isinstance(wanted, str):
            wanted = self.fill(wanted)
        got = response.source(assertion["source"], assertion.get("property") or "")
        passed = got is not MISSING and compare(got, wanted)
        result.check("%s %s %s %r, got %r" % (
            assertion["source"], assertion.get("property") or "", assertion["comparison"], wanted,
            None if got is MISSING else got), passed)

    def _set(self, variable, response):
        if not variable["name"]:
            return
        value = response.source(variable["source"], variable["property"])
        if value is MISSING:
            raise Problem("no %s for the next steps" % variable["property"])
        self.variables[variable["name"]] = as_text(value)

    def _script(self, script, response, result):
        meaning = SCRIPTS.get(fingerprint(script))
        if meaning is None:
            raise Unknown("the script %s: %s" % (fingerprint(script), script))
        for text, passed in meaning(response.answer.json, self.variables):
            result.check("script: " + text, passed)
