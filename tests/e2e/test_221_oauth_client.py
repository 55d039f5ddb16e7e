# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""What clients do by themselves: how they prove who they are, tokens of their own, metadata."""

import base64
import concurrent.futures
import json
import re
import socket
import time
import urllib.parse

import pytest
import requests

from env import wait_until
from issuer import Endpoint, Key, b64, by_hand, key_set
from oauth_client import (ASSERTION_TYPE, REDIRECT, Client, check_json, check_page, of_tenant,
                          opens)
from test_010_config import configtest

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="session")
def shared(env):
    """One tenant for all tests that leave nothing behind."""
    tenant = env.take("oauth")
    yield tenant
    tenant.close()


@pytest.fixture
def client(env, shared):
    made = of_tenant(env, shared)
    yield made
    made.close()


def self_token(client, how="body", **more):
    return client.token(how, **{"grant_type": "client_credentials", **more})


def status_of(answer):
    body = check_json(answer)
    return answer.status_code, body.get("error")


# ---- a client's own tokens ----

@pytest.mark.parametrize("how", ["body", "basic"])
def test_221_01_a_token_for_itself(env, shared, client, how):
    got = self_token(client, how)
    assert set(got) == {"access_token", "token_type", "expires_in", "scope"}
    assert opens(shared, got["access_token"])
    row = env.db.query("SELECT owner, creator, scope, kind FROM scim_token WHERE client = '%s'"
                       % client.id)
    assert row == [(None, None, "scim", "access")]
    assert client.revoke(got["access_token"]).status_code == 200
    assert not opens(shared, got["access_token"])


@pytest.mark.parametrize("scope,error", [
    (None, None), ("scim", None), ("", None), ("scim offline_access", None),
    ("admin", "invalid_scope"), ("scim admin", "invalid_scope")])
def test_221_02_scopes(client, scope, error):
    got = self_token(client, scope=scope)
    assert got == (400, error) if error else got["scope"] == "scim"


def test_221_03_grants_that_are_not_offered(env, take):
    client = of_tenant(env, take("oauth_default"))
    for grant in ("client_credentials", "password", "urn:ietf:params:oauth:grant-type:jwt-bearer",
                  "Refresh_token", "implicit", "x" * 500):
        assert client.token(grant_type=grant) == (400, "unsupported_grant_type")
    assert client.token() == (400, "invalid_request")
    client.close()
    client = of_tenant(env, take("oauth_client"))
    assert "access_token" in self_token(client)
    assert client.redeem("x") == (400, "unsupported_grant_type")
    answer = client.browse("GET", client.query())
    assert answer.status_code == 400 and check_page(answer).forms == 0
    client.close()


def test_221_04_rate_limits(env, take):
    tenant = take("oauth_limited")
    client = of_tenant(env, tenant)
    wrong = of_tenant(env, tenant)
    wrong.secret = "sec-wrong"
    for _ in range(7):
        assert self_token(wrong) == (401, "invalid_client")  # costs the tenant nothing
    got = [self_token(client) for _ in range(6)]
    assert all("access_token" in one for one in got[:5])
    assert got[5] == (429, "temporarily_unavailable")
    env.log.expect("SCIM3161")
    client.close()
    wrong.close()


# ---- secrets ----

@pytest.mark.parametrize("secret", ["", "x", "sec-1", "%", "a" * 5000, "ö", None])
@pytest.mark.parametrize("how", ["body", "basic"])
def test_221_10_wrong_secrets(client, secret, how):
    real = client.secret
    client.secret = secret if secret is not None else real + "x"
    if how == "basic":
        raw = "%s:%s" % (client.id, client.secret)
        answer = client.post("/token", {"grant_type": "client_credentials"}, None, headers={
            "Authorization": "Basic " + base64.b64encode(raw.encode()).decode()})
    else:
        answer = client.post("/token", {"grant_type": "client_credentials"})
    assert status_of(answer) == (401, "invalid_client")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    text = check_json(answer)["error_description"]
    client.id = "nobody"
    other = client.post("/token", {"grant_type": "client_credentials"})
    assert check_json(other)["error_description"] == text


