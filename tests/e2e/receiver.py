# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""An application that is told of its users' end: takes SETs (RFC 8935) over HTTP and HTTPS, keeps
each of them, and answers as a test wants it to."""

import http.server
import json
import os
import select
import socket
import ssl
import threading
import time

import jwt

from database import need_program, run
from issuer import Server

SCIM = "urn:ietf:params:scim:event:prov:"
REVOKED = "https://schemas.openid.net/secevent/caep/event-type/session-revoked"
# What a place answers with to close the connection instead.
DROP = "drop"


class Post:
    """One POST as it came, and what became of it."""

    def __init__(self, headers, body, port):
        self.headers = headers
        self.body = body
        self.port = port  # the client's
        self.at = time.time()
        self.status = None  # what it was answered with
        self.over = False  # it was answered, or the client has gone

    def claims(self):
        """What it says; verify() tells whether that is true."""
        return jwt.decode(self.body, options={"verify_signature": False})

    def verify(self, public, alg, audience):
        """The claims, if the signature and the audience are right. @param public a key in PEM"""
        return jwt.decode(self.body, public, algorithms=[alg], audience=audience)

    @property
    def signed(self):
        """The bytes that the signature is of."""
        return self.body.rsplit(".", 1)[0]

    @property
    def user(self):
        """The id of whom it is about."""
        return self.claims()["sub_id"]["uri"].rsplit("/", 1)[1]

    @property
    def kind(self):
        """Its events in short, such as "deactivate" or "deactivate revoked"."""
        names = [("revoked" if uri == REVOKED else uri.replace(SCIM, ""))
                 for uri in self.claims()["events"]]
        return " ".join(sorted(names))


class Place:
    """A path of the receiver: what it answers, and what came to it."""

    def __init__(self):
        self.lock = threading.Lock()
        self.first = []  # answers to the first POSTs, one each
        # To the others: a status, (status, body), (status, body, headers), DROP, or a function of
        # the Post.
        self.answer = 202
        self.posts = []
        self.accepted = []
        self.go = threading.Event()
        self.go.set()

    def hold(self):
        """POSTs are answered no more, until release(). Over HTTP only."""
        self.go.clear()

    def release(self):
        self.go.set()

    def take(self, post):
        """Keep it. @return how to answer"""
        with self.lock:
            self.posts.append(post)
            answer = self.first.pop(0) if self.first else self.answer
        return answer(post) if callable(answer) else answer

    def accept(self, post):
        """In this order they were delivered."""
        with self.lock:
            self.accepted.append(post)

    def kinds(self, user_id=None):
        """What was delivered, of one user or of all, in order."""
        return [post.kind for post in list(self.accepted) if user_id in (None, post.user)]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def setup(self):
        super().setup()
        self.server.open.add(self.connection)

    def finish(self):
        self.server.open.discard(self.connection)
        super().finish()

    def _client_stays(self, place):
        """Wait until the place goes on. @return false if the client has gone before"""
        if place.go.is_set():
            return True
        while True:
            goes_on = place.go.wait(0.02)
            # Looked at last, so that nobody who has gone is answered.
            if select.select([self.connection], [], [], 0)[0] and \
                    not self.connection.recv(1, socket.MSG_PEEK):
                return False
            if goes_on:
                return True

    def _send(self, answer):
        given = answer if isinstance(answer, tuple) else (answer,)
        status, body, headers = given + ("", {})[len(given) - 1:]
        data = body.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode("ascii")
        post = Post(self.headers, body, self.client_address[1])
        place = self.server.place(self.path)
        answer = place.take(post)
        try:
            if not self._client_stays(place) or answer == DROP:
                self.close_connection = True
                return
            post.status = answer[0] if isinstance(answer, tuple) else answer
            if 200 <= post.status < 300:
                place.accept(post)
            self._send(answer)
        finally:
            post.over = True

    def do_GET(self):
        self.server.place(self.path).take(Post(self.headers, "", self.client_address[1]))
        self._send(405)

    def log_message(self, *_):
        pass


class Listener(Server):
    """One port; `places` are those of the receiver."""

    def __init__(self, port, places, context=None):
        self.open = set()
        self.places = places
        super().__init__(("127.0.0.1", port), Handler)
        if context:
            self.socket = context.wrap_socket(self.socket, server_side=True,
                                              do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def place(self, path):
        return self.places.setdefault(path, Place())

    def close(self):
        """Listen no more, and end what is open."""
        self.shutdown()
        self.server_close()
        for connection in list(self.open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it has ended by itself


class Receiver:
    """@param port for HTTP; @param tls_port for HTTPS, with the certificate in `folder`"""

    def __init__(self, port, tls_port=None, folder=None):
        self.places = {}
        self.port = port
        self.listeners = [Listener(port, self.places)]
        if tls_port:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(os.path.join(folder, "server.pem"),
                                    os.path.join(folder, "server.key"))
            self.listeners.append(Listener(tls_port, self.places, context))

    def at(self, name):
        return self.places.setdefault("/" + name, Place())

    def close(self):
        for place in list(self.places.values()):
            place.release()
        for listener in self.listeners:
            listener.close()


def authority(folder):
    """ca.pem, and of it server.pem for localhost, but not for its address; other-ca.pem is not
    concerned."""
    openssl = need_program("openssl")
    for name in ("ca", "other-ca"):
        run(openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            "/CN=e2e " + name, "-keyout", "%s/%s.key" % (folder, name),
            "-out", "%s/%s.pem" % (folder, name))
    run(openssl, "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-addext",
        "subjectAltName=DNS:localhost", "-keyout", folder + "/server.key",
        "-out", folder + "/server.csr")
    run(openssl, "x509", "-req", "-in", folder + "/server.csr", "-days", "2",
        "-copy_extensions", "copy", "-CA", folder + "/ca.pem", "-CAkey", folder + "/ca.key",
        "-CAcreateserial", "-out", folder + "/server.pem")


def key_pair(folder, name, *how):
    """A private key by `openssl HOW`, which only its owner may read; the public one as PEM."""
    path = os.path.join(folder, name)
    openssl = need_program("openssl")
    run(openssl, *how, "-out", path)
    os.chmod(path, 0o600)
    run(openssl, "pkey", "-in", path, "-pubout", "-out", path + ".pub")
    with open(path + ".pub", encoding="ascii") as text:
        return text.read()


def error(code):
    """A refusal as in RFC 8935 section 2.4."""
    return (400, json.dumps({"err": code, "description": "told by a test"}),
            {"Content-Type": "application/json", "Content-Language": "en-US"})
