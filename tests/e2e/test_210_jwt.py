# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Signed tokens issued elsewhere: the good ones, and everything that is tried instead."""

import concurrent.futures
import hashlib
import json
import re
import threading
import time

import jwt as pyjwt
import pytest

from env import wait_until
from issuer import (ISS, SECRET, Key, b64, by_hand, claims_for, key_set, sign_secret)
from scim_http import RawConnection
from test_010_config import configtest

LIST = "/Users?startIndex=1&count=2"


def answer(tenant, token):
    with RawConnection(tenant.base) as raw:
        raw.head("GET", LIST, "Authorization: Bearer " + token)
        return raw.answer()


class Child:
    """One connection, and so one child of httpd: each has keys of its own."""

    def __init__(self, tenant):
        self.raw = RawConnection(tenant.base)

    def status(self, token):
        self.raw.head("GET", LIST, "Authorization: Bearer " + token)
        return self.raw.answer().status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.raw.close()


def good(tenant, token):
    got = answer(tenant, token)
    assert got.status == 200, got.raw


def refused(tenant, token):
    """401 with the one sentence that all bad tokens get, from this very tenant too."""
    got = answer(tenant, token)
    detail = got.error(401)["detail"]
    assert detail == answer(tenant, "no-token-at-all").error(401)["detail"]
    assert "invalid_token" in got.headers["WWW-Authenticate"]
    assert token not in got.raw.decode()


def revoke(env, tenant, what):
    env.db.execute("INSERT INTO scim_jwt_revoked (tenant, jti_hash, expires) VALUES "
                   "('%s', '%s', NULL)" % (tenant.name, hashlib.sha256(what.encode()).hexdigest()))


# ---- good ones ----

def test_210_01_a_key_in_pem(env, take):
    tenant = take("jwt_pem")
    key = env.issuer.nameless
    good(tenant, key.sign(claims_for(tenant)))
    good(tenant, key.sign(claims_for(tenant), kid="whatever-it-is-called"))
    good(tenant, key.sign(claims_for(tenant, aud=["other", tenant.name])))
    good(tenant, key.sign(claims_for(tenant), typ="at+jwt"))
    assert tenant.scim().get(LIST).status == 200  # the configuration's own token too


def test_210_02_keys_of_a_set(env, take):
    tenant = take("jwt_set")
    for key in (env.issuer.rsa, env.issuer.ec):
        good(tenant, key.sign(claims_for(tenant)))
        good(tenant, key.sign(claims_for(tenant), kid=None))


def test_210_03_a_shared_secret(take):
    tenant = take("jwt_secret")
    good(tenant, sign_secret(claims_for(tenant)))
    refused(tenant, sign_secret(claims_for(tenant), SECRET + "x"))
    refused(tenant, sign_secret(claims_for(tenant), SECRET + "\n"))


def test_210_04_it_works_for_writes_and_raw(env, take):
    tenant = take("jwt_set")
    client = tenant.scim(token=env.issuer.ec.sign(claims_for(tenant)))
    user = client.add_user("jane")
    assert client.get("/Users/" + user["id"]).status == 200
    raw = tenant.scim(token="")
    assert raw.get(LIST, headers={
        "Authorization": env.issuer.ec.sign(claims_for(tenant))}).status == 200


def test_210_05_who_it_is_is_in_the_log(env, take):
    tenant = take("jwt_secret")
    client = tenant.scim(token=sign_secret(claims_for(tenant, sub="u", client_id="app \u00e9|1")))
    client.add_user("logged")
    wait_until("the write in the log", lambda: any(
        "SCIM3030" in line and "by jwt:app____1 in tenant " + tenant.name in line
        for line in env.log.lines()))


# ---- claims ----

NOW = int(time.time())
BAD_CLAIMS = {
    "other issuer": {"iss": "https://evil.example"}, "no issuer": {"iss": None},
    "issuer with a slash": {"iss": ISS + "/"}, "issuers": {"iss": [ISS]},
    "other audience": {"aud": "other"}, "no audience": {"aud": None}, "audiences": {"aud": []},
    "audience in case": {"aud": "JWT"}, "expired": {"exp": NOW - 61}, "no end": {"exp": None},
    "end as text": {"exp": str(NOW + 600)}, "endless": {"exp": 1e308},
    "not yet": {"nbf": NOW + 7200}, "begin as text": {"nbf": "0"}, "id as number": {"jti": 7},
}