def basic(text):
    return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_221_11_basic_is_encoded(env, shared, client):
    fields = {"grant_type": "client_credentials"}
    quoted = "".join("%%%02x" % ord(c) for c in client.secret)
    for text in ("%s:%s" % (client.id, quoted),
                 "%s:%s" % (client.id.replace("-", "%2D"), client.secret)):
        assert client.post("/token", fields, None, headers=basic(text)).status_code == 200
    for headers in ({"Authorization": "Basic"}, {"Authorization": "Basic "},
                    {"Authorization": "Basic !!!!"}, basic(client.id), basic(":" + client.secret),
                    basic(client.id + ":"), basic(client.id + ":%zz"), basic(client.id + ":%00"),
                    {"Authorization": "Bearer " + client.secret}, {"Authorization": "Digest x"},
                    {"Authorization": client.secret}):
        assert status_of(client.post("/token", fields, None, headers=headers)) == (
            401, "invalid_client"), headers


def test_221_12_one_proof_only(client):
    fields = {"grant_type": "client_credentials"}
    good = basic("%s:%s" % (client.id, client.secret))
    assert status_of(client.post("/token", fields, headers=good)) == (400, "invalid_request")
    both = dict(fields, client_assertion="x", client_assertion_type=ASSERTION_TYPE)
    assert status_of(client.post("/token", both)) == (400, "invalid_request")
    assert status_of(client.post("/token", both, None, headers=good)) == (400, "invalid_request")
    same = dict(fields, client_id=client.id)
    assert client.post("/token", same, None, headers=good).status_code == 200
    other = dict(fields, client_id="nobody")
    assert status_of(client.post("/token", other, None, headers=good)) == (401, "invalid_client")
    assert status_of(client.post("/token", same, None)) == (401, "invalid_client")
    assert status_of(client.post("/token", fields, None)) == (401, "invalid_client")


@pytest.mark.parametrize("flavour,good,bad", [("oauth_basic", "basic", "body"),
                                              ("oauth_body", "body", "basic")])
def test_221_13_only_as_configured(env, take, flavour, good, bad):
    client = of_tenant(env, take(flavour))
    assert client.token(bad, grant_type="refresh_token", refresh_token="x") == (
        401, "invalid_client")
    assert client.token(good, grant_type="refresh_token", refresh_token="x") == (
        400, "invalid_grant")
    client.close()


def test_221_14_a_secret_in_the_url_counts_for_nothing(client):
    url = "/token?" + urllib.parse.urlencode({
        "grant_type": "client_credentials", "client_id": client.id, "client_secret": client.secret})
    assert status_of(client.post(url, {}, None, headers=FORM, raw="x=1")) == (401, "invalid_client")
    answer = client.session.get(client.base + url, timeout=60)
    assert status_of(answer) == (405, "invalid_request") and answer.headers["Allow"] == "POST"


# ---- bodies ----

@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "FOO",
                                    "post"])
@pytest.mark.parametrize("endpoint", ["/token", "/revoke"])
def test_221_20_other_methods(client, method, endpoint):
    prepared = client.session.prepare_request(requests.Request(method, client.base + endpoint))
    prepared.method = method  # also one in lower case, which is none
    answer = client.session.send(prepared, timeout=60)
    assert answer.status_code == 405 and answer.headers["Allow"] == "POST"
    if method != "HEAD":
        assert status_of(answer) == (405, "invalid_request")


@pytest.mark.parametrize("name", ["grant_type", "client_id", "client_secret", "code", "scope",
                                  "refresh_token", "redirect_uri", "code_verifier", "token",
                                  "client_assertion", "client_assertion_type"])
@pytest.mark.parametrize("endpoint", ["/token", "/revoke"])
def test_221_21_a_parameter_given_twice(client, name, endpoint):
    fields = {"grant_type": "client_credentials", "client_id": client.id,
              "client_secret": client.secret, "token": "x", "code": "x"}
    raw = urllib.parse.urlencode(dict(fields, **{name: fields.get(name, "x")}))
    raw += "&%s=%s" % (name, fields.get(name, "x"))
    answer = client.post(endpoint, how=None, raw=raw, headers=FORM)
    assert status_of(answer) == (400, "invalid_request")
    assert name in check_json(answer)["error_description"]


@pytest.mark.parametrize("kind", [None, "application/json", "text/plain", "multipart/form-data",
                                  "application/x-www-form-urlencoded2", "application/scim+json"])
def test_221_22_other_types(client, kind):
    raw = urllib.parse.urlencode({"grant_type": "client_credentials", "client_id": client.id,
                                  "client_secret": client.secret})
    headers = {"Content-Type": kind} if kind else {}
    answer = client.post("/token", how=None, raw=raw.encode(), headers=headers)
    assert status_of(answer) == (400, "invalid_request")
    charset = {"Content-Type": "Application/X-WWW-Form-Urlencoded; charset=UTF-8"}
    assert client.post("/token", how=None, raw=raw, headers=charset).status_code == 200


