# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""What operators see: numbers over all children that only rise, mod_status's page, health."""

import os
import re
import shutil
import signal
import tempfile

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

import conf
from env import wait_until
from load import together
from okta_wire import URN_USER
from own_httpd import OwnHttpd
from proxy import Proxy
from scim_http import RawConnection
from test_120_outage import settle

MORE = """
<Location /metrics>
SetHandler scim-metrics
</Location>
<Location /closed>
SetHandler scim-metrics
Require all denied
</Location>
<Location /health>
SetHandler scim-health
</Location>
<Location /server-status>
SetHandler server-status
</Location>
"""


@pytest.fixture
def own(env):
    """A function that starts a httpd on the database of `env`."""
    made = []

    def one(tenants=("m-one", "m-two"), more=MORE, modules=("status",), **how):
        made.append(OwnHttpd(env.db.driver, env.db.params, tenants, more, modules, **how))
        return made[-1].start()
    yield one
    for server in made:
        server.close()


def numbers(server, path="/metrics"):
    """Every sample: (name, labels as a sorted tuple) -> value. The parser is strict."""
    status, headers, text = server.ask(path)
    assert status == 200, text
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("# EOF\n")
    return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text) for sample in family.samples}


def one(samples, name, **labels):
    return samples.get((name, tuple(sorted(labels.items()))), 0)


def requests(samples, **labels):
    """The sum over all requests with these labels."""
    return sum(value for (name, have), value in samples.items()
               if name == "scim_requests_total" and set(labels.items()) <= set(have))


def settled(server, want, **labels):
    """Numbers once so many requests are counted: that comes after the answer is out."""
    got = {}

    def there():
        got.update(numbers(server))
        return requests(got, **labels) >= want
    wait_until("%d requests with %r" % (want, labels), there)
    assert requests(got, **labels) == want
    return got


def busy(server, tenant, clients=8, each=10):
    """Creations by clients at once, each request over a connection of its own."""
    def work(i):
        scim = server.tenant(tenant).scim(fresh=True)
        for k in range(each):
            scim.post("/Users", {"schemas": [URN_USER], "userName": "%s-%d-%d-%d" % (
                tenant, os.getpid(), i, k)}).user(201)
    together(clients, work)


def test_310_01_every_request_of_every_child_is_counted(own, env):
    tenant = "m-%s-a" % env.db.name
    server = own([tenant], children=3)
    busy(server, tenant)
    client = server.tenant(tenant)
    scim = client.scim()
    user = scim.list("Users", "count=1")["Resources"][0]["id"]
    scim.get("/Users/" + user)
    scim.get("/Users/none").error(404)
    scim.get("/Nothing").error(404)
    scim.request("OPTIONS", "/Users")
    client.scim(token="wrong").get("/Users").error(401)
    client.close()
    got = settled(server, 86)
    assert requests(got, tenant=tenant, op="create", code="201") == 80
    assert requests(got, tenant=tenant, op="list", code="200") == 1
    assert requests(got, tenant=tenant, op="get", code="200") == 1
    assert requests(got, tenant=tenant, op="get", code="404") == 1
    assert requests(got, tenant=tenant, op="none", code="404") == 1
    assert requests(got, tenant=tenant, op="options", code="204") == 1
    assert requests(got, tenant=tenant, code="401") == 1
    assert one(got, "scim_request_duration_seconds_count", op="create") == 80
    assert one(got, "scim_request_duration_seconds_bucket", op="create", le="+Inf") == 80
    assert one(got, "scim_request_duration_seconds_sum", op="create") > 0
    assert one(got, "scim_database_statements_total") >= 160
    assert one(got, "scim_database_wait_seconds_count") >= 80
    assert len(server.children()) >= 3
    # httpd may just be starting one more.
    wait_until("every child to be counted", lambda: one(numbers(server), "scim_processes") ==
               len(server.children()))
    # A refusal gets into the audit trail when its answer is out.
    wait_until("no connection to be used", lambda: one(
        numbers(server), "scim_database_connections", state="used") == 0)
    assert one(got, "scim_token_failures_total", reason="unknown") == 1


