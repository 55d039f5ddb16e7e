# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The tests' own tools must see what they are there to see."""

import pytest

from env import ErrorLog
from okta_wire import URN_ERROR, URN_LIST, Answer, Problem, check_echo, member_ids
from scim_http import MEDIA, check_answer

AT = "[Mon Nov 23 02:40:28.539706 2026] "
CLEAN = [
    AT + "[ssl:info] [pid 1:tid 2] AH01883: Init: Initialized OpenSSL library",
    AT + "[core:notice] [pid 1:tid 2] AH00094: Command line: 'x'",
    AT + "[scim:debug] [pid 1:tid 2] [client 127.0.0.1:1] SCIM3035: refused with 404: x",
]
UNCLEAN = [
    AT + "[scim:error] [pid 1:tid 2] [client 127.0.0.1:1] SCIM2001: GET list failed with 503: x",
    AT + "[mpm_event:warn] [pid 1:tid 2] AH10392: children are killed successively!",
    AT + "[core:crit] [pid 1:tid 2] no id at all",
    AT + "[core:notice] [pid 1:tid 2] AH00052: child pid 3 exit signal Segmentation fault (11)",
    "==5==ERROR: AddressSanitizer: heap-use-after-free on address 0x1",
    "mod_scim/core/scim_x.c:5:3: runtime error: signed integer overflow",
    "a line that something printed",
]


def error_log(tmp_path, *lines):
    (tmp_path / "log").write_text("")
    log = ErrorLog(str(tmp_path / "log"))
    (tmp_path / "log").write_text("\n".join(lines) + "\n")
    return log


def test_000_01_a_clean_log_passes(tmp_path):
    error_log(tmp_path, *CLEAN).check()


@pytest.mark.parametrize("line", UNCLEAN, ids=[u[-30:] for u in UNCLEAN])
def test_000_02_a_bad_line_fails(tmp_path, line):
    with pytest.raises(AssertionError, match="not clean"):
        error_log(tmp_path, *CLEAN, line).check()


def test_000_03_an_announced_message_passes_and_must_appear(tmp_path, monkeypatch):
    log = error_log(tmp_path, *UNCLEAN[:1])
    log.expect("SCIM2001")
    log.check()
    log = error_log(tmp_path, *CLEAN)
    log.tolerate("SCIM2001")
    log.check()
    log.expect("SCIM2001")
    monkeypatch.setattr("env.wait_until", lambda what, condition, *_: condition() or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        log.check()


def answer(status, body, **headers):
    given = {"Content-Type": MEDIA}
    given.update({name.replace("_", "-"): value for name, value in headers.items()})
    return Answer("GET", "/x", status, given, body.encode())


ERROR = '{"schemas":["%s"],"status":"%s","detail":"%s"}'
BAD_ANSWERS = [
    answer(404, "<h1>operator 404</h1>", Content_Type="text/html"), answer(404, ""),
    answer(404, ERROR % (URN_ERROR, 400, "Wrong status.")), answer(200, "{", ),
    answer(404, ERROR % (URN_ERROR, 404, "no sentence")), answer(200, '{"a":1,"a":2}'),
    answer(404, ERROR % (URN_ERROR, 404, "The SELECT failed.")), answer(200, "[]"),
    answer(401, ERROR % (URN_ERROR, 401, "Not you.")), answer(204, "{}"),
    answer(405, ERROR % (URN_ERROR, 405, "Not so.")), answer(200, "{}", Content_Type="text/plain"),
    answer(503, ERROR % (URN_ERROR, 503, "Later."), Retry_After="Mon, 23 Nov 2026 02:40:28 GMT"),
]


@pytest.mark.parametrize("bad", BAD_ANSWERS, ids=[b.raw.decode()[:30] for b in BAD_ANSWERS])
def test_000_04_a_bad_answer_fails(bad):
    with pytest.raises(Problem):
        check_answer(bad)


LIST = '{"schemas":["%s"],"totalResults":%s,"startIndex":%s,"itemsPerPage":%s,"Resources":%s}'


@pytest.mark.parametrize("numbers", [
    ('"1"', 1, 1, "[{}]"), (1, "1.0", 1, "[{}]"), (0, 1, 1, "[{}]"), (1, 1, 1, "[]"),
    (1, 1, 0, "[{}]"), (1, "true", 1, "[{}]")])
def test_000_05_a_bad_list_fails(numbers):
    assert answer(200, LIST % (URN_LIST, 1, 1, 1, "[{}]")).list()["totalResults"] == 1
    with pytest.raises(Problem):
        answer(200, LIST % ((URN_LIST,) + numbers)).list()


def test_000_06_what_was_changed_or_doubled_fails():
    check_echo({"title": "a", "password": "x"}, {"title": "a"})
    with pytest.raises(Problem, match="title"):
        check_echo({"title": "a"}, {"title": "A"})
    with pytest.raises(Problem, match="twice"):
        member_ids({"members": [{"value": "a"}, {"value": "a"}]})
