# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Who issues tokens: keys, tokens good and bad, key sets over HTTP and HTTPS, introspection."""

import base64
import hashlib
import hmac
import http.server
import json
import ssl
import threading
import time
import urllib.parse

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

ISS = "https://idp.example"
SECRET = "a secret of an issuer: 0123456789abcdef"
CLIENT = "scim:server"  # both are encoded on the way (RFC 6749 section 2.3.1)
CLIENT_SECRET = "s3cr/t of + the: client"


def b64(data):
    if isinstance(data, str):
        data = data.encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(n, size):
    return b64(n.to_bytes(size, "big"))


class Key:
    """A private key and what the world sees of it."""

    def __init__(self, private, kid=None):
        self.private = private
        self.kid = kid
        self.alg = "RS256" if isinstance(private, rsa.RSAPrivateKey) else "ES256"

    @classmethod
    def rsa(cls, kid=None):
        return cls(rsa.generate_private_key(65537, 2048), kid)

    @classmethod
    def ec(cls, kid=None):
        return cls(ec.generate_private_key(ec.SECP256R1()), kid)

    def pem(self):
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()

    def jwk(self, **more):
        numbers = self.private.public_key().public_numbers()
        if self.alg == "RS256":
            out = {"kty": "RSA", "n": number(numbers.n, 256), "e": number(numbers.e, 3)}
        else:
            out = {"kty": "EC", "crv": "P-256", "x": number(numbers.x, 32),
                   "y": number(numbers.y, 32)}
        if self.kid:
            out["kid"] = self.kid
        return {**out, "use": "sig", **more}

    def sign(self, claims, **header):
        if self.kid and "kid" not in header:
            header["kid"] = self.kid
        return jwt.encode(claims, self.private, algorithm=self.alg,
                          headers={k: v for k, v in header.items() if v is not None})


def key_set(*keys):
    return json.dumps({"keys": [key if isinstance(key, dict) else key.jwk() for key in keys]})


def sign_secret(claims, secret=SECRET, alg="HS256", **header):
    return jwt.encode(claims, secret, algorithm=alg, headers=header or None)


def by_hand(header, claims, secret=SECRET):
    """A token of any texts, with an HMAC that fits them."""
    parts = [b64(part if isinstance(part, (str, bytes)) else json.dumps(part))
             for part in (header, claims)]
    mac = hmac.new(secret if isinstance(secret, bytes) else secret.encode(),
                   ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join(parts + [b64(mac)])


def claims_for(tenant, /, **more):
    """What a good token for a tenant says; None takes a claim out."""
    now = int(time.time())
    out = {"iss": ISS, "aud": tenant.name, "sub": "client-1", "iat": now, "exp": now + 600, **more}
    return {k: v for k, v in out.items() if v is not None}


class Endpoint:
    """One path of the issuer's: what it answers, and how often it was asked."""

    def __init__(self, body="", status=200, headers=None):
        self.body = body
        self.status = status
        self.headers = headers or {}
        self.asked = 0
        self.hold = None  # an event that an answer waits for


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body, headers=None):
        data = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def endpoint(self):
        found = self.server.issuer.paths.get(self.path)
        if found is None:
            self.answer(404, "{}")
            return None
        with self.server.issuer.lock:
            found.asked += 1
        if found.hold:
            found.hold.wait(60)
        return found

    def do_GET(self):
        found = self.endpoint()
        if found:
            self.answer(found.status, found.body, found.headers)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        found = self.endpoint()
        if found is None:
            return
        if found.status != 200 or found.body:
            self.answer(found.status, found.body, found.headers)
            return
        scheme, given = self.headers.get("Authorization", "none ").split(" ", 1)
        given = [urllib.parse.unquote_plus(part)
                 for part in base64.b64decode(given).decode().split(":")]
        if scheme != "Basic" or given != [CLIENT, CLIENT_SECRET]:
            self.answer(401, "{}", {"WWW-Authenticate": "Basic"})
            return
        form = urllib.parse.parse_qs(body, strict_parsing=True)
        assert self.headers["Content-Type"] == "application/x-www-form-urlencoded"
        says = self.server.issuer.tokens.get(form["token"][0], {"active": False})
        self.answer(200, says if isinstance(says, str) else json.dumps(says))

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that does not like our certificate, or left, is no news."""


class Issuer:
    """Serves until close(). tokens: what introspection says of a token."""

    def __init__(self, cert, key):
        self.lock = threading.Lock()
        self.rsa = Key.rsa("rsa-1")
        self.ec = Key.ec("ec-1")
        self.nameless = Key.rsa()
        self.turning = Key.ec("turn-1")
        self.fixed = Key.ec("fixed-1")
        self.tokens = {}
        self.paths = {
            "/turning": Endpoint(key_set(self.turning)),
            "/fixed": Endpoint(key_set(self.fixed)),
            "/broken": Endpoint("no key set"),
            "/introspect": Endpoint(),
            "/introspect-cache": Endpoint(),
            "/introspect-broken": Endpoint("{}", 500),
        }
        self.servers = [Server(("127.0.0.1", 0), Handler), Server(("127.0.0.1", 0), Handler)]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.servers[1].socket = context.wrap_socket(self.servers[1].socket, server_side=True,
                                                     do_handshake_on_connect=False)
        for server in self.servers:
            server.issuer = self
            threading.Thread(target=server.serve_forever, daemon=True).start()

    def ports(self):
        return {"issuer": self.servers[0].server_port, "issuer_tls": self.servers[1].server_port}

    def files(self):
        """Files of the configuration: name and content."""
        return {"jwt-rsa.pem": self.nameless.pem(), "jwt-secret": SECRET + "\n",
                "jwks.json": key_set(self.rsa, self.ec), "client-secret": CLIENT_SECRET + "\n"}

    def close(self):
        for server in self.servers:
            server.shutdown()
            server.server_close()
