# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""`apachectl configtest` on ScimEvent...: what cannot work is refused, and the line says where."""

import os
import re

import pytest

from event_world import KEYS
from receiver import authority, key_pair
from test_010_config import GOOD, configtest

MORE_KEYS = {
    "small": ("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"),
    "ed25519": ("genpkey", "-algorithm", "ED25519"),
    "k256": ("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"),
    "p224": ("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-224"),
    "pss": ("genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"),
    "locked": ("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-aes256",
               "-pass", "pass:x"),
}

URL = "ScimEventURL https://app.example/events\n"
KEY = "ScimEventKeyFile {0}/ec\n"
ISSUER = "ScimEventIssuer https://scim.example\n"
EVENTS = URL + KEY + ISSUER


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Keys good and bad, and other files."""
    path = str(tmp_path_factory.mktemp("keys"))
    authority(path)
    for name, how in KEYS.items():
        key_pair(path, name, *how)
    for name, how in MORE_KEYS.items():
        try:
            key_pair(path, name, *how)
        except RuntimeError:
            assert name == "locked"  # no public key without the password
    for name, text in {"text": "no key\n", "empty": "", "token": "abc\n", "lines": "abc\ndef\n",
                       "blank": "\n", "odd": "abc\x01def\n"}.items():
        with open(os.path.join(path, name), "w", encoding="ascii") as out:
            out.write(text)
    return path


def test_331_01_what_is_good(tmp_path, folder):
    """Every kind of key, every loopback host, every directive."""
    places = [EVENTS, EVENTS.replace("{0}/ec", "{0}/rsa kid-1"),
              EVENTS.replace("{0}/ec", "{0}/p384 \"a kid\""), EVENTS.replace("{0}/ec", "{0}/p521"),
              EVENTS + "ScimEventAudience app\nScimEventTypes session-revoked\n"
              "ScimEventTokenFile {0}/token\nScimEventCAFile {0}/ca.pem\nScimEventKeep 365\n",
              EVENTS + "ScimEventTypes deactivate activate delete session-revoked\n"
              "ScimEventKeep 1\n"]
    places += [EVENTS.replace("https://app.example", "http://" + host)
               for host in ("127.0.0.1", "localhost", "[::1]", "127.0.0.1:8080")]
    text = "".join("<Location /t%d>\n%s%s</Location>\n" % (
        i, GOOD.replace("acme", "t%d" % i), lines.format(folder)) for i, lines in enumerate(places))
    code, said = configtest(tmp_path, text, "")
    assert code == 0, said


@pytest.mark.parametrize("lines,said", [
    # alone ScimEventURL
    (KEY, "ScimEventURL"),
    (ISSUER, "ScimEventURL"),
    ("ScimEventAudience x", "ScimEventURL"),
    ("ScimEventTypes delete", "ScimEventURL"),
    ("ScimEventTokenFile {0}/token", "ScimEventURL"),
    ("ScimEventKeep 7", "ScimEventURL"),
    ("ScimEventCAFile {0}/ca.pem", "ScimEventURL"),
    (URL + ISSUER, "ScimEventKeyFile"),
    (URL + KEY, "ScimEventIssuer"),
])
def test_331_02_something_is_missing(tmp_path, folder, lines, said):
    """Like other policies that contradict themselves."""
    code, text = configtest(tmp_path, GOOD + lines.format(folder))
    assert code != 0 and said + " is missing" in text, text
    assert re.search(r"SCIM3200: \S+ in \S+:\d+, for localhost/scim/v2: ", text), text


@pytest.mark.parametrize("lines,said", [
    # URLs
    (EVENTS.replace("https:", "http:"), "https"),
    (EVENTS.replace("https:", "ftp:"), "https"),
    (EVENTS.replace("https://app.example", "http://127.0.0.1.example"), "https"),
    (EVENTS.replace("https://app.example", "http://localhost@app.example"), "https|user"),
    (EVENTS.replace("https://app.example/events", "app.example"), "https"),
    (EVENTS.replace("app.example/events", ""), "https|host"),
    # keys
    (EVENTS.replace("/ec", "/nosuch"), "/nosuch"),
    (EVENTS.replace("/ec", ""), "file|key"),
    (EVENTS.replace("/ec", "/text"), "/text"),
    (EVENTS.replace("/ec", "/empty"), "/empty"),
    (EVENTS.replace("/ec", "/ec.pub"), "private|public"),
    (EVENTS.replace("/ec", "/rsa.pub"), "private|public"),
    (EVENTS.replace("/ec", "/small"), "2048"),
    (EVENTS.replace("/ec", "/ed25519"), "RSA|EC|P-256"),
    (EVENTS.replace("/ec", "/k256"), "P-256"),
    (EVENTS.replace("/ec", "/p224"), "P-256"),
    (EVENTS.replace("/ec", "/pss"), "RSA|EC"),
    (EVENTS.replace("/ec", "/locked"), "/locked"),
    # other files
    (EVENTS + "ScimEventTokenFile {0}/nosuch", "/nosuch"),
    (EVENTS + "ScimEventTokenFile {0}/empty", "/empty"),
    (EVENTS + "ScimEventTokenFile {0}/blank", "/blank"),
    (EVENTS + "ScimEventTokenFile {0}/lines", "/lines"),
    (EVENTS + "ScimEventTokenFile {0}/odd", "/odd"),
    (EVENTS + "ScimEventCAFile {0}/nosuch", "/nosuch"),
    (EVENTS + "ScimEventCAFile {0}/ca.key", "/ca.key"),
    # words and numbers
    # places without a tenant's name
    (EVENTS + "ScimTenantBy path\nScimBase /scim/v2/{{tenant}}\n", "ScimTenantBy"),
    (EVENTS + "ScimTenantBy token\n", "ScimTenantBy"),
])
def test_331_03_refused(tmp_path, folder, lines, said):
    good = GOOD
    if "ScimTenantBy" in lines:
        good = good.replace("ScimTenant acme\n", "ScimTokenStore On\n").replace(
            "ab" * 32, "ab" * 32 + " x tenant=y")
    code, text = configtest(tmp_path, good + lines.format(folder))
    assert code != 0 and "ScimEvent" in text and re.search(said, text), text
    assert re.search(r"SCIM3360: \S+ in \S+:\d+, for localhost/\S+: ", text), text


@pytest.mark.parametrize("line,said", [
    ("ScimEventTypes create", "session-revoked"),
    ("ScimEventTypes delete deleted", "session-revoked"),
    ("ScimEventTypes", "too few"),
    ("ScimEventKeep 0", "1 to 365"),
    ("ScimEventKeep 366", "1 to 365"),
    ("ScimEventKeep week", "1 to 365"),
    ("ScimEventKeyFile", "too few"),
    ("ScimEventIssuer ''", "one line"),
    ("ScimEventAudience 'a\x01b'", "one line"),
])
def test_331_04_words_and_numbers(tmp_path, line, said):
    """As with every directive, httpd's own line says where."""
    code, text = configtest(tmp_path, GOOD + line)
    assert code != 0 and line.split()[0] in text and re.search(said, text), text
    assert re.search(r"on line \d+ of", text), text


@pytest.mark.parametrize("other,wrong", [
    (EVENTS, False),
    ("", True),
    (EVENTS.replace("app.example", "other.example"), True),
    (EVENTS.replace("/ec", "/rsa"), True),
    (EVENTS + "ScimEventTypes delete\n", True),
    (EVENTS + "ScimEventKeep 8\n", True),
])
def test_331_05_two_places_of_one_tenant(tmp_path, folder, other, wrong):
    text = "<Location /one>\n%s%s</Location>\n<Location /two>\n%s%s</Location>\n" % (
        GOOD, EVENTS.format(folder), GOOD, other.format(folder))
    code, said = configtest(tmp_path, text, "")
    assert (code != 0) is wrong and ("SCIM3202" in said) is wrong, said