@pytest.mark.parametrize("what", BAD_CLAIMS)
def test_210_10_claims(what, secret_tenant):
    claims = claims_for(secret_tenant, **BAD_CLAIMS[what])
    refused(secret_tenant, by_hand({"alg": "HS256"}, json.dumps(claims)))


@pytest.fixture(scope="session")
def secret_tenant(env):
    """One tenant for all tests that leave nothing behind."""
    tenant = env.take("jwt_secret")
    good(tenant, sign_secret(claims_for(tenant)))
    yield tenant
    tenant.close()


def test_210_11_within_the_leeway(secret_tenant):
    now = int(time.time())
    good(secret_tenant, sign_secret(claims_for(secret_tenant, exp=now - 5)))
    good(secret_tenant, sign_secret(claims_for(secret_tenant, nbf=now + 30)))
    good(secret_tenant, sign_secret(claims_for(secret_tenant, exp=now + 10.5)))


def test_210_12_scope_without_leeway(take):
    tenant = take("jwt_scope")
    good(tenant, sign_secret(claims_for(tenant, scope="openid scim.write")))
    good(tenant, sign_secret(claims_for(tenant, scp=["scim.write"])))
    refused(tenant, sign_secret(claims_for(tenant)))
    refused(tenant, sign_secret(claims_for(tenant, scope="scim.read scim.writer")))
    refused(tenant, sign_secret(claims_for(tenant, scope="scim.write", exp=int(time.time()) - 1)))


def test_210_13_another_tenants_token(take):
    one, two = take("jwt_secret"), take("jwt_secret")
    good(one, sign_secret(claims_for(one)))
    refused(two, sign_secret(claims_for(one)))


def test_210_14_a_claim_names_the_tenant(take):
    """Both tenants have one issuer, one key and one audience."""
    one, two = take("jwt_claim"), take("jwt_claim")
    token = sign_secret(claims_for(one, aud="scim", tenant=one.name))
    good(one, token)
    refused(two, token)
    refused(one, sign_secret(claims_for(one, aud="scim")))
    refused(one, sign_secret(claims_for(one, aud="scim", tenant=[one.name])))


# ---- attacks on header and signature ----

def headers_of_attacks(claims):
    """Tokens whose HMAC fits, and what is wrong with them."""
    yield "crit", by_hand({"alg": "HS256", "crit": ["exp"], "exp": 1}, claims)
    yield "crit, empty", by_hand({"alg": "HS256", "crit": []}, claims)
    yield "b64", by_hand({"alg": "HS256", "b64": False, "crit": ["b64"]}, claims)
    yield "zip", by_hand({"alg": "HS256", "zip": "DEF"}, claims)
    yield "none", by_hand({"alg": "none"}, claims)
    yield "None", by_hand({"alg": "None"}, claims)
    yield "alg twice", by_hand('{"alg":"HS256","alg":"HS256"}', claims)
    yield "alg none and HS256", by_hand('{"alg":"none","alg":"HS256"}', claims)
    yield "alg in an array", by_hand({"alg": ["HS256"]}, claims)
    yield "no alg", by_hand({"typ": "JWT"}, claims)
    yield "other type", by_hand({"alg": "HS256", "typ": "logout+jwt"}, claims)
    yield "kid is an object", by_hand({"alg": "HS256", "kid": {"a": 1}}, claims)
    yield "kid of 256", by_hand({"alg": "HS256", "kid": "k" * 256}, claims)
    yield "header is no object", by_hand("[]", claims)
    yield "header is no JSON", by_hand("HS256", claims)
    text = json.dumps(claims)
    yield "claims twice", by_hand({"alg": "HS256"}, text[:-1] + ',"aud":"%s"}' % claims["aud"])
    yield "claims in claims twice", by_hand({"alg": "HS256"}, text[:-1] + ',"a":{"b":1,"b":2}}')
    yield "claims no object", by_hand({"alg": "HS256"}, "[%s]" % text)
    yield "claims not UTF-8", by_hand({"alg": "HS256"}, text[:-1].encode() + b',"a":"\xff"}')
    yield "claims with NUL", by_hand({"alg": "HS256"}, text[:-1] + ',"a":"\\u0000"}')
    yield "claims deep", by_hand({"alg": "HS256"}, text[:-1] + ',"a":%s}' % ("[" * 900 + "]" * 900))


