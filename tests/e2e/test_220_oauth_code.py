# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Access that an administrator gives in a browser: codes, tokens, refresh tokens and their end."""

import concurrent.futures
import urllib.parse

import pytest

import oauth_client
from env import Tenant
from oauth_client import (REDIRECT, Client, challenge_of, check_headers, check_json, check_page,
                          of_tenant, opens)

VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"


@pytest.fixture
def place(take):
    return take("oauth")


@pytest.fixture
def client(env, place):
    made = of_tenant(env, place)
    yield made
    made.close()


def at_once(n, work):
    """Run work(i) in n threads; the answers."""
    with concurrent.futures.ThreadPoolExecutor(n) as pool:
        return list(pool.map(work, range(n)))


# ---- the way it is meant ----

@pytest.mark.parametrize("how", ["body", "basic"])
def test_220_01_consent_code_token(place, client, how):
    page = client.page()
    assert "An application" in page.text and place.name in page.text and "admin" in page.text
    assert "https://system-admin.okta.com" in page.text
    assert page.buttons == [("decision", "allow"), ("decision", "deny")]
    code, query = client.consent()
    assert query == "code=%s&state=st-1" % code
    got = client.redeem(code, how)
    assert got["expires_in"] == 3600 and opens(place, got["access_token"])
    assert not opens(place, got["refresh_token"]) and not opens(place, code)


def test_220_02_okta_sends_what_it_sends(place, client):
    """A scope pasted into the authorize URL, whose query then begins the request."""
    query = "scope=offline_access&" + client.query()
    code, _ = client.consent(query)
    got = client.redeem(code)
    again = client.refresh(got["refresh_token"])
    assert opens(place, again["access_token"])
    assert again["refresh_token"] != got["refresh_token"]


@pytest.mark.parametrize("query", ["tenant=x&", "a=1&a=2&&b&=&", "%E2%82%AC=%20&"])
def test_220_03_an_authorize_url_with_a_query_of_its_own(place, client, query):
    code, _ = client.consent(query + client.query())
    assert opens(place, client.redeem(code)["access_token"])


@pytest.mark.parametrize("state", [
    "abc", "a+b%20c", "%2f%2F", "a%26code%3Dx", "%E2%82%AC-%22%3C%3E", "!$'()*,;:@/?", "x" * 2000,
    "%0D%0ASet-Cookie%3A%20x%3Dy", "~.-_", "a=b=="], ids=lambda state: state[:20])
def test_220_04_state_comes_back_byte_by_byte(client, state):
    query = client.query(state=None) + "&state=" + state
    code, text = client.consent(query)
    assert text == "code=%s&state=%s" % (code, state)
    answer = client.decide("deny", query)
    assert answer.headers["Location"].endswith("&state=" + state)


def test_220_05_no_state(client):
    code, text = client.consent(client.query(state=None))
    assert text == "code=" + code
    code, text = client.consent(client.query(state=""))
    assert text == "code=" + code


def test_220_06_denied(place, client, env):
    answer = client.decide("deny")
    assert answer.status_code == 303
    got = dict(urllib.parse.parse_qsl(answer.headers["Location"].partition("?")[2]))
    assert got.pop("error_description") and got == {"error": "access_denied", "state": "st-1"}
    assert env.db.query("SELECT COUNT(*) FROM scim_token WHERE tenant = '%s'" % place.name) == [
        ("0",)]


def test_220_07_the_redirects_own_query_stays(env, place):
    client = of_tenant(env, place, redirects=("https://example.com/cb?a=1", "https://example.com"))
    _, text = client.consent()
    assert text.startswith("a=1&code=")
    answer = client.decide(query=client.query(redirect_uri="https://example.com"))
    assert answer.headers["Location"].startswith("https://example.com?code=")
    client.close()


def test_220_08_a_single_redirect_need_not_be_said(place, client):
    code, _ = client.consent(client.query(redirect_uri=None))
    assert opens(place, client.redeem(code, redirect_uri=None)["access_token"])
    code, _ = client.consent(client.query(redirect_uri=None))
    assert opens(place, client.redeem(code)["access_token"])


