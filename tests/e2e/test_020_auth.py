# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Who is let in: tokens in every form that Okta's fields produce, and nobody else."""

import socket

import pytest

import conf
from scim_http import RawConnection

LIST = "/Users?startIndex=1&count=2"


def status(tenant, authorization):
    """Status of the credentials test with an Authorization header, or without one."""
    client = tenant.scim(token="")
    headers = {} if authorization is None else {"Authorization": authorization}
    return client.get(LIST, headers=headers).status


@pytest.mark.parametrize("form", [
    "Bearer {}", "bearer {}", "BEARER {}", "bEaReR {}", "{}", "Bearer   {}", "Bearer Bearer {}"])
def test_020_01_forms_of_the_token(tenant, form):
    assert status(tenant, form.format(tenant.token)) == 200


@pytest.mark.parametrize("form", [
    None, "", "Bearer", "Bearer ", "Bearer wrong", "wrong", "non-token", "Basic {}", "Digest {}",
    "Bearer {}x", "Bearer x{}", "{} {}", "Bearer {} extra", "Bearer \x00{}", "Bearer " + "A" * 7000,
    "Bearer é{}"], ids=lambda form: repr(form)[:24])
def test_020_02_everything_else_is_refused(tenant, form):
    with RawConnection(tenant.base) as raw:
        lines = [] if form is None else ["Authorization: " + form.replace("{}", tenant.token)]
        raw.head("GET", LIST, *lines)
        answer = raw.answer(check=form is None or "\x00" not in form)
        if form and "\x00" in form:
            answer.error(400)  # httpd itself does not let NUL through
            return
        answer.error(401)
        assert answer.headers["WWW-Authenticate"].lower().startswith("bearer")
        assert tenant.token not in answer.raw.decode()


def test_020_03_two_authorization_headers_are_refused(tenant):
    with RawConnection(tenant.base, tenant.token) as raw:
        raw.head("GET", LIST, "Authorization: Bearer other")
        raw.answer().error(401)


def test_020_04_token_of_another_tenant(take):
    one, two = take(), take()
    assert status(one, "Bearer " + one.token) == 200
    assert status(one, "Bearer " + two.token) == 401
    assert status(two, two.token) == 200
    assert status(two, one.token) == 401


def test_020_05_several_tokens(take):
    tenant = take("many_tokens")
    for suffix in ("", "-second", "-third"):
        assert status(tenant, "Bearer " + conf.token_of(tenant.name + suffix)) == 200
    assert status(tenant, "Bearer " + conf.token_of(tenant.name + "-fourth")) == 401


def test_020_06_tokens_of_a_file(take):
    tenant = take("token_file")
    for name in ("in-file-1", "in-file-2", tenant.name):
        assert status(tenant, "Bearer " + conf.token_of(name)) == 200
    assert status(tenant, "Bearer " + conf.token_of("in-file-3")) == 401
    assert status(tenant, "Bearer from-the-file") == 401


@pytest.mark.parametrize("method,path", [
    ("GET", "/Users/some-id"), ("POST", "/Users"), ("PUT", "/Users/some-id"),
    ("PATCH", "/Groups/some-id"), ("DELETE", "/Groups/some-id"), ("GET", "/Schemas"),
    ("GET", "/NoSuchThing"), ("FOO", "/Users")])
def test_020_07_401_comes_before_anything_else(tenant, method, path):
    client = tenant.scim(token="wrong")
    answer = client.request(method, path, raw=b"{not json" if method[0] == "P" else None)
    answer.error(401)


def test_020_08_401_tells_a_head_request_too(tenant):
    answer = tenant.scim(token="wrong").request("HEAD", "/Users")
    assert answer.status == 401 and answer.headers["WWW-Authenticate"] and not answer.raw


def own_address():
    """An address of this machine that is not loopback, or None."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            sock.connect(("192.0.2.77", 9))  # sends nothing; only asks for a route
        except OSError:
            return None
        address = sock.getsockname()[0]
    return None if address.startswith("127.") or address == "0.0.0.0" else address


@pytest.mark.parametrize("flavour,code", [("tls_only", 403), ("plain_ok", 200)])
def test_020_09_plain_http_from_elsewhere(env, take, flavour, code):
    address = own_address()
    if address is None:
        pytest.skip("this machine has no address besides loopback")
    tenant = take(flavour)
    local = tenant.scim().get(LIST)
    assert local.status == 200
    tenant.base = tenant.base.replace("127.0.0.1", address)
    answer = tenant.scim().get(LIST)
    assert answer.status == code
    if code == 403:
        assert "TLS" in answer.error(403)["detail"] or "HTTPS" in answer.error(403)["detail"]


def test_020_10_over_tls(env):
    tenant = env.vhost("tls", "vhost-tls")
    user = tenant.scim().add_user("tls-user")
    assert user["meta"]["location"] == "%s/Users/%s" % (tenant.base, user["id"])
    tenant.okta().test_credentials()
    tenant.close()


def test_020_11_a_disabled_tenant_serves_nothing(take):
    tenant = take("off")
    with RawConnection(tenant.base, tenant.token) as raw:
        raw.head("GET", LIST)
        assert raw.answer(check=False).status == 404
