# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""`apachectl graceful` under load: nobody notices."""

import conf
from env import wait_until
from load import Load
from scim_http import MEDIA, RawConnection


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