def test_221_23_bodies_that_are_none(client):
    base = "client_id=%s&client_secret=%s&" % (client.id, client.secret)
    for raw, code in (("", 401), ("&&&", 401), ("=", 401), (base + "grant_type=%", 400),
                      (base + "x=%00", 400), (base + "grant_type=%ff", 400),
                      (base + "&".join("a=%d" % i for i in range(101)), 400),
                      (base + "grant_type=client_credentials&x=" + "y" * 32768, 413)):
        answer = client.post("/token", how=None, raw=raw, headers=dict(FORM, **(
            {"Content-Length": "0"} if not raw else {})))
        assert answer.status_code == code, raw[:80]
        check_json(answer)


def test_221_24_a_body_without_a_length(env, client):
    where = urllib.parse.urlsplit(client.base)
    for head, code in (("Content-Length: 99999999\r\n", b" 413 "), ("", b" 411 "),
                       ("Transfer-Encoding: chunked\r\n", b" 413 ")):
        with socket.create_connection((where.hostname, where.port), 60) as sock:
            sock.sendall(("POST %s/token HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n%s\r\n" % (
                where.path, FORM["Content-Type"], head)).encode())
            if "chunked" in head:
                sock.sendall((b"2000\r\n" + b"a=" + b"b" * 8190 + b"\r\n") * 6 + b"0\r\n\r\n")
            assert code in sock.recv(4096).splitlines()[0] + b" "


# ---- signed assertions ----