def test_220_09_an_application_of_every_tenant(env, take):
    one, two = take("oauth"), take("oauth")
    client = of_tenant(env, one, belongs="*")
    got = client.tokens()
    assert opens(one, got["access_token"]) and not opens(two, got["access_token"])
    client.base = env.base("oauth", "/t/%s/oauth" % two.name)
    assert client.refresh(got["refresh_token"]) == (400, "invalid_grant")
    other = client.tokens()
    assert opens(two, other["access_token"]) and not opens(one, other["access_token"])
    client.close()


def test_220_10_tenants_that_the_path_names(env):
    base = env.base("oauth", "/paths/%s/oauth")
    scim = env.base("oauth", "/paths/%s/scim/v2")
    for name in ("path-one", "path-two", "path-off"):
        env.db.execute("INSERT INTO scim_tenant (tenant, state, created) VALUES ('%s', '%s', 1)" % (
            name, "off" if name == "path-off" else "on"))
    client = Client(env, base % "path-one", "*")
    got = client.tokens()
    tenant = Tenant("path-one", scim % "path-one", got["access_token"])
    assert tenant.scim().get("/Users").status == 200
    tenant.base = scim % "path-two"
    assert tenant.scim().get("/Users").status == 401
    tenant.close()
    client.base = base % "path-two"
    assert client.refresh(got["refresh_token"]) == (400, "invalid_grant")
    client.base = base % "nowhere"
    assert client.token(grant_type="client_credentials") == (404, "invalid_request")
    client.base = base % "path-off"
    assert client.token(grant_type="client_credentials") == (403, "access_denied")
    assert check_page(client.browse("GET", client.query())).forms == 0
    client.close()


# ---- nobody is sent anywhere that was not agreed on ----

WRONG_REDIRECTS = [
    "https://evil.example/cb", REDIRECT + "/", REDIRECT + "?x=1", REDIRECT.upper(),
    REDIRECT.replace("https:", "http:"), REDIRECT.replace("okta.com", "okta.com:443"),
    REDIRECT + "#", REDIRECT + "%00", REDIRECT[:-1], REDIRECT.replace("okta.com", "okta.com@evil"),
    "javascript:alert(1)", "//evil.example", "/t", " " + REDIRECT, REDIRECT + " ",
    REDIRECT.replace("/oauth/", "/x/../oauth/")]


@pytest.mark.parametrize("redirect", WRONG_REDIRECTS)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_220_20_a_wrong_redirect_never_redirects(client, redirect, method):
    data = {"seal": "x", "decision": "allow"} if method == "POST" else None
    for more in ({}, {"response_type": "token"}, {"scope": "evil"}):
        query = client.query(redirect_uri=redirect, **more)
        answer = client.browse(method, query.replace("%2500", "%00"), data=data)
        assert answer.status_code == 400
        page = check_page(answer)
        assert page.forms == 0 and "evil" not in answer.text


@pytest.mark.parametrize("more", [
    {"client_id": "nobody"}, {"client_id": None}, {"client_id": "x" * 3000},
    {"client_id": "client-1'; --"}, {"client_id": "*"}], ids=str)
def test_220_21_an_unknown_client_never_redirects(client, more):
    answer = client.browse("GET", client.query(**more))
    assert answer.status_code == 400 and check_page(answer).forms == 0


def test_220_22_which_of_several_redirects_must_be_said(env, place):
    client = of_tenant(env, place, redirects=("https://a.example/", "https://b.example/"))
    answer = client.browse("GET", client.query(redirect_uri=None))
    assert answer.status_code == 400 and check_page(answer).forms == 0
    client.close()
    client = of_tenant(env, place, redirects=())
    for redirect in (None, "", "https://a.example/"):
        answer = client.browse("GET", client.query(redirect_uri=redirect))
        assert answer.status_code == 400 and check_page(answer).forms == 0
    client.close()


def test_220_23_another_tenants_client(env, take):
    one, two = take("oauth"), take("oauth")
    client = of_tenant(env, one)
    client.base = env.base("oauth", "/t/%s/oauth" % two.name)
    assert client.browse("GET", client.query()).status_code == 400
    assert client.token(grant_type="client_credentials") == (401, "invalid_client")
    client.close()


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "response_type", "scope",
                                  "code_challenge"])
def test_220_24_a_parameter_given_twice(client, name):
    query = client.query(scope="scim") + "&%s=" % name
    query = query if name in query[:-len(name) - 2] else query + "x&%s=y" % name
    answer = client.browse("GET", query)
    assert answer.status_code == 400 and check_page(answer).forms == 0
    assert name in answer.text