def test_210_20_headers(secret_tenant):
    good(secret_tenant, by_hand({"alg": "HS256"}, claims_for(secret_tenant)))
    for _, token in headers_of_attacks(claims_for(secret_tenant)):
        refused(secret_tenant, token)


def test_210_21_keys_that_come_along_are_no_keys(secret_tenant):
    """jwk, jku, x5u and x5c in a header are the attacker's own."""
    secret = b"attacker's own secret, of 32 and more bytes"
    for header in ({"jwk": {"kty": "oct", "k": b64(secret)}}, {"jku": "https://evil.example"},
                   {"x5u": "https://evil.example"}, {"x5c": ["AA"]}, {"kid": "/dev/null"},
                   {"kid": "' OR 1=1 --"}):
        claims = claims_for(secret_tenant)
        refused(secret_tenant, by_hand({"alg": "HS256", **header}, claims, secret))
        refused(secret_tenant, by_hand({"alg": "HS256", **header}, claims, b""))
        good(secret_tenant, by_hand({"alg": "HS256", **header}, claims))


def test_210_22_forms(secret_tenant):
    token = sign_secret(claims_for(secret_tenant))
    head, body, signature = token.split(".")
    for bad in (head + "." + body, head + "." + body + ".", "." + body + "." + signature,
                token + ".", token + ".AA.AA", token + "=", head + "=." + body + "." + signature,
                "abcde===." + body + "." + signature, head + "." + body + ".abcde===",
                token + "A", token[:-1], head + "." + body + "." + signature[:8],
                head + "." + body + "." + "A" * 4000, "a.b.c", "...", "." * 3000,
                head + ".." + signature, body + "." + head + "." + signature):
        refused(secret_tenant, bad)
    good(secret_tenant, token)


def test_210_23_large_tokens(secret_tenant):
    """What an identity provider may send is taken, what is longer than a header line is not."""
    good(secret_tenant, sign_secret(claims_for(secret_tenant, groups=["g" * 36] * 120)))
    token = sign_secret(claims_for(secret_tenant, a="x" * 6200))
    assert len(token) > 8192
    with RawConnection(secret_tenant.base) as raw:
        raw.head("GET", LIST, "Authorization: Bearer " + token)
        raw.answer().error(400)  # httpd's own limit comes first


@pytest.mark.parametrize("flavour", ["jwt_pem", "jwt_set"])
def test_210_24_a_public_key_is_no_secret(env, take, flavour):
    """The public key, in all the forms it is known in, as an HMAC secret."""
    tenant = take(flavour)
    issuer = env.issuer
    claims = claims_for(tenant)
    for key in (issuer.nameless, issuer.rsa, issuer.ec):
        for secret in (key.pem(), key.pem().strip(), json.dumps(key.jwk()), b"", b"\0" * 32):
            for header in ({"alg": "HS256"}, {"alg": "HS256", "kid": key.kid or "x"}):
                refused(tenant, by_hand(header, claims, secret))


def test_210_25_algorithms_that_are_not_listed(env, take):
    """The key fits, and so does the signature; still the list decides."""
    tenant = take("jwt_set")
    for alg in ("RS384", "RS512", "PS256"):
        refused(tenant, pyjwt.encode(claims_for(tenant), env.issuer.rsa.private, algorithm=alg,
                                     headers={"kid": "rsa-1"}))
    pem = take("jwt_pem")
    for alg, works in (("RS384", True), ("PS256", True), ("RS512", False), ("PS512", False)):
        token = pyjwt.encode(claims_for(pem), env.issuer.nameless.private, algorithm=alg)
        (good if works else refused)(pem, token)


def test_210_26_names_of_keys(env, take):
    tenant = take("jwt_set")
    issuer = env.issuer
    claims = claims_for(tenant)
    refused(tenant, Key.ec("ec-1").sign(claims))
    refused(tenant, issuer.ec.sign(claims, kid="rsa-1"))
    refused(tenant, issuer.ec.sign(claims, kid="EC-1"))
    refused(tenant, issuer.ec.sign(claims, kid=""))
    refused(tenant, issuer.ec.sign(claims, kid="../conf/jwks.json"))
    refused(tenant, Key.ec("other").sign(claims))
    good(tenant, issuer.ec.sign(claims))