@pytest.mark.parametrize("how", [signal.SIGUSR1, signal.SIGHUP], ids=["graceful", "restart"])
def test_310_02_numbers_stay_over_reloads_and_a_killed_child(own, env, how):
    tenant, other = ("m-%s-%s-%d" % (env.db.name, x, how) for x in "bc")
    server = own([tenant], children=2)
    busy(server, tenant, 4, 5)
    settled(server, 20, tenant=tenant)
    server.write([other], MORE)  # one goes, another one comes
    server.reload(how)
    busy(server, other, 4, 5)
    got = settled(server, 20, tenant=other)
    assert requests(got, tenant=tenant, op="create", code="201") == 20
    server.log.tolerate("AH00052")
    before = server.children()
    os.kill(before[-1], signal.SIGKILL)
    wait_until("the child to be replaced", lambda: before[-1] not in server.children() and
               len(server.children()) >= 2)
    wait_until("processes to be counted anew", lambda: one(
        numbers(server), "scim_processes") == len(server.children()))
    got = numbers(server)
    assert requests(got) == 40
    # What children of the old generation held is given back when they have ended.
    wait_until("no connection to be in use", lambda: one(
        numbers(server), "scim_database_connections", state="used") == 0)


def test_310_03_a_child_that_dies_takes_its_connections_along(own, env):
    """Killed while it waits for a row: what it had in use is not counted for ever."""
    tenant = "m-%s-d" % env.db.name
    server = own([tenant], children=2)
    server.log.tolerate("AH00052")
    if env.db.name == "sqlite":  # a lock that died with its owner is recovered, and said so
        server.log.tolerate("SCIM3023")
    user = server.tenant(tenant).scim().add_user("held")
    lock = env.db.lock(tenant, user["id"])
    try:
        with RawConnection("http://127.0.0.1:%d/%s" % (server.port, tenant), tenant) as raw:
            raw.head("DELETE", "/Users/" + user["id"])
            wait_until("a connection in use", lambda: one(
                numbers(server), "scim_database_connections", state="used") == 1)
            for pid in server.children():
                os.kill(pid, signal.SIGKILL)
            wait_until("none in use", lambda: one(
                numbers(server), "scim_database_connections", state="used") == 0)
    finally:
        lock.close()


def test_310_04_why_tokens_fail(own, env):
    tenant = "m-%s-e" % env.db.name
    server = own([tenant])
    scim = server.tenant(tenant)
    for token in ("wrong", "x" * 3000):
        scim.scim(token=token).get("/Users").error(401)
    scim.scim(token="").get("/Users").error(401)
    scim.close()
    got = settled(server, 3, code="401")
    assert one(got, "scim_token_failures_total", reason="unknown") == 2
    assert one(got, "scim_token_failures_total", reason="absent") == 1
    assert requests(got, tenant=tenant) == 3


def test_310_05_what_httpd_refuses_itself(own, env):
    tenant = "m-%s-f" % env.db.name
    server = own([tenant], MORE + "<Location /%s/Groups>\nRequire all denied\n</Location>\n"
                 % tenant)
    server.log.expect("AH01630")
    scim = server.tenant(tenant).scim()
    scim.get("/Groups").error(403)
    scim.get("/Users?" + "x" * 9000).error(414)
    got = settled(server, 2)
    assert requests(got, tenant="(none)", code="403") == 1
    assert requests(got, tenant="(none)", code="414") == 1


def test_310_06_bulk_and_bookmarks(own, env):
    tenant = "m-%s-g" % env.db.name
    server = own([tenant])
    scim = server.tenant(tenant).scim()
    create = [{"method": "POST", "path": "/Users", "bulkId": "b%d" % i,
               "data": {"schemas": [URN_USER], "userName": "b%d" % (i % 4)}} for i in range(5)]
    scim.post("/Bulk", {"schemas": ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
                        "Operations": create})
    scim.get("/Users?count=2")
    scim.get("/Users?count=2&startIndex=3")
    got = settled(server, 3)
    assert one(got, "scim_bulk_operations_total", result="done") == 4
    assert one(got, "scim_bulk_operations_total", result="failed") == 1
    assert one(got, "scim_cache_lookups_total", cache="bookmark", result="hit") == 1
    assert requests(got, op="bulk", code="200") == 1