@pytest.mark.parametrize("text", ["%", "%zz=1", "a=%4", "x=%00", "x=%FF", "%C0%80=1",
                                  "&".join("a%d=1" % i for i in range(101))],
                         ids=lambda text: text[:20])
def test_220_25_a_broken_query(client, text):
    answer = client.browse("GET", client.query() + "&" + text)
    assert answer.status_code == 400 and check_page(answer).forms == 0


@pytest.mark.parametrize("more,error", [
    ({"response_type": None}, "invalid_request"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code token"}, "unsupported_response_type"),
    ({"scope": "admin"}, "invalid_scope"), ({"scope": "scim admin"}, "invalid_scope"),
    ({"scope": "SCIM"}, "invalid_scope"),
    ({"code_challenge": "x" * 43}, "invalid_request"),
    ({"code_challenge": "x" * 43, "code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge": "x" * 42, "code_challenge_method": "S256"}, "invalid_request"),
    ({"code_challenge": "x" * 42 + "=", "code_challenge_method": "S256"}, "invalid_request"),
    ({"code_challenge_method": "S256"}, "invalid_request")], ids=str)
def test_220_26_other_mistakes_are_told_to_the_client(client, more, error):
    answer = client.browse("GET", client.query(**more))
    assert answer.status_code == 303
    check_headers(answer)
    where, _, text = answer.headers["Location"].partition("?")
    got = dict(urllib.parse.parse_qsl(text, strict_parsing=True))
    assert where == REDIRECT and got["error"] == error and got["state"] == "st-1"
    assert "code" not in got


# ---- who agrees ----

def test_220_30_nobody_agrees_without_a_sign_in(client):
    assert client.browse("GET", client.query(), user=None).status_code == 401
    answer = client.browse("POST", client.query(), user=None, data={"decision": "allow"})
    assert answer.status_code == 401 and "Location" not in answer.headers


def test_220_31_a_place_without_a_sign_in(env, take, log):
    client = of_tenant(env, take("oauth_nobody"))
    answer = client.browse("GET", client.query(), user=None)
    assert answer.status_code == 500 and check_page(answer).forms == 0
    log.expect("SCIM3263")
    client.close()


@pytest.mark.parametrize("seal", [None, "", "x", "1.00", "9999999999." + "0" * 64, "cut", "longer",
                                  "later"])
def test_220_32_a_forged_consent(client, seal):
    real = client.page().fields["seal"]
    made = {"cut": real[:-1], "longer": real + "0", "later": "9" + real}.get(seal, seal)
    data = {"decision": "allow"}
    if made is not None:
        data["seal"] = made
    answer = client.browse("POST", client.query(), data=data)
    assert answer.status_code == 403 and check_page(answer).forms == 0


@pytest.mark.parametrize("change", ["user", "client", "state", "scope", "tenant"])
def test_220_33_a_consent_to_something_else(env, take, change):
    one, two = take("oauth"), take("oauth")
    client = of_tenant(env, one, belongs="*")
    other = of_tenant(env, one)
    data = dict(client.page(user="admin").fields, decision="allow")
    query, user = client.query(), "admin"
    if change == "user":
        user = "second"
    elif change == "client":
        query = other.query()
    elif change == "state":
        query = client.query(state="st-2")
    elif change == "scope":
        query = client.query(scope="scim")
    else:
        client.base = env.base("oauth", "/t/%s/oauth" % two.name)
    answer = client.browse("POST", query, user, data)
    assert answer.status_code == 403 and check_page(answer).forms == 0
    client.close()
    other.close()


def test_220_34_a_decision_must_be_one(client):
    seal = client.page().fields["seal"]
    for data in ({"seal": seal}, {"seal": seal, "decision": ""}, {"seal": seal, "decision": "yes"}):
        answer = client.browse("POST", client.query(), data=data)
        assert answer.status_code == 400 and check_page(answer).forms == 0
    twice = "seal=%s&decision=deny&decision=allow" % seal
    answer = client.browse("POST", client.query(), data=twice,
                           headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 400 and check_page(answer).forms == 0


def test_220_35_names_are_text_in_the_page(env, place):
    client = of_tenant(env, place, name="<script>alert(1)</script> \"'&")
    page = client.page(user="Tom <b>&amp;</b>")
    assert "<script>alert(1)</script> \"'&" in page.text and "Tom <b>&amp;</b>" in page.text
    client.close()


def test_220_36_other_methods(client):
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS"):
        answer = client.browse(method, client.query())
        assert answer.status_code == 405 and check_page(answer).forms == 0
    answer = client.browse("HEAD", client.query())
    assert answer.status_code == 200 and not answer.content


def test_220_37_a_body_that_is_too_large(client):
    data = {"seal": client.page().fields["seal"], "decision": "allow", "x": "y" * 40000}
    answer = client.browse("POST", client.query(), data=data)
    assert answer.status_code == 413 and check_page(answer).forms == 0


# ---- codes ----

def test_220_40_a_code_is_good_once(place, client, log):
    code, _ = client.consent()
    got = client.redeem(code)
    assert opens(place, got["access_token"])
    assert client.redeem(code) == (400, "invalid_grant")
    log.expect("SCIM3255")
    assert not opens(place, got["access_token"])
    assert client.refresh(got["refresh_token"]) == (400, "invalid_grant")


def test_220_41_one_code_many_times_at_once(place, client, log):
    code, _ = client.consent()
    answers = at_once(20, lambda i: client.redeem(code))
    given = [a for a in answers if isinstance(a, dict)]
    assert len(given) == 1 and answers.count((400, "invalid_grant")) == 19
    log.expect("SCIM3255")
    assert not opens(place, given[0]["access_token"])


@pytest.mark.parametrize("code", ["", "x", "scim_" + "A" * 43, "ö", "A" * 20000, "' OR 1=1 --"],
                         ids=lambda code: code[:20])
def test_220_42_no_code(client, code):
    error = "invalid_grant" if code else "invalid_request"
    assert client.redeem(code) == (400, error)


def test_220_43_an_old_code(env, place, client):
    code, _ = client.consent()
    env.db.execute("UPDATE scim_token SET expires = created WHERE tenant = '%s'" % place.name)
    assert client.redeem(code) == (400, "invalid_grant")


def test_220_44_another_clients_code(env, place, client):
    other = of_tenant(env, place)
    code, _ = client.consent()
    assert other.redeem(code) == (400, "invalid_grant")
    assert opens(place, client.redeem(code)["access_token"])
    other.close()


@pytest.mark.parametrize("more", [
    {"redirect_uri": None}, {"redirect_uri": "https://second.example/"},
    {"code_verifier": VERIFIER}], ids=str)
def test_220_45_what_the_code_was_given_for(env, place, more):
    client = of_tenant(env, place, redirects=(REDIRECT, "https://second.example/"))
    code, _ = client.consent()
    assert client.redeem(code, **more) == (400, "invalid_grant")
    client.close()


def test_220_46_proof_key(place, client, log):
    query = client.query(code_challenge=challenge_of(VERIFIER), code_challenge_method="S256")
    code, _ = client.consent(query)
    assert opens(place, client.redeem(code, code_verifier=VERIFIER)["access_token"])
    for verifier in (None, VERIFIER[:-1] + "A", challenge_of(VERIFIER)):
        code, _ = client.consent(query)
        assert client.redeem(code, code_verifier=verifier) == (400, "invalid_grant")
        assert client.redeem(code, code_verifier=VERIFIER) == (400, "invalid_grant")
    for verifier in ("short", "x" * 129, "ö" * 50, "x" * 43 + "+"):
        code, _ = client.consent(query)
        assert client.redeem(code, code_verifier=verifier) == (400, "invalid_request")
    log.expect("SCIM3255")


def test_220_47_a_redirect_that_is_not_registered(client):
    code, _ = client.consent()
    assert client.redeem(code, redirect_uri="https://evil.example/") == (400, "invalid_grant")
    assert "access_token" in client.redeem(code)


# ---- refresh tokens ----

def test_220_50_refresh_tokens_rotate(place, client):
    got = client.tokens()
    for how in ("body", "basic", "body"):
        fresh = client.refresh(got["refresh_token"], how)
        assert fresh["refresh_token"] != got["refresh_token"]
        assert opens(place, fresh["access_token"])
        got = fresh


def test_220_51_a_used_refresh_token_ends_them_all(place, client, log):
    first = client.tokens()
    second = client.refresh(first["refresh_token"])
    third = client.refresh(second["refresh_token"])
    other = client.tokens()
    assert client.refresh(first["refresh_token"]) == (400, "invalid_grant")
    log.expect("SCIM3255")
    for got in (first, second, third):
        assert not opens(place, got["access_token"])
        assert client.refresh(got["refresh_token"]) == (400, "invalid_grant")
    assert opens(place, other["access_token"])
    assert "access_token" in client.refresh(other["refresh_token"])


def test_220_52_one_refresh_token_many_times_at_once(place, client, log):
    got = client.tokens()
    answers = at_once(20, lambda i: client.refresh(got["refresh_token"]))
    given = [a for a in answers if isinstance(a, dict)]
    assert len(given) == 1 and answers.count((400, "invalid_grant")) == 19
    log.expect("SCIM3255")
    assert not opens(place, given[0]["access_token"])


def test_220_53_with_a_time_of_grace(env, take, log):
    place = take("oauth_grace")
    client = of_tenant(env, place)
    got = client.tokens()
    answers = at_once(10, lambda i: client.refresh(got["refresh_token"]))
    assert all(opens(place, a["access_token"]) for a in answers)
    latest = client.refresh(answers[3]["refresh_token"])
    env.db.execute("UPDATE scim_token SET revoked = revoked - 60000 WHERE tenant = '%s' AND "
                   "revoked IS NOT NULL" % place.name)
    assert client.refresh(got["refresh_token"]) == (400, "invalid_grant")
    log.expect("SCIM3255")
    assert not opens(place, latest["access_token"])
    # Grace is not a way back into what was ended.
    assert client.refresh(latest["refresh_token"]) == (400, "invalid_grant")
    client.close()


def test_220_54_refresh_tokens_survive_long_gaps(env, place, client):
    got = client.tokens()
    year = 365 * 24 * 3600 * 1000
    env.db.execute("UPDATE scim_token SET created = created - %d, expires = expires - %d "
                   "WHERE tenant = '%s'" % (3 * year, 3 * year, place.name))
    assert not opens(place, got["access_token"])
    assert opens(place, client.refresh(got["refresh_token"])["access_token"])


def test_220_55_where_no_refresh_token_is_given(env, take):
    place = take("oauth_code")
    client = of_tenant(env, place)
    got = client.tokens()
    assert "refresh_token" not in got and got["expires_in"] == 600
    assert client.token(grant_type="refresh_token", refresh_token="x") == (
        400, "unsupported_grant_type")
    client.close()


def test_220_56_a_kind_is_not_another(place, client):
    got = client.tokens()
    code, _ = client.consent()
    assert client.refresh(got["access_token"]) == (400, "invalid_grant")
    assert client.refresh(code) == (400, "invalid_grant")
    assert client.redeem(got["refresh_token"]) == (400, "invalid_grant")
    assert opens(place, client.redeem(code)["access_token"])


def test_220_57_tokens_pile_up_nowhere(env, place, client):
    got = client.tokens()
    count = "SELECT COUNT(*) FROM scim_token WHERE tenant = '%s'" % place.name
    for _ in range(5):
        env.db.execute(
            "UPDATE scim_token SET created = created - 4000000000, expires = expires - 4000000000, "
            "revoked = revoked - 4000000000 WHERE tenant = '%s'" % place.name)
        got = client.refresh(got["refresh_token"])
    assert int(env.db.query(count)[0][0]) <= 5


# ---- the owner ----

def test_220_60_the_token_dies_with_its_owner(place, client):
    scim = place.scim()
    user = scim.add_user("jane")
    got = client.tokens("jane@example.com")
    assert opens(place, got["access_token"])
    assert scim.get("/Me").status == 501
    assert place.scim(token=got["access_token"]).get("/Me").user(200)["id"] == user["id"]
    scim.patch("/Users/" + user["id"], {"op": "replace", "value": {"active": False}}).user(200)
    assert not opens(place, got["access_token"])
    assert client.refresh(got["refresh_token"]) == (400, "invalid_grant")
    # Whoever is deactivated does not get in again as nobody in particular.
    answer = client.decide(user="jane@example.com")
    assert answer.status_code == 403 and check_page(answer).forms == 0
    # Another administrator takes over.
    assert opens(place, client.tokens("second")["access_token"])
    scim.patch("/Users/" + user["id"], {"op": "replace", "value": {"active": True}}).user(200)
    assert opens(place, client.refresh(got["refresh_token"])["access_token"])


def test_220_61_through_its_own_token(place, client):
    user = place.scim().add_user("jane")
    got = client.tokens("jane@example.com")
    assert place.scim(token=got["access_token"]).delete("/Users/" + user["id"]).status == 204
    assert not opens(place, got["access_token"])
    assert client.refresh(got["refresh_token"]) == (400, "invalid_grant")


def test_220_62_where_an_owner_is_required(env, take):
    place = take("oauth_owner")
    client = of_tenant(env, place)
    answer = client.decide()
    assert answer.status_code == 403 and check_page(answer).forms == 0
    place.scim().add_user("jane")
    assert opens(place, client.tokens("jane@example.com")["access_token"])
    client.close()


# ---- revocation ----

def test_220_70_a_refresh_token_takes_all_with_it(place, client, log):
    got = client.tokens()
    fresh = client.refresh(got["refresh_token"])
    assert client.revoke(fresh["refresh_token"]).status_code == 200
    assert not opens(place, fresh["access_token"]) and not opens(place, got["access_token"])
    assert client.refresh(fresh["refresh_token"]) == (400, "invalid_grant")
    log.expect("SCIM3255")


@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "nonsense"])
def test_220_71_an_access_token_goes_alone(place, client, log, hint):
    got = client.tokens()
    answer = client.revoke(got["access_token"], "basic", token_type_hint=hint)
    assert answer.status_code == 200
    check_json(answer)
    assert not opens(place, got["access_token"])
    assert opens(place, client.refresh(got["refresh_token"])["access_token"])