def test_210_27_a_changed_token(env, take):
    tenant = take("jwt_set")
    head, _, signature = env.issuer.ec.sign(claims_for(tenant)).split(".")
    refused(tenant, ".".join([head, b64(json.dumps(claims_for(tenant, sub="root"))), signature]))
    refused(tenant, ".".join([head, b64(json.dumps(claims_for(tenant))) + "A", signature]))
    zero = env.issuer.ec.sign(claims_for(tenant)).rsplit(".", 1)[0] + "." + b64(b"\0" * 64)
    refused(tenant, zero)  # CVE-2022-21449


# ---- revocation and owners ----

def test_210_30_a_revoked_token(env, take):
    tenant, other = take("jwt_secret"), take("jwt_secret")
    one, two = (sign_secret(claims_for(tenant, jti=jti)) for jti in ("one", "two"))
    good(tenant, one)
    revoke(env, other, "one")
    good(tenant, one)  # another tenant's list
    revoke(env, tenant, "one")
    refused(tenant, one)
    good(tenant, two)


def test_210_31_a_revoked_token_without_an_id(env, take):
    tenant = take("jwt_set")
    claims = claims_for(tenant)
    token = env.issuer.ec.sign(claims)
    good(tenant, token)
    revoke(env, tenant, token.rsplit(".", 1)[0])
    refused(tenant, token)
    again = env.issuer.ec.sign(claims)  # another signature of the same token
    assert again != token
    refused(tenant, again)


def test_210_32_a_list_that_is_not_looked_at(env, take):
    tenant = take("jwt_unrevoked")
    revoke(env, tenant, "one")
    good(tenant, sign_secret(claims_for(tenant, jti="one")))


def test_210_33_an_owner_must_live(take):
    tenant = take("jwt_owner")
    token = sign_secret(claims_for(tenant, email="Owner@Example.com"))
    admin = tenant.scim()
    gone = answer(tenant, token).error(401)["detail"]
    assert "re-authenticate" in gone
    user = admin.add_user("owner")
    good(tenant, token)
    client = tenant.scim(token=token)
    assert client.get("/Me").json["id"] == user["id"]
    client.patch("/Users/" + user["id"], {"op": "replace", "path": "active", "value": False})
    assert answer(tenant, token).error(401)["detail"] == gone
    refused(tenant, sign_secret(claims_for(tenant)))
    refused(tenant, sign_secret(claims_for(tenant, email=["owner@example.com"])))


def test_210_34_the_database_is_away(env, take, log):
    tenant = take("jwt_secret")
    token = sign_secret(claims_for(tenant))
    good(tenant, token)
    log.database_lost()
    if env.db.name != "mariadb":
        pytest.skip("a file does not go away")
    env.db.stop()
    try:
        answer(tenant, token).error(503)
        refused(tenant, sign_secret(claims_for(tenant), SECRET + "x"))  # without asking it
    finally:
        env.db.start()


# ---- key sets behind a URI ----

def asked(env, path):
    return env.issuer.paths[path].asked


def test_210_40_rotation(env, take):
    """A new key is found by the first token that it signed; one that was withdrawn is gone then."""
    tenant = take("jwt_turning")
    old, new = env.issuer.turning, Key.ec("turn-2")
    body = env.issuer.paths["/turning"].body
    with Child(tenant) as child:
        assert child.status(old.sign(claims_for(tenant))) == 200
        try:
            env.issuer.paths["/turning"].body = key_set(new)
            token = new.sign(claims_for(tenant))
            wait_until("the new key", lambda: child.status(token) == 200)
            assert child.status(old.sign(claims_for(tenant))) == 401
        finally:
            env.issuer.paths["/turning"].body = body
        wait_until("the old key", lambda: child.status(old.sign(claims_for(tenant))) == 200)