class Signer:
    """A client with private_key_jwt, and its key."""

    def __init__(self, env, tenant, key=None, **more):
        self.key = key or Key.ec("k1")
        more.setdefault("jwks", key_set(self.key))
        self.client = of_tenant(env, tenant, auth="private_key_jwt", **more)
        self.aud = self.client.base + "/token"
        self.number = 0

    def claims(self, **more):
        self.number += 1
        now = int(time.time())
        out = {"iss": self.client.id, "sub": self.client.id, "aud": self.aud, "iat": now,
               "exp": now + 120, "jti": "%s-%d" % (self.client.id, self.number), **more}
        return {k: v for k, v in out.items() if v is not None}

    def assertion(self, **more):
        return self.key.sign(self.claims(**more))

    def token(self, assertion=None, **more):
        return self.client.token(None, **{
            "grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion or self.assertion(), **more})

    def close(self):
        self.client.close()


@pytest.fixture(scope="session")
def jwt_tenant(env):
    tenant = env.take("oauth_jwt")
    yield tenant
    tenant.close()


@pytest.fixture
def signer(env, jwt_tenant):
    made = Signer(env, jwt_tenant)
    yield made
    made.close()


REFUSED = (401, "invalid_client")


def test_221_30_a_signed_assertion(env, jwt_tenant, signer):
    assert opens(jwt_tenant, signer.token()["access_token"])
    assert opens(jwt_tenant, signer.token(client_id=signer.client.id)["access_token"])
    signer.aud = signer.client.base
    assert "access_token" in signer.token()
    signer.aud = ["https://other.example", signer.client.base + "/token"]
    assert "access_token" in signer.token()
    rsa = Signer(env, jwt_tenant, Key.rsa("r1"))
    assert "access_token" in rsa.token()
    rsa.close()


def test_221_31_a_code_and_its_end_too(env, jwt_tenant, signer):
    client = signer.client
    code, _ = client.consent()
    got = signer.token(grant_type="authorization_code", code=code, redirect_uri=REDIRECT)
    got = signer.token(grant_type="refresh_token", refresh_token=got["refresh_token"])
    assert opens(jwt_tenant, got["access_token"])
    answer = client.post("/revoke", {
        "token": got["refresh_token"], "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signer.assertion()}, None)
    assert answer.status_code == 200
    assert not opens(jwt_tenant, got["access_token"])


def test_221_32_each_is_good_once(env, jwt_tenant, signer):
    assertion = signer.assertion()
    assert "access_token" in signer.token(assertion)
    assert signer.token(assertion) == REFUSED
    # The id counts, not the text.
    assert signer.token(signer.assertion(jti="%s-1" % signer.client.id, iat=None)) == REFUSED
    # Used up even where what it was brought for failed.
    assertion = signer.assertion()
    assert signer.token(assertion, grant_type="refresh_token", refresh_token="x") == (
        400, "invalid_grant")
    assert signer.token(assertion) == REFUSED
    # Another client's ids are its own.
    other = Signer(env, jwt_tenant)
    assert "access_token" in other.token(other.assertion(jti="%s-1" % signer.client.id))
    other.close()


def test_221_33_one_many_times_at_once(signer):
    assertion = signer.assertion()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda i: signer.token(assertion), range(20)))
    assert sum(isinstance(a, dict) for a in answers) == 1 and answers.count(REFUSED) == 19


NOW = int(time.time())


@pytest.mark.parametrize("more", [
    {"iss": "nobody"}, {"iss": None}, {"sub": "nobody"}, {"sub": None}, {"aud": None},
    {"aud": "https://other.example/token"}, {"aud": []}, {"aud": ""}, {"exp": None},
    {"exp": NOW - 3600}, {"exp": NOW + 24 * 3600}, {"exp": "soon"}, {"nbf": NOW + 3600},
    {"jti": None}, {"jti": ""}, {"jti": 7}, {"jti": "x" * 300}], ids=str)
def test_221_34_claims(signer, more):
    assert signer.token(signer.assertion(**more)) == REFUSED
    assert "access_token" in signer.token()


def test_221_35_whom_it_is_for_is_not_taken_from_the_request(env, signer):
    port = env.ports["oauth"]
    aud = signer.client.base.replace("127.0.0.1:%d" % port, "other.example") + "/token"
    answer = signer.client.post("/token", {
        "grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": signer.assertion(aud=aud)}, None, headers={"Host": "other.example"})
    assert status_of(answer) == REFUSED


def test_221_36_signatures(env, jwt_tenant, signer):
    claims = signer.claims()
    good = signer.key.sign(claims)
    head, body, mark = good.split(".")
    other = Key.ec("k1")
    public = signer.key.pem()
    rsa = Key.rsa("k1")
    for bad in (
            other.sign(claims), rsa.sign(claims), good[:-4] + "AAAA", head + "." + body + ".",
            head + "." + body, b64('{"alg":"none"}') + "." + body + ".",
            b64('{"alg":"none"}') + "." + body + "." + mark, b64('{"alg":"NONE"}') + "." + body + ".",
            by_hand({"alg": "HS256", "kid": "k1"}, claims, public),
            by_hand({"alg": "HS256"}, claims, json.dumps(signer.key.jwk())),
            by_hand({"alg": "HS256"}, claims, ""), b64('{"alg":"RS256"}') + "." + body + "." + mark,
            b64(json.dumps({"alg": "ES256", "jwk": other.jwk()})) + "." + body + "." + mark,
            signer.key.sign(claims, kid="k2"), good + ".x", good + "=", "x", "." * 9000,
            "e30.e30.e30", signer.key.sign(claims, crit=["x"], x=1)):
        assert signer.token(bad) == REFUSED, bad[:100]
    assert "access_token" in signer.token(good)


def test_221_37_rsa_key_confusion(env, jwt_tenant):
    signer = Signer(env, jwt_tenant, Key.rsa("r1"))
    claims = signer.claims()
    for secret in (signer.key.pem(), signer.key.pem().strip(), key_set(signer.key),
                   signer.key.jwk()["n"]):
        assert signer.token(by_hand({"alg": "HS256", "kid": "r1"}, claims, secret)) == REFUSED
    assert signer.token(Key.ec("r1").sign(claims)) == REFUSED
    signer.close()


@pytest.mark.parametrize("kind", [None, "", "urn:ietf:params:oauth:client-assertion-type:saml2",
                                  ASSERTION_TYPE.upper()])
def test_221_38_types_of_assertion(signer, kind):
    assert signer.token(client_assertion_type=kind) == REFUSED


def test_221_39_who_has_which_proof(env, jwt_tenant, signer):
    # A client with a key has no secret, and one with a secret has no key.
    for secret in ("x", "NULL", "0" * 64):
        signer.client.secret = secret
        assert self_token(signer.client) == REFUSED
    client = of_tenant(env, jwt_tenant)
    assert self_token(client, "basic") == REFUSED  # only body and private_key_jwt there
    assert "access_token" in self_token(client)
    forged = Signer(env, jwt_tenant)
    forged.client.id, known = client.id, forged.client.id
    assert forged.token() == REFUSED
    assert forged.token(client_id=known) == REFUSED
    for one in (client, forged):
        one.close()


def test_221_40_where_assertions_are_not_taken(env, shared):
    signer = Signer(env, shared)
    assert signer.token() == REFUSED
    signer.close()


def test_221_41_keys_behind_a_uri(env, jwt_tenant):
    key, fresh = Key.ec("u1"), Key.ec("u2")
    place = env.issuer.paths["/client-keys"] = Endpoint(key_set(key))
    uri = "http://127.0.0.1:%d/client-keys" % env.ports["issuer"]
    signer = Signer(env, jwt_tenant, key, jwks=None, jwks_uri=uri)
    for _ in range(12):
        assert opens(jwt_tenant, signer.token()["access_token"])
    assert 1 <= place.asked <= len(env.children())  # once by each child at most
    signer.key = fresh
    assert signer.token() == REFUSED
    signer.close()


def test_221_42_a_uri_without_keys(env, jwt_tenant):
    uri = "http://127.0.0.1:%d/nothing" % env.ports["issuer"]
    signer = Signer(env, jwt_tenant, jwks=None, jwks_uri=uri)
    assert signer.token() == (503, "temporarily_unavailable")
    env.log.expect("SCIM3261", "SCIM3232")
    signer.close()


# ---- metadata ----

def metadata(client, path):
    answer = client.session.get(path, timeout=60)
    assert answer.status_code == 200
    return check_json(answer)


def test_221_50_metadata(env, shared, client):
    at = urllib.parse.urlsplit(client.base)
    root = "http://%s" % at.netloc
    for path in (root + "/.well-known/oauth-authorization-server" + at.path,
                 client.base + "/.well-known/oauth-authorization-server"):
        got = metadata(client, path)
        assert got["issuer"] == client.base
        assert got["token_endpoint"] == client.base + "/token"
        assert got["authorization_endpoint"] == client.base + "/authorize"
        assert got["revocation_endpoint"] == client.base + "/revoke"
        assert got["grant_types_supported"] == ["authorization_code", "refresh_token",
                                                "client_credentials"]
        assert got["token_endpoint_auth_methods_supported"] == ["client_secret_basic",
                                                                "client_secret_post"]
        assert got["code_challenge_methods_supported"] == ["S256"]
    for path in ("/.well-known/oauth-authorization-server",
                 "/.well-known/oauth-authorization-server/t",
                 "/.well-known/oauth-authorization-server" + at.path + "/x"):
        assert client.session.get(root + path, timeout=60).status_code == 404
    answer = client.session.post(
        root + "/.well-known/oauth-authorization-server" + at.path, timeout=60)
    assert status_of(answer) == (405, "invalid_request")


def test_221_51_metadata_as_configured(env, jwt_tenant, signer, take):
    got = metadata(signer.client,
                   signer.client.base + "/.well-known/oauth-authorization-server")
    assert got["issuer"] == signer.client.base
    assert got["token_endpoint_auth_methods_supported"] == ["client_secret_post",
                                                            "private_key_jwt"]
    algs = got["token_endpoint_auth_signing_alg_values_supported"]
    assert "ES256" in algs and "RS256" in algs
    assert not [a for a in algs if a.startswith("HS") or a == "none"]
    client = of_tenant(env, take("oauth_client"))
    got = metadata(client, client.base + "/.well-known/oauth-authorization-server")
    assert "authorization_endpoint" not in got and got["response_types_supported"] == []
    client.close()


def test_221_52_metadata_of_a_tenant_in_the_path(env):
    env.db.execute("INSERT INTO scim_tenant (tenant, state, created) VALUES ('path-meta', 'on', 1)")
    base = env.base("oauth", "/paths/path-meta/oauth")
    client = Client(env, base, "*")
    root = env.base("oauth", "")
    for path in (root + "/.well-known/oauth-authorization-server/paths/path-meta/oauth",
                 base + "/.well-known/oauth-authorization-server"):
        assert metadata(client, path)["issuer"] == base
    path = root + "/.well-known/oauth-authorization-server/paths/no-such/oauth"
    assert client.session.get(path, timeout=60).status_code == 404
    client.close()


# ---- what is logged ----

def test_221_60_the_log_knows_who_and_no_secret(env, shared, client):
    got = self_token(client)
    client.revoke(got["access_token"])
    client.secret = "sec-wrong"
    assert self_token(client) == REFUSED

    def logged():
        text = "\n".join(env.log.lines())
        return all(part in text for part in (
            "SCIM3254: client %s got a token of tenant %s" % (client.id, shared.name),
            "SCIM3257: client %s revoked" % client.id, "SCIM3265: a client of tenant "))
    wait_until("lines about the client", logged)
    text = "\n".join(env.log.lines())
    assert got["access_token"] not in text and "sec-" not in text


# ---- configtest ----

GOOD = "ScimTenant acme\nScimOAuth On\n"
OAUTH = "<Location /oauth>"


def test_221_70_every_directive(tmp_path):
    code, said = configtest(tmp_path, GOOD + "\n".join([
        "ScimOAuthIssuer https://scim.example.com/oauth", "ScimOAuthRefreshGrace 10",
        "ScimOAuthBase /oauth/server",
        "ScimOAuthClientAuth basic body private_key_jwt", "ScimOAuthLifetime 600 never 30",
        "ScimOAuthGrants authorization_code refresh_token client_credentials"]), OAUTH)
    assert code == 0 and "Syntax OK" in said, said
    code, said = configtest(tmp_path, GOOD + "ScimOAuthLifetime 60 315360000 600", OAUTH)
    assert code == 0, said


MISTAKES = [
    (OAUTH, "ScimOAuth Perhaps", r"On or Off"),
    ("", GOOD, r"not allowed here|<Location>"),
    ("<VirtualHost *:9>", GOOD, r"not allowed in <VirtualHost>"),
    ("<Location />", GOOD, r"SCIM3252.*path of their own"),
    ("<LocationMatch /oauth>", GOOD, r"pattern"),
    (OAUTH, "ScimOAuth On", r"SCIM3250.*ScimTenant is missing"),
    (OAUTH, GOOD + "ScimOAuthBase /other", r"SCIM3252.*ScimOAuthBase is outside"),
    (OAUTH, GOOD + "ScimOAuthBase oauth", r"ScimOAuthBase must begin with a slash"),
    (OAUTH, GOOD + "ScimOAuthBase /oauth/{tenant}", r"SCIM3250.*ScimTenantBy is path"),
    (OAUTH, GOOD + "ScimTenantBy token", r"SCIM3250.*ScimTenantBy token"),
    (OAUTH, GOOD + "ScimTenantBy path", r"SCIM3250.*ScimTenantBy"),
    (OAUTH, GOOD + "ScimOAuthIssuer oauth", r"ScimOAuthIssuer must be the URL"),
    (OAUTH, GOOD + "ScimOAuthIssuer https://a/oauth/", r"ScimOAuthIssuer must be the URL"),
    (OAUTH, GOOD + "ScimOAuthIssuer https://a/oauth?x", r"ScimOAuthIssuer must be the URL"),
    (OAUTH, GOOD + "ScimOAuthIssuer https://a/{tenant}", r"SCIM3250.*ScimOAuthIssuer has"),
    (OAUTH, GOOD + "ScimOAuthClientAuth none", r"basic, body and private_key_jwt"),
    (OAUTH, GOOD + "ScimOAuthClientAuth private_key_jwt", r"SCIM3250.*needs ScimOAuthIssuer"),
    (OAUTH, GOOD + "ScimOAuthGrants password", r"authorization_code, refresh_token and"),
    (OAUTH, GOOD + "ScimOAuthGrants refresh_token", r"SCIM3250.*refresh_token without"),
    (OAUTH, GOOD + "ScimOAuthGrants client_credentials\nScimTokenOwner required",
     r"SCIM3250.*ScimTokenOwner is required"),
    (OAUTH, GOOD + "ScimOAuthLifetime 59", r"from 60 to 315360000"),
    (OAUTH, GOOD + "ScimOAuthLifetime 60 59", r"from 60 to 315360000"),
    (OAUTH, GOOD + "ScimOAuthLifetime 60 always", r"from 60 to 315360000"),
    (OAUTH, GOOD + "ScimOAuthLifetime 60 60 601", r"from 10 to 600"),
    (OAUTH, GOOD + "ScimOAuthLifetime never", r"from 60 to 315360000"),
    (OAUTH, GOOD + "ScimTokenLifetime 60 600", r"SCIM3250.*ScimTokenLifetime does not allow"),
    (OAUTH, GOOD + "ScimOAuthRefreshGrace 301", r"from 0 to 300"),
    (OAUTH, GOOD + "ScimEnable On\nScimBase /oauth\nScimTokenStore On", r"below the SCIM base"),
]


@pytest.mark.parametrize("where,lines,wanted", MISTAKES, ids=lambda part: part[:60])
def test_221_71_mistakes(tmp_path, where, lines, wanted):
    code, said = configtest(tmp_path, lines, where)
    assert code != 0 and re.search(wanted, said), said