def test_220_72_unknown_tokens_and_others(env, place, client):
    other = of_tenant(env, place)
    got = client.tokens()
    assert client.revoke("nothing").status_code == 200
    for token in (got["access_token"], got["refresh_token"]):
        answer = other.revoke(token)
        assert answer.status_code == 400 and check_json(answer)["error"] == "invalid_grant"
    assert opens(place, got["access_token"])
    assert client.revoke(None).status_code == 400
    assert client.revoke(got["access_token"], None).status_code == 401
    assert opens(place, got["access_token"])
    answer = client.session.get(client.base + "/revoke?token=" + got["access_token"], timeout=60)
    assert answer.status_code == 405
    check_json(answer)
    assert opens(place, got["access_token"])
    other.close()


def test_220_73_a_client_that_is_revoked(env, place, client):
    got = client.tokens()
    env.db.execute("UPDATE scim_client SET revoked = 1 WHERE id = '%s'" % client.id)
    assert client.refresh(got["refresh_token"]) == (401, "invalid_client")
    assert client.browse("GET", client.query()).status_code == 400


# ---- beside it ----

def test_220_80_the_tables_hold_no_secret(env, place, client):
    code, _ = client.consent()
    got = client.redeem(code)
    text = repr(env.db.query("SELECT * FROM scim_token WHERE tenant = '%s'" % place.name))
    assert len(text) > 500
    for secret in (code, got["access_token"], got["refresh_token"]):
        assert secret not in text and secret[5:] not in text


def test_220_81_a_tenant_that_is_off(env, take):
    client = of_tenant(env, take("oauth_off"))
    answer = client.browse("GET", client.query())
    assert answer.status_code == 403 and check_page(answer).forms == 0
    assert client.redeem("x") == (403, "access_denied")
    client.close()


def test_220_82_the_database_is_away(env, place, client, log):
    if env.db.name == "sqlite":
        pytest.skip("a file is not away")
    code, _ = client.consent()
    log.database_lost()
    env.db.stop()
    answer = client.post("/token", {"grant_type": "authorization_code", "code": code,
                                    "redirect_uri": REDIRECT})
    assert answer.status_code == 503 and answer.headers["Retry-After"]
    assert check_json(answer)["error"] == "temporarily_unavailable"
    answer = client.browse("GET", client.query())
    assert answer.status_code == 503 and check_page(answer).forms == 0
    env.db.start()
    assert opens(place, client.redeem(code)["access_token"])


def test_220_83_other_paths_are_not_ours(client):
    for path in ("", "/", "/tokens", "/token/", "/Token"):
        assert client.session.get(client.base + path, timeout=60).status_code == 404
    assert oauth_client.REDIRECT == REDIRECT
