# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""A proxy between httpd and MariaDB that breaks a connection at a chosen statement, or is slow."""

import os
import socket
import threading
import time

# Commands of the client protocol that are no part of a use case's work.
IGNORED = (0x01, 0x0e, 0x19)  # COM_QUIT, COM_PING, COM_STMT_CLOSE


class Link:
    """One connection through the proxy."""

    def __init__(self, proxy, client):
        self.proxy = proxy
        self.client = client
        self.server = socket.socket(socket.AF_UNIX)
        self.swallow = False  # the next answer of the server is lost, and the connection with it

    def start(self):
        try:
            self.server.connect(self.proxy.target)
        except OSError:
            self.cut()
            return
        for pump in (self.to_server, self.to_client):
            threading.Thread(target=pump, daemon=True).start()

    def cut(self):
        for sock in (self.client, self.server):
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            sock.close()

    def _read(self, n):
        data = b""
        while len(data) < n:
            piece = self.client.recv(n - len(data))
            if not piece:
                raise OSError("closed")
            data += piece
        return data

    def to_server(self):
        """Packet by packet; one with sequence number 0 begins a command."""
        try:
            while True:
                head = self._read(4)
                body = self._read(int.from_bytes(head[:3], "little"))
                if head[3] == 0 and body and body[0] not in IGNORED:
                    verdict = self.proxy.judge(body)
                    if verdict == "before":
                        break
                    self.swallow = verdict == "after"
                self.server.sendall(head + body)
        except OSError:
            pass
        self.cut()

    def to_client(self):
        try:
            while True:
                data = self.server.recv(65536)
                if not data or self.swallow:
                    break
                if self.proxy.delay:
                    time.sleep(self.proxy.delay)
                    self.proxy.late += 1
                self.client.sendall(data)
        except OSError:
            pass
        self.cut()


class Proxy:
    """Listens on `path`, passes on to `target`. Nothing is cut until cut_at() says so."""

    def __init__(self, path, target):
        self.target = target
        self.delay = 0  # seconds that each answer of the server takes longer
        self.late = 0  # answers that did
        self.lock = threading.Lock()
        self.remaining = 0
        self.when = None
        self.fired = None  # text of the command that was cut
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.bind(path)
        os.chmod(path, 0o777)
        self.sock.listen(128)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.sock.accept()
            except OSError:
                return
            Link(self, client).start()

    def cut_at(self, number, when):
        """Cut at the number-th command from now: "before" the server sees it, or "after" it has
        been carried out and before its answer is seen."""
        with self.lock:
            self.remaining, self.when, self.fired = number, when, None

    def judge(self, body):
        with self.lock:
            if self.when is None:
                return "pass"
            self.remaining -= 1
            if self.remaining > 0:
                return "pass"
            when, self.when = self.when, None
            self.fired = body[:200]
            return when

    def disarm(self):
        """@return what was cut since cut_at(), or None"""
        with self.lock:
            self.when = None
            return self.fired

    def close(self):
        self.sock.close()
