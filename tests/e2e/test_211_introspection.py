# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Tokens that an authorization server is asked about (RFC 7662)."""

import hashlib
import secrets
import time

import pytest

from env import wait_until
from issuer import ISS, claims_for
from test_210_jwt import LIST, answer, good, refused, revoke


@pytest.fixture
def says(env):
    """A function that makes a token and what the server says of it."""
    made = []

    def one(tenant, **claims):
        token = "opaque-" + secrets.token_hex(16)
        env.issuer.tokens[token] = {"active": True, **claims_for(tenant, **claims)}
        made.append(token)
        return token
    yield one
    for token in made:
        env.issuer.tokens.pop(token, None)


def test_211_01_active_or_not(env, take, says):
    tenant = take("asks")
    token = says(tenant)
    good(tenant, token)
    good(tenant, says(tenant, exp=None))  # RFC 7662 asks for no end
    refused(tenant, "unknown")
    env.issuer.tokens[token] = {"active": False}
    refused(tenant, token)  # at once: there is no cache
    assert tenant.scim().get(LIST).status == 200  # the configuration's own


@pytest.mark.parametrize("claims", [
    {"iss": "https://evil.example"}, {"iss": None}, {"aud": "other"}, {"aud": None},
    {"exp": int(time.time()) - 600}, {"exp": "never"}, {"nbf": int(time.time()) + 7200},
    {"active": "true"}, {"active": 1}, {"jti": ""}], ids=str)
def test_211_02_what_it_says_is_held_to_the_policy(take, says, claims, log):
    tenant = take("asks")
    token = says(tenant, **claims)
    if "active" in claims:
        log.expect("SCIM3234")
        answer(tenant, token).error(503)
    else:
        refused(tenant, token)


def test_211_03_any_token_is_sent_as_it_is(env, take):
    """A token with all that a form would mean something by."""
    tenant = take("asks")
    for token in ("a+b/c==", "a&token=b", "a%20b", "eyJhbGciOiJub25lIn0.e30.", "x" * 3000,
                  "a b", "token\u00e9"):
        env.issuer.tokens[token] = {"active": True, **claims_for(tenant)}
        good(tenant, token.encode().decode("latin-1"))
        del env.issuer.tokens[token]


def test_211_04_a_revoked_one(env, take, says):
    tenant = take("asks")
    token = says(tenant, jti="one")
    good(tenant, token)
    revoke(env, tenant, "one")
    refused(tenant, token)


def test_211_05_a_writer_in_the_log(env, take, says):
    tenant = take("asks")
    client = tenant.scim(token=says(tenant, username="connector"))
    client.add_user("jane")
    wait_until("the write in the log", lambda: any(
        "SCIM3030" in line and "by oauth:connector in" in line for line in env.log.lines()))


def test_211_10_no_answer(env, take, log):
    """Neither good nor bad: the client is told to come again, and nobody waits in a queue."""
    tenant = take("asks_in_vain")
    broken = env.issuer.paths["/introspect-broken"]
    log.expect("SCIM3234")
    for body, status in (("{}", 500), ("{}", 401), ("<html>", 200), ("[]", 200),
                         ('{"active":true,"active":true}', 200), (" " * 70000, 200),
                         ("{}", 302)):
        broken.body, broken.status = body, status
        broken.headers = {"Location": "http://127.0.0.1:%d/introspect" % env.ports["issuer"]}
        before = broken.asked

        def tried():
            assert "again" in answer(tenant, "any").error(503)["detail"]
            return broken.asked > before
        wait_until("a request to the server", tried)
    broken.body, broken.status, broken.headers = "{}", 500, {}
    assert tenant.scim().get(LIST).status == 200


def test_211_11_after_a_failure_it_has_a_rest(env, take, log):
    """At most one request of each child in a second, however many come."""
    tenant = take("asks_in_vain")
    broken = env.issuer.paths["/introspect-broken"]
    log.expect("SCIM3234")
    before, started = broken.asked, time.monotonic()
    for _ in range(60):
        answer(tenant, "any").error(503)
    seconds = time.monotonic() - started
    assert broken.asked - before <= 10 * (int(seconds) + 1)  # ServerLimit is 10


def test_211_20_a_cache(env, take, says):
    tenant = take("asks_little")
    endpoint = env.issuer.paths["/introspect-cache"]
    token = says(tenant)
    before = endpoint.asked
    for _ in range(40):
        good(tenant, token)
    asked = endpoint.asked - before
    assert 1 <= asked <= 10, asked  # one of each child
    before = endpoint.asked
    for _ in range(5):
        refused(tenant, "unknown")
    assert endpoint.asked - before >= 5  # what is not good is asked about each time


def test_211_21_a_cache_ends_with_the_token(env, take, says):
    tenant = take("asks_little")
    now = int(time.time())
    token = says(tenant, exp=now - 30)  # within the leeway, and so never kept
    endpoint = env.issuer.paths["/introspect-cache"]
    before = endpoint.asked
    for _ in range(5):
        good(tenant, token)
    assert endpoint.asked - before >= 5


def test_211_22_a_cached_token_can_be_revoked(env, take, says):
    tenant = take("asks_little")
    token = says(tenant, jti="cached")
    for _ in range(10):
        good(tenant, token)
    revoke(env, tenant, "cached")
    for _ in range(10):
        refused(tenant, token)


def test_211_23_tokens_of_the_database_are_not_sent_around(env, take, says):
    """The authorization server learns no token that is not its own."""
    tenant = take("asks_little")
    token = "of-the-database-" + tenant.name
    env.db.execute(
        "INSERT INTO scim_token (id, tenant, hash, kind, label, created) VALUES "
        "('%s', '%s', '%s', 'token', 'mine', 0)" % (
            secrets.token_hex(8), tenant.name, hashlib.sha256(token.encode()).hexdigest()))
    endpoint = env.issuer.paths["/introspect-cache"]
    before = endpoint.asked
    client = tenant.scim(token=token)
    user = client.add_user("jane")
    assert client.get("/Users/" + user["id"]).status == 200
    assert client.get("/Users/nobody").status == 404
    assert endpoint.asked == before
    # What the database does not know, reads of one resource included, goes to the server.
    theirs = tenant.scim(token=says(tenant, iss=ISS))
    assert theirs.get("/Users/" + user["id"]).status == 200
    assert theirs.get("/Users/nobody").status == 404
    assert endpoint.asked > before
    tenant.scim(token="unknown").get("/Users/" + user["id"]).error(401)