def test_310_07_methods_and_access(own):
    server = own()
    for path, kind in (("/metrics", "openmetrics"), ("/health", "json")):
        status, headers, text = server.ask(path, "HEAD")
        assert status == 200 and kind in headers["Content-Type"] and text == ""
        assert int(headers["Content-Length"]) > 0 and headers["Cache-Control"] == "no-store"
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            status, headers, _ = server.ask(path, method)
            assert status == 405 and "GET" in headers["Allow"], method
        assert server.ask(path, "OPTIONS")[0] in (200, 204)
    server.log.expect("AH01630")
    assert server.ask("/closed")[0] == 403
    assert server.ask("/metrics/and/more?x=%00")[0] == 200  # the handler is the Location's


def test_310_08_the_status_page(own, env):
    tenant = "m-%s-h" % env.db.name
    server = own([tenant])
    server.tenant(tenant).scim().get("/Users").list()
    settled(server, 1)
    text = server.ask("/server-status")[2]
    assert "<h2>SCIM</h2>" in text and "<td>%s</td><td>1</td>" % tenant in text
    text = server.ask("/server-status?notable")[2]
    assert "<h2>SCIM</h2>" in text and "%s: 1 good" % tenant in text
    lines = server.ask("/server-status?auto")[2].splitlines()
    ours = [line for line in lines if line.startswith("Scim")]
    assert "ScimRequests: 1" in ours and "ScimTenant[%s]: 1 good, 0 refused, 0 failed" % tenant in ours
    assert all(re.fullmatch(r"[^:]+: .+", line) and "<" not in line for line in ours)


def test_310_09_without_mod_status(own):
    assert requests(numbers(own(modules=()))) == 0


def test_310_10_health(own):
    server = own()
    status, headers, text = server.ask("/health")
    assert (status, text) == (200, '{"status":"up"}\n')
    assert headers["Content-Type"] == "application/json"
    together(20, lambda _: [server.ask("/health") for _ in range(5)])
    assert "SCIM3322" not in server.said()


def test_310_11_health_where_scim_is_not_served(own, env):
    """In a server that has the database all the same; and in one that has none."""
    server = own((), MORE)
    assert server.ask("/health")[0] == 200
    none = OwnHttpd(env.db.driver, None, (), MORE)
    try:
        none.start()
        none.log.expect("SCIM3322")
        for _ in range(3):
            assert none.ask("/health")[::2] == (503, '{"status":"down"}\n')
    finally:
        none.close()


@pytest.mark.parametrize("env", ["mariadb"], indirect=True)
def test_310_12_health_follows_the_database(own, env, log):
    """Down while it is away, up again by itself; few lines in the log."""
    log.database_lost()
    server = own(children=1)
    server.log.database_lost()
    server.log.expect("SCIM3322")
    scim = server.tenant("m-one").scim(fresh=True)
    assert server.ask("/health")[0] == 200
    settle(server)
    env.db.stop()
    try:
        wait_until("down", lambda: server.ask("/health")[0] == 503, pause=0.2)
        for _ in range(50):
            assert server.ask("/health")[::2] == (503, '{"status":"down"}\n')
        scim.get("/Users").error(503)
        got = settled(server, 1, code="503")
        assert one(got, "scim_database_unavailable_total") >= 1
        said = server.said()
        assert 1 <= said.count("SCIM3322") <= len(set(re.findall(r"pid (\d+)", said)))
        assert "mysql" not in server.ask("/health")[2]
    finally:
        env.db.start()
    wait_until("up, and said by the child that had said down", lambda: server.ask(
        "/health")[0] == 200 and "SCIM3321" in server.said(), pause=0.2)
    assert scim.get("/Users").status == 200


