# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""`apachectl graceful` under load: nobody notices."""

import http.client
import threading

import conf
from env import wait_until
from issuer import claims_for
from load import Load
from scim_http import MEDIA, RawConnection
from tokens import Stored


def test_130_01_no_request_fails(env, tenant, log):
    before = set(env.children())
    group = tenant.scim().add_group("Graceful")["id"]
    with Load(tenant, group, broken_ok=False) as load:
        for _ in range(3):
            goal = load.acknowledged + 40
            wait_until("writes", lambda: load.acknowledged >= goal or load.errors, 120)
            env.graceful()
        goal = load.acknowledged + 40
        wait_until("writes", lambda: load.acknowledged >= goal or load.errors, 120)
    load.check(env)
    assert load.failed == 0
    wait_until("the old children to end", lambda: not before & set(env.children()), 60)


def test_130_02_data_and_tokens_survive(env, tenant, scim):
    user = scim.add_user("survivor")
    env.graceful()
    assert scim.get("/Users/" + user["id"]).user() == user
    assert tenant.scim(token="wrong").get("/Users").status == 401


def test_130_03_a_request_under_way_is_finished(env, tenant):
    """Half a request is there when the reload begins; its answer still comes."""
    body = b'{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"slow"}'
    with RawConnection(tenant.base, tenant.token) as raw:
        raw.head("POST", "/Users", "Content-Type: " + MEDIA, "Content-Length: %d" % len(body))
        raw.send(body[:20])
        env.graceful()
        raw.send(body[20:])
        assert raw.answer("POST").user(201)["userName"] == "slow"


def test_130_04_tokens_of_a_file_change_with_a_reload(env, take):
    tenant = take("token_file")
    old, new = conf.token_of("in-file-1"), conf.token_of("in-file-new")
    assert tenant.scim(token=old).get("/Users").status == 200
    assert tenant.scim(token=new).get("/Users").status == 401
    env.write("conf/tokens", "sha256:%s new\n" % conf.token_hash(new))
    try:
        env.graceful()
        assert tenant.scim(token=new).get("/Users").status == 200
        assert tenant.scim(token=old).get("/Users").status == 401
    finally:
        env.write("conf/tokens", conf.token_file())
        env.graceful()
    assert tenant.scim(token=old).get("/Users").status == 200


class Callers:
    """Who reads all the time, each in a way of its own, until the end; statuses are kept."""

    def __init__(self, ways):
        self.done = {name: 0 for name in ways}
        self.others = []
        self.end = threading.Event()
        self.threads = [threading.Thread(target=self._read, args=(name, way), daemon=True)
                        for name, way in ways.items() for _ in range(3)]

    def _read(self, name, way):
        while not self.end.is_set():
            try:
                status = way()
            except (OSError, http.client.HTTPException) as err:
                status = err
            if status == 200:
                self.done[name] += 1
            else:
                self.others.append((name, status))

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.end.set()
        for thread in self.threads:
            thread.join()

    def more(self, n=15):
        """Wait until each way was gone n times more."""
        goals = {name: done + n for name, done in self.done.items()}
        wait_until("every way to be gone", lambda: all(
            self.done[name] >= goal for name, goal in goals.items()), 120)


def ways_in(env, take):
    """Functions that read with a token of each kind, over a new connection: name -> status."""
    signed, asked, cached, stored = (take(name) for name in (
        "jwt_turning", "asks", "asks_little", "stored"))
    for name, tenant in (("opaque-g1", asked), ("opaque-g2", cached)):
        env.issuer.tokens[name] = {"active": True, **claims_for(tenant)}
    pairs = {"signed": (signed, env.issuer.turning.sign(claims_for(signed))),
             "asked": (asked, "opaque-g1"), "cached": (cached, "opaque-g2"),
             "stored": (stored, Stored(env, stored.name).secret)}
    user = {name: tenant.scim(token=token).add_user("jane")["id"]
            for name, (tenant, token) in pairs.items()}

    def way(name):
        tenant, token = pairs[name]

        def read():
            with RawConnection(tenant.base, token) as raw:
                raw.head("GET", "/Users/" + user[name], "Connection: close")
                return raw.answer("GET").status
        return read
    return {name: way(name) for name in pairs}


def test_130_05_whatever_a_child_remembers_ends_with_it(env, take, log):
    """Keys, connections to an issuer, known tokens: in use by all threads while children end."""
    before = set(env.children())
    with Callers(ways_in(env, take)) as callers:
        for _ in range(3):
            callers.more()
            env.graceful()
        callers.more()
    assert not callers.others
    wait_until("the old children to end", lambda: not before & set(env.children()), 60)