def test_210_41_made_up_keys_do_not_make_requests(env, take):
    """However many come, on how many connections: nobody is asked again within `wait`."""
    tenant = take("jwt_fixed")
    before = asked(env, "/fixed")
    assert before >= 1  # at start
    good(tenant, env.issuer.fixed.sign(claims_for(tenant)))
    bad = [Key.ec("made-up-%d" % i).sign(claims_for(tenant)) for i in range(20)]
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        assert set(pool.map(lambda t: answer(tenant, t).status, bad * 5)) == {401}
    assert asked(env, "/fixed") == before
    good(tenant, env.issuer.fixed.sign(claims_for(tenant)))


def test_210_42_bad_claims_do_not_make_requests(env, take):
    tenant = take("jwt_turning")
    before = asked(env, "/turning")
    time_out = claims_for(tenant, exp=1)
    for _ in range(5):
        refused(tenant, Key.ec("made-up").sign(time_out))
        refused(tenant, Key.ec("made-up").sign(claims_for(tenant, aud="other")))
    assert asked(env, "/turning") == before


def test_210_43_no_keys_at_all(env, take, log):
    """Nobody can tell good from bad: 503, so that the client comes again."""
    tenant = take("jwt_broken")
    log.tolerate("SCIM3232")
    token = env.issuer.fixed.sign(claims_for(tenant))
    assert "again" in answer(tenant, token).error(503)["detail"]
    refused(tenant, env.issuer.fixed.sign(claims_for(tenant, exp=1)))
    assert tenant.scim().get(LIST).status == 200


BROKEN = {"500": ("{}", 500), "no JSON": ("<html>", 200), "no key": ('{"keys":[]}', 200),
          "secret": (json.dumps({"keys": [{"kty": "oct", "k": b64(SECRET)}]}), 200),
          "huge": (" " * 600000, 200), "twice": ('{"keys":[],"keys":[]}', 200)}


def test_210_44_the_old_keys_stay(env, take, log):
    """The issuer is broken when it is asked for a new key: what is known stays good."""
    tenant = take("jwt_turning")
    endpoint = env.issuer.paths["/turning"]
    body = endpoint.body
    log.expect("SCIM3232")
    token = env.issuer.turning.sign(claims_for(tenant))
    bad = Key.ec("unknown").sign(claims_for(tenant))
    with Child(tenant) as child:
        assert child.status(token) == 200
        for what in BROKEN:
            endpoint.body, endpoint.status = BROKEN[what]
            before = endpoint.asked

            def tried():
                assert child.status(bad) == 401
                return endpoint.asked > before
            try:
                wait_until("a request for keys", tried)
                assert child.status(token) == 200
                assert child.status(sign_secret(claims_for(tenant))) == 401
            finally:
                endpoint.body, endpoint.status = body, 200


def test_210_45_redirects_are_not_followed(env, take, log):
    tenant = take("jwt_broken")
    log.tolerate("SCIM3232")
    broken = env.issuer.paths["/broken"]
    body = broken.body
    before = asked(env, "/fixed")
    broken.status, broken.headers = 302, {
        "Location": "http://127.0.0.1:%d/fixed" % env.ports["issuer"]}
    try:
        seen = broken.asked
        token = env.issuer.fixed.sign(claims_for(tenant))

        def tried():
            answer(tenant, token).error(503)
            return broken.asked > seen
        wait_until("a request for keys", tried)
        assert asked(env, "/fixed") == before
    finally:
        broken.body, broken.status, broken.headers = body, 200, {}


def test_210_46_a_certificate_that_nobody_vouches_for(env, take, log):
    """Its CA is not among the system's, so nothing is even asked for."""
    tenant = take("jwt_untrusted")
    log.tolerate("SCIM3232")
    env.issuer.paths.setdefault("/broken?tls", type(env.issuer.paths["/fixed"])(
        key_set(env.issuer.fixed)))
    answer(tenant, env.issuer.fixed.sign(claims_for(tenant))).error(503)
    assert asked(env, "/broken?tls") == 0
    assert "SCIM3231" in env.read("logs/error_log")


