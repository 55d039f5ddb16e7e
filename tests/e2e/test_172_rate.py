# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""ScimRateLimit: never more than allowed, whatever the number of clients, children and reloads.

The limits refill so slowly (one request in many minutes) that what passes does not depend on time.
"""

import os
import re
import signal
import time

import pytest

import conf
from env import Tenant, module_path, modules_dir
from load import together
from okta_wire import URN_USER
from own_httpd import PrivateHttpd
from scim_http import RawConnection
from test_010_config import GOOD, configtest

LIMIT = 40  # of the flavour "limited"
SHARED = 60  # of the places shared-a and shared-b


def statuses(tenant, clients, each=1, path="/Users?count=1"):
    """The statuses of `clients` at once, each with a connection per request."""
    def work(_):
        scim = tenant.scim(fresh=True)
        return [scim.get(path).status for _ in range(each)]
    return [status for some in together(clients, work) for status in some]


def exhaust(scim):
    for _ in range(LIMIT):
        assert scim.get("/Users?count=0").status == 200


def test_172_01_exactly_so_many_pass(take, log):
    tenant = take("limited")
    log.expect("SCIM3161")
    got = statuses(tenant, 40, 3)
    assert got.count(200) == LIMIT and got.count(429) == 120 - LIMIT


def shared(env):
    return [Tenant("shared", env.base(path="/t/shared-%s/scim/v2" % c), conf.token_of("shared"))
            for c in "abc"]


def test_172_02_over_children_places_and_reloads(env, log):
    """Sixty creations pass, from two places, over several processes, before and after a reload."""
    log.expect("SCIM3161")
    places = shared(env)

    def work(i):
        scim = places[i % 2].scim(fresh=True)
        return [scim.post("/Users", {"schemas": [URN_USER], "userName": "u%d-%d" % (i, k)}).status
                for k in range(5)]
    first = [s for some in together(8, work) for s in some]
    assert first.count(201) == 40
    env.graceful()
    second = [s for some in together(20, lambda i: work(100 + i)) for s in some]
    assert second.count(201) == SHARED - 40 and second.count(429) == 100 - (SHARED - 40)
    env.graceful()
    third = [s for some in together(10, lambda i: work(200 + i)) for s in some]
    assert third.count(429) == 50
    # What was refused did nothing; a place without a limit can tell.
    assert places[2].scim().list("Users", "count=0")["totalResults"] == SHARED
    pids = {m.group(1) for line in log.lines() if "SCIM3030" in line and "tenant shared" in line
            for m in [re.search(r"\[pid (\d+)", line)]}
    assert len(pids) >= 2, "all of it went through one process"
    for place in places:
        place.close()


def test_172_03_the_answer(take, log):
    tenant = take("limited")
    scim = tenant.scim()
    exhaust(scim)
    log.expect("SCIM3161")
    for method, path in (("GET", "/Users"), ("POST", "/Users"), ("PUT", "/Users/x"),
                         ("PATCH", "/Groups/x"), ("DELETE", "/Users/x"), ("GET", "/Schemas"),
                         ("GET", "/NoSuch"), ("OPTIONS", "/Users"), ("POST", "/Bulk")):
        answer = scim.request(method, path, raw=b"{" if method[0] == "P" else None)
        answer.error(429)
        wait = int(answer.headers["Retry-After"])
        assert 1 <= wait <= 86400 // LIMIT
        assert "%d second" % wait in answer.json["detail"]
    assert scim.request("HEAD", "/Users").status == 429


def test_172_04_a_wrong_token_costs_nothing(take, log):
    tenant = take("limited")
    stranger = tenant.scim(token="wrong")
    for _ in range(LIMIT * 2):
        stranger.get("/Users").error(401)
    scim = tenant.scim()
    exhaust(scim)
    log.expect("SCIM3161")
    scim.get("/Users").error(429)
    stranger.get("/Users").error(401)


def test_172_05_other_tenants_do_not_notice(take, log):
    tenant, other, free = take("limited"), take("limited"), take()
    exhaust(tenant.scim())
    log.expect("SCIM3161")
    tenant.scim().get("/Users").error(429)
    assert other.scim().get("/Users").status == 200
    assert statuses(free, 10, 10).count(200) == 100


def test_172_06_the_body_is_not_read(take, log):
    """Refused before the body has come: a client cannot make us take in what we refuse."""
    tenant = take("limited")
    exhaust(tenant.scim())
    log.expect("SCIM3161")
    with RawConnection(tenant.base, tenant.token) as raw:
        raw.head("POST", "/Users", "Content-Type: application/json", "Content-Length: 8000000",
                 "Expect: 100-continue")
        raw.answer("POST").error(429)


def test_172_07_few_lines_in_the_log(env, log):
    """The tenant of test 02 is exhausted: one line in ten seconds, however many are refused."""
    tenant = shared(env)[0]
    scim = tenant.scim()
    begin = time.monotonic()
    while scim.get("/Users?count=0").status != 429:
        pass
    for _ in range(300):
        scim.get("/Users").error(429)
    took = time.monotonic() - begin
    log.tolerate("SCIM3161")
    lines = [line for line in log.lines() if "SCIM3161" in line]
    assert len(lines) <= 1 + took // 10
    assert not [line for line in log.lines() if "SCIM3035" in line and "429" in line]
    tenant.close()


def shared_maps(env):
    with open("/proc/%d/maps" % env.proc.pid, encoding="ascii", errors="replace") as maps:
        return sum("/dev/zero" in line for line in maps)


def test_172_08_reloads_leave_nothing_behind(env, scim):
    before = shared_maps(env)
    for _ in range(4):
        env.graceful()
    assert shared_maps(env) == before
    assert scim.get("/Users").status == 200


def test_172_09_one_tenant_has_one_limit(tmp_path):
    two = GOOD + "ScimRateLimit 10/1\n</Location>\n<Location /other>\n" + GOOD
    code, said = configtest(tmp_path, two + "ScimRateLimit 20/1")
    assert code != 0 and "SCIM3164" in said and "ScimRateLimit" in said, said
    for last in ("ScimRateLimit 10/1", "ScimRateLimit 10/1 10", "ScimRateLimit Off", ""):
        code, said = configtest(tmp_path, two + last)
        assert code == 0, said


class Small(PrivateHttpd):
    """A httpd of its own with few tenants, whose number a test can change."""

    def __init__(self):
        super().__init__("rate")

    def write(self, names):
        module = module_path()
        text = conf.load_modules(module, modules_dir())
        text += "ServerRoot {0}\nServerName localhost\nListen 127.0.0.1:{1}\nPidFile {0}/pid\n" \
            "ErrorLog {0}/error_log\nLogLevel notice\nDefaultRuntimeDir {0}\nStartServers 2\n" \
            "DocumentRoot {0}\nDBDriver sqlite3\nDBDParams {0}/none.db\n".format(
                self.root, self.port)
        if os.geteuid() == 0:
            text += "User www-data\nGroup www-data\n"
        for name in names:
            text += "<Location /%s>\nScimEnable On\nScimTenant %s\nScimToken sha256:%s\n" \
                "ScimRateLimit 6/86400\n</Location>\n" % (name, name, conf.token_hash(name))
        self.write_file("httpd.conf", text)

    def passed(self, name):
        """How many of ten requests pass. They need no database."""
        tenant = Tenant(name, "http://127.0.0.1:%d/%s" % (self.port, name), name)
        got = [tenant.scim(fresh=True).get("/Schemas").status for _ in range(10)]
        tenant.close()
        assert set(got) <= {200, 429}
        return got.count(200)


@pytest.mark.parametrize("how", [signal.SIGUSR1, signal.SIGHUP], ids=["graceful", "restart"])
def test_172_10_reloads_with_other_tenants_keep_the_counts(how):
    """Also where the tenants outgrow the memory that was made at the start."""
    small = Small()
    try:
        small.write(["one", "two"])
        small.start()
        assert small.passed("one") == 6
        small.write(["new%d" % i for i in range(100)] + ["one", "two"])
        small.reload(how)
        assert small.passed("one") == 0
        assert small.passed("two") == 6 and small.passed("new99") == 6
        small.write(["two"])  # those that leave are not forgotten either
        small.reload(how)
        small.write(["one", "two", "three"])
        small.reload(how)
        assert (small.passed("one"), small.passed("two"), small.passed("three")) == (0, 0, 6)
        assert "Sanitizer" not in small.said() and "exit signal" not in small.said()
    finally:
        small.close()