@pytest.mark.parametrize("env", ["mariadb"], indirect=True)
def test_310_13_health_of_a_database_that_hangs(own, env, log):
    """It takes connections and says nothing: the answer comes all the same."""
    log.database_lost()
    server = own(children=1)
    server.log.database_lost()
    server.log.expect("SCIM3322")
    assert server.ask("/health")[0] == 200
    settle(server)
    with open(env.db.admin("SELECT @@pid_file")[0][0], encoding="ascii") as file:
        pid = int(file.read())
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_until("down", lambda: server.ask("/health")[0] == 503, pause=0.2)
        together(20, lambda _: server.ask("/health"))
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_until("up", lambda: server.ask("/health")[0] == 200, pause=0.2)


@pytest.mark.parametrize("env", ["mariadb"], indirect=True)
def test_310_14_writes_that_are_run_again(own, env, log):
    """The connection of a write that waits is killed: one is lost, one write is run again."""
    log.database_lost()
    tenant = "m-again"
    server = own([tenant])
    server.log.database_lost()
    scim = server.tenant(tenant).scim()
    user = scim.add_user("again")
    lock = env.db.lock(tenant, user["id"])

    def work(i):
        if i == 0:
            return server.tenant(tenant).scim().patch("/Users/" + user["id"], {
                "op": "replace", "path": "title", "value": "t"}).status
        query = ("SELECT trx_mysql_thread_id FROM information_schema.innodb_trx "
                 "WHERE trx_state = 'LOCK WAIT'")
        try:
            wait_until("the write to wait", lambda: env.db.admin(query), pause=0.2)
            for (number,) in env.db.admin(query):
                env.db.admin("KILL " + number)
        finally:
            lock.close()
        return 200
    assert together(2, work) == [200, 200]
    got = settled(server, 2, tenant=tenant)
    assert one(got, "scim_database_retries_total", reason="connection") >= 1
    assert one(got, "scim_database_lost_total") >= 1


def test_310_15_names_that_bite(own):
    """A tenant has no name that could break a label; other labels are words of the module's."""
    server = own(["a.b-c"])
    scim = server.tenant("a.b-c").scim()
    scim.get("/Users/%22%7D%0A%5C").error(404)
    scim.request("GET", "/%22%0A").error(404)
    got = settled(server, 2, tenant="a.b-c")
    assert {dict(labels)["op"] for name, labels in got if name == "scim_requests_total"} <= {
        "get", "none"}
    assert conf.token_hash("a.b-c") not in server.ask("/metrics")[2]


@pytest.mark.parametrize("env", ["mariadb"], indirect=True)
def test_310_16_health_of_a_database_that_is_always_too_slow(env):
    """An answer that comes too late is none: it is not down and up in turns."""
    folder = tempfile.mkdtemp(prefix="scim-e2e-slow-")
    os.chmod(folder, 0o755)
    proxy = Proxy(os.path.join(folder, "sock"), env.db.socket)
    params = env.db.params.replace(env.db.socket, os.path.join(folder, "sock"))
    server = OwnHttpd(env.db.driver, params, (), MORE, children=1)

    def tellers(message):
        """Of each such line the child; httpd may have started one more."""
        return re.findall(r"pid (\d+).*%s: " % message, server.said())

    def once_each(pids):
        return pids and len(pids) == len(set(pids))
    try:
        server.start()
        server.log.expect("SCIM3322")
        assert server.ask("/health")[0] == 200
        proxy.delay = 2.5

        def asked_again():
            proxy.late = 0
            wait_until("it to be too slow", lambda: server.ask("/health")[0] == 503, pause=0.2)
            wait_until("its answers", lambda: proxy.late >= 4 or server.ask("/health")[0] != 503,
                       pause=0.2)
            assert server.ask("/health")[0] == 503
        asked_again()
        asked_again()
        assert tellers("SCIM3321") == [] and once_each(tellers("SCIM3322"))
        proxy.delay = 0
        wait_until("up, and said by each that had said down", lambda: server.ask(
            "/health")[0] == 200 and set(tellers("SCIM3321")) == set(tellers("SCIM3322")), pause=0.2)
        assert once_each(tellers("SCIM3321")) and once_each(tellers("SCIM3322"))
    finally:
        proxy.delay = 0
        server.close()
        proxy.close()
        shutil.rmtree(folder)
