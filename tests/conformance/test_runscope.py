# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The interpreter of Okta's suites: it must fail where a suite would, and know its limits."""

import json

import pytest

import runscope
from okta_wire import Answer

BODY = {"n": 0, "text": "abc", "flag": False, "none": None, "list": ["a", 1, {"x": "y"}],
        "empty": [], "Resources": [{"id": "7", "emails": [{"value": "e@x"}]}]}


class Client:
    """Answers everything with BODY and remembers what was asked."""

    def __init__(self, status=200, body=None):
        self.sent = []
        self.answer = Answer("GET", "/", status, {}, json.dumps(body or BODY).encode())

    def request(self, method, path, raw=None, headers=None):
        self.sent.append((method, path, raw, headers))
        return self.answer


def step_of(*assertions, **more):
    step = {"step_type": "request", "note": "n", "method": "GET", "url": "http://h/b/Users",
            "headers": {}, "assertions": list(assertions), "variables": [], "scripts": []}
    step.update(more)
    return step


def run(*steps, client=None, **variables):
    runner = runscope.Runner("http://h/b", client or Client(), variables, "token")
    return runner, runner.run({"steps": list(steps)})


def one(comparison, value, path=None, source="response_json"):
    return {"comparison": comparison, "source": source, "value": value, "property": path}


VERDICTS = [  # comparison, value, property, whether it holds
    ("equal", "abc", "text", True), ("equal", "ab", "text", False), ("equal", "0", "n", True),
    ("equal", "false", "flag", True), ("equal", "False", "flag", False),
    ("equal", "", "absent", False), ("equal", "e@x", "Resources[0].emails[0].value", True),
    ("equal", "7", "Resources[1].id", False), ("equal", "7", "text.id", False),
    ("equal_number", "0", "n", True), ("equal_number", 0, "n", True),
    ("equal_number", "1", "n", False), ("equal_number", "0", "flag", False),
    ("equal_number", "7", "Resources[0].id", False),
    ("not_empty", None, "text", True), ("not_empty", None, "flag", True),
    ("not_empty", None, "n", True), ("not_empty", None, "none", False),
    ("not_empty", None, "empty", False), ("not_empty", None, "absent", False),
    ("not_empty", None, "empty[0]", False),
    ("has_value", "a", "list", True), ("has_value", "b", "list", False),
    ("has_value", "abc", "text", False), ("contains", "a", "list", True),
    ("contains", "bc", "text", True), ("contains", "x", "text", False),
    ("contains", "0", "n", False), ("is_a_number", None, "n", True),
    ("is_a_number", None, "text", False), ("is_a_number", None, "flag", False),
    ("is_less_than", "1", "n", True), ("is_less_than", "0", "n", False),
    ("is_less_than", "1", "text", False),
]


@pytest.mark.parametrize("comparison,value,path,holds", VERDICTS)
def test_verdict(comparison, value, path, holds):
    _, (result,) = run(step_of(one(comparison, value, path)))
    assert result.evaluated == 1 and (not result.failures) == holds


def test_status_and_time():
    _, (result,) = run(step_of(one("equal_number", "200", source="response_status"),
                               one("equal_number", 404, source="response_status"),
                               one("is_less_than", "60000", source="response_time"),
                               one("is_less_than", "0", source="response_time")))
    assert result.evaluated == 4 and len(result.failures) == 2


@pytest.mark.parametrize("step", [
    step_of(one("greater", "1", "n")), step_of(one("equal", "1", "n", "response_headers")),
    step_of(dict(one("equal", "1", "n"), negate=True)), step_of(one("equal", "{{nobody}}", "n")),
    step_of(one("equal", "1", "n['x']")), step_of(scripts=["assert.ok(true);"]),
    step_of(before_scripts=["x"]), step_of(form={"a": "b"}), step_of(auth={"type": "basic"}),
    step_of(url="http://elsewhere/Users"), step_of(url="http://h/bb"), step_of(skipped=True),
    step_of(step_type="condition")])
def test_unknown_is_an_error(step):
    with pytest.raises(runscope.Unknown):
        run(step)


def test_variables_headers_and_encoding():
    client = Client()
    first = step_of(variables=[{"source": "response_json", "property": "Resources[0].id",
                                "name": "id"}], headers={"Authentication": ["Bearer Old"]})
    second = step_of(method="POST", url="{{b}}/Users/{{id}}}}?filter=a eq \"{{q}}\"&count=1",
                     body="{\"id\":\"{{id}}\"}", headers={"Authorization": ["{{q}}"], "X": "y "})
    runner, _ = run(first, second, client=client, b="http://h/b", q="é%")
    assert client.sent[0] == ("GET", "/Users", None, {"Authorization": "Bearer token"})
    assert client.sent[1] == ("POST", "/Users/7%7D%7D?filter=a%20eq%20%22%C3%A9%%22&count=1",
                              b'{"id":"7"}', {"Authorization": "é%", "X": "y"})
    assert runner.variables["id"] == "7"


def test_a_missing_variable_fails_the_step():
    variable = {"source": "response_json", "property": "absent", "name": "id"}
    _, (result,) = run(step_of(variables=[variable]))
    assert result.failures


def test_scripts():
    groups = runscope.script_groups
    assert list(groups({"totalResults": 0}, {})) == [("there are no groups", True)]
    assert list(groups({"totalResults": 2, "Resources": []}, {}))[0][1] is True
    assert not list(groups({"totalResults": 2}, {})), "the script evaluates nothing here"
    lower = runscope.script_user_name_lower
    assert list(lower({"userName": "A@x"}, {"randomUsername": "A@x"}))[0][1] is True
    assert list(lower({"userName": "A@x"}, {"randomUsername": "a@x"}))[0][1] is False
    assert runscope.fingerprint("a b\n") == runscope.fingerprint("ab")