def test_210_47_a_slow_issuer_holds_up_nobody_else(env, take, log):
    """Who needs a new key waits for it; who needs none goes on, in the same child."""
    tenant = take("jwt_turning")
    endpoint = env.issuer.paths["/turning"]
    log.tolerate("SCIM3232")
    token = env.issuer.turning.sign(claims_for(tenant))
    bad = Key.ec("unknown").sign(claims_for(tenant))
    endpoint.hold = threading.Event()
    before = endpoint.asked
    results = []

    def knock():
        with Child(tenant) as child:
            while endpoint.asked == before:
                results.append(child.status(bad))
    threads = [threading.Thread(target=knock) for _ in range(8)]
    try:
        for thread in threads:
            thread.start()
        wait_until("a request for keys", lambda: endpoint.asked > before)
        for _ in range(40):  # on new connections: of all children, the waiting one among them
            good(tenant, token)
    finally:
        hold, endpoint.hold = endpoint.hold, None
        hold.set()
        for thread in threads:
            thread.join()
    assert set(results) == {401}


# ---- configtest ----

BASE = "ScimEnable On\nScimTenant acme\n"
JWT = BASE + "ScimJWTIssuer https://idp.example\nScimJWTAudience scim\n"


@pytest.fixture
def files(tmp_path):
    key = Key.rsa("one")
    (tmp_path / "rsa.pem").write_text(key.pem())
    (tmp_path / "ec.pem").write_text(Key.ec().pem())
    (tmp_path / "keys.json").write_text(key_set(key))
    (tmp_path / "none.json").write_text('{"keys":[{"kty":"oct","k":"AAAA"}]}')
    (tmp_path / "private.pem").write_text(
        "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    (tmp_path / "secret").write_text(SECRET + "\n")
    (tmp_path / "short").write_text("x" * 31 + "\n")
    (tmp_path / "empty").write_text("\n")
    return tmp_path


FINE = [
    "ScimJWTAlgorithms RS256\nScimJWTKeyFile rsa.pem",
    "ScimJWTAlgorithms RS256 ES256\nScimJWTKeyFile rsa.pem name\nScimJWTKeyFile ec.pem\n"
    "ScimJWTLeeway 0\nScimJWTScope scim\nScimJWTOwner email\nScimJWTTenant org\n"
    "ScimJWTRevocation Off\nScimHTTPTimeout 60",
    "ScimJWTAlgorithms HS256\nScimJWTSecretFile secret",
    "ScimJWTAlgorithms RS256\nScimJWKSFile keys.json",
    "ScimJWTAlgorithms RS256 ES512\nScimJWKSURI https://idp.example/keys refresh=60 wait=1",
    "ScimJWTAlgorithms ES256\nScimJWKSURI http://localhost:1/keys wait=5",
    "ScimIntrospection https://idp.example/introspect client secret\nScimIntrospectionCache 60",
]


@pytest.mark.parametrize("where", ["<Location /scim/v2>", "<VirtualHost *:9>", ""])
@pytest.mark.parametrize("lines", FINE)
def test_210_50_configurations(files, lines, where):
    code, said = configtest(files, JWT + lines, where)
    assert code == 0 and "Syntax OK" in said, said


WRONG = [
    ("ScimJWTAlgorithms none\nScimJWTKeyFile rsa.pem", "signature is never accepted"),
    ("ScimJWTAlgorithms NONE", "signature is never accepted"),
    ("ScimJWTAlgorithms rs256\nScimJWTKeyFile rsa.pem", "must be one of RS256"),
    ("ScimJWTAlgorithms EdDSA", "must be one of"),
    ("ScimJWTKeyFile rsa.pem", "ScimJWTAlgorithms is missing"),
    ("ScimJWTAlgorithms RS256", "no key"),
    ("ScimJWTAlgorithms RS256 HS256\nScimJWTKeyFile rsa.pem\nScimJWTSecretFile secret",
     "mixes HMAC"),
    ("ScimJWTAlgorithms HS256\nScimJWTKeyFile rsa.pem", "no key fits HS256"),
    ("ScimJWTAlgorithms HS256\nScimJWKSURI https://idp.example/keys", "mixes|no key fits"),
    ("ScimJWTAlgorithms RS256\nScimJWTSecretFile secret", "no key fits RS256"),
    ("ScimJWTAlgorithms ES256\nScimJWTKeyFile rsa.pem", "no key fits ES256"),
    ("ScimJWTAlgorithms HS512\nScimJWTSecretFile secret", "no key fits HS512"),
    ("ScimJWTAlgorithms RS256\nScimJWTKeyFile ec.pem\nScimJWKSURI https://idp.example/k",
     "keys that are given in files"),
    ("ScimJWTAlgorithms RS256\nScimJWTKeyFile missing.pem", "cannot read .*missing.pem"),
    ("ScimJWTAlgorithms RS256\nScimJWTKeyFile private.pem", "private key"),
    ("ScimJWTAlgorithms RS256\nScimJWTKeyFile secret", "no public key"),
    ("ScimJWTAlgorithms RS256\nScimJWTKeyFile .", "not a file"),
    ("ScimJWTAlgorithms HS256\nScimJWTSecretFile short", "at least 32 bytes"),
    ("ScimJWTAlgorithms HS256\nScimJWTSecretFile secret\nScimJWTSecretFile secret", "only one"),
    ("ScimJWTAlgorithms RS256\nScimJWKSFile none.json", "no key that can be used"),
    ("ScimJWTAlgorithms RS256\nScimJWKSFile rsa.pem", "no JSON Web Key Set"),
    ("ScimJWTAlgorithms RS256\nScimJWKSFile missing.json", "cannot read .*missing.json"),
    ("ScimJWTAlgorithms RS256\nScimJWKSURI http://idp.example/keys", "must be https"),
    ("ScimJWTAlgorithms RS256\nScimJWKSURI file:///etc/passwd", "https"),
    ("ScimJWTAlgorithms RS256\nScimJWKSURI https://u:p@idp.example/keys", "no URL of the form"),
    ("ScimJWTAlgorithms RS256\nScimJWKSURI idp.example", "no URL of the form"),
    ("ScimJWTAlgorithms RS256\nScimJWKSURI https://a.example/\nScimJWKSURI https://b.example/",
     "only one"),
    ("ScimJWTAlgorithms RS256\nScimJWKSURI https://a.example/ refresh=1", "from 60 to"),
    ("ScimJWTAlgorithms RS256\nScimJWKSURI https://a.example/ often", "refresh= or wait="),
    ("ScimJWTLeeway 601", "from 0 to 600"),
    ("ScimJWTScope 'two words'", "one word"),
    ("ScimHTTPTimeout 0", "from 1 to 60"),
    ("ScimHTTPCAFile secret", "no certificate"),
    ("ScimIntrospection https://idp.example/i client empty", "no secret"),
    ("ScimIntrospection ldap://idp.example/i client secret", "https"),
    ("ScimJWTAlgorithms HS256\nScimJWTSecretFile secret\nScimIntrospectionCache 5",
     "without ScimIntrospection"),
]


@pytest.mark.parametrize("lines,what", WRONG, ids=lambda v: v[:40].replace("\n", " "))
def test_210_51_mistakes(files, lines, what):
    code, said = configtest(files, JWT + lines)
    assert code != 0 and re.search(what, said), said
    assert "httpd.conf" in said and re.search(r"Scim(JWT|JWKS|Intro|HTTP)", said), said
    assert SECRET not in said and "x" * 31 not in said


@pytest.mark.parametrize("lines,what", [
    ("ScimJWTAudience scim\nScimJWTAlgorithms RS256\nScimJWTKeyFile rsa.pem", "ScimJWTIssuer is"),
    ("ScimJWTIssuer me\nScimJWTAlgorithms RS256\nScimJWTKeyFile rsa.pem", "ScimJWTAudience is"),
    ("ScimJWTIssuer me", "mean nothing"),
    ("ScimJWTIssuer me\nScimJWTAudience scim\nScimJWTAlgorithms RS256\nScimJWTKeyFile rsa.pem\n"
     "ScimTokenOwner required", "ScimJWTOwner"),
])
def test_210_52_what_is_missing(files, lines, what):
    code, said = configtest(files, BASE + lines)
    assert code != 0 and "SCIM3230" in said and re.search(what, said), said


def test_210_53_tenants_by_path_need_a_claim(files):
    lines = ("ScimEnable On\nScimTenantBy path\nScimBase /t/{tenant}/scim\nScimJWTIssuer me\n"
             "ScimJWTAudience scim\nScimJWTAlgorithms RS256\nScimJWTKeyFile rsa.pem\n")
    code, said = configtest(files, lines, "")
    assert code != 0 and "ScimJWTTenant" in said, said
    code, said = configtest(files, lines + "ScimJWTTenant org", "")
    assert code == 0, said
