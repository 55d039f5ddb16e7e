# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Tenants whose users' end is told to a receiver: their configuration, servers and outbox."""

import os
import re
import shutil
import tempfile

import conf
from env import free_ports, wait_until
from own_httpd import OwnHttpd
from receiver import Receiver, authority, key_pair

ISSUER = "https://scim.example/tenants"
TOKEN = "b3arer-of-the-receiver"

# name: how openssl makes it
KEYS = {
    # With the block "EC PARAMETERS" before the key, as older recipes have it.
    "ec": ("ecparam", "-name", "prime256v1", "-genkey"),
    "p384": ("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"),
    "p521": ("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"),
    "rsa": ("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
}

HTTPS = "https://localhost:{tls}/{name}"

# name: (how many, directives: those of BASE are replaced, the others added)
FLAVOURS = {
    "plain": (80, {}),
    "rsa": (4, {"ScimEventKeyFile": "{folder}/rsa \"the RSA key\""}),
    "p384": (1, {"ScimEventKeyFile": "{folder}/p384 k384"}),
    "p521": (1, {"ScimEventKeyFile": "{folder}/p521 k521"}),
    "nameless": (1, {"ScimEventKeyFile": "{folder}/ec"}),
    "token": (2, {"ScimEventTokenFile": "{folder}/token",
                  "ScimEventAudience": "\"an application\""}),
    "tls": (1, {"ScimEventURL": HTTPS, "ScimEventCAFile": "{folder}/ca.pem"}),
    "tls_other": (1, {"ScimEventURL": HTTPS, "ScimEventCAFile": "{folder}/other-ca.pem"}),
    "tls_name": (1, {"ScimEventURL": HTTPS.replace("localhost", "127.0.0.1"),
                     "ScimEventCAFile": "{folder}/ca.pem"}),
    "tls_system": (1, {"ScimEventURL": HTTPS}),
    "revoked": (2, {"ScimEventTypes": "deactivate activate delete session-revoked"}),
    "revoked_only": (2, {"ScimEventTypes": "session-revoked"}),
    "deactivate_only": (3, {"ScimEventTypes": "deactivate"}),
    "delete_only": (1, {"ScimEventTypes": "delete"}),
    "keep": (1, {"ScimDelete": "deactivate"}),
    "forget": (1, {"ScimDeprovision": "delete"}),
    "back": (1, {"ScimRehire": "restore"}),
    "guarded": (1, {"ScimKeepOne": "userType admin", "ScimSeats": "2"}),
    "day": (1, {"ScimEventKeep": "1"}),
    "absent": (1, {"ScimEventURL": "http://127.0.0.1:{absent}/{name}"}),
    "silent": (3, None),
}

BASE = {"ScimEventURL": "http://localhost:{http}/{name}", "ScimEventKeyFile": "{folder}/ec key-1",
        "ScimEventIssuer": ISSUER}


def place(name, directives, fields):
    lines = [] if directives is None else [
        "%s %s" % (word, value.format(name=name, **fields))
        for word, value in {**BASE, **directives}.items()]
    lines = ["ScimEnable On", "ScimTenant " + name,
             "ScimToken sha256:" + conf.token_hash(name)] + lines
    return "<Location /%s>\n%s\n</Location>\n" % (name, "\n".join(lines))


class EventWorld:
    """The receiver, and servers of one configuration on one database. Each test takes tenants of
    its own, each of which has its own place at the receiver."""

    def __init__(self, env):
        self.db = env.db
        self.folder = tempfile.mkdtemp(prefix="scim-e2e-events-")
        os.chmod(self.folder, 0o755)  # what is secret in it can be read by its owner only
        authority(self.folder)
        self.public = {name: key_pair(self.folder, name, *how) for name, how in KEYS.items()}
        with open(self.folder + "/token", "w", encoding="ascii") as out:
            out.write(TOKEN + "\n")
        os.chmod(self.folder + "/token", 0o600)
        ports = free_ports(("http", "tls", "absent"))
        self.absent_port = ports["absent"]
        self.url = "http://localhost:%d/" % ports["http"]
        self.receiver = Receiver(ports["http"], ports["tls"], self.folder)
        self.free = {}
        # A server looks for the events of each of its tenants; idle ones are part of the test.
        self.fields = dict(ports, folder=self.folder)
        self.text = "LogLevel notice scim:trace8\n"
        for flavour, (n, directives) in FLAVOURS.items():
            self.free[flavour] = ["ev-%s-%02d" % (flavour.replace("_", "-"), i) for i in range(n)]
            for name in self.free[flavour]:
                self.text += place(name, directives, self.fields)
        self.servers = []
        self.main = self.server()

    def server(self, text=None, children=2):
        """One more; or one with other places."""
        made = OwnHttpd(self.db.driver, self.db.params, children=children)
        made.write((), text or self.text)
        self.servers.append(made)
        return made.start()

    def restart(self):
        """Start the main server, which was stopped."""
        before = self.main.said().count("AH00489")
        self.main.start()
        wait_until("httpd to serve", lambda: self.main.said().count("AH00489") > before)

    def take(self, flavour="plain", server=None):
        return EventTenant(self, self.free[flavour].pop(0), server or self.main)

    def forget(self, tenant):
        """What waits for a receiver that will never be there."""
        self.db.execute("DELETE FROM scim_event WHERE tenant = '%s'" % tenant.name)
        tenant.done()

    def said(self, message_id, tenant):
        """Lines of the servers' logs with this message, of this tenant."""
        named = re.compile(r"\b%s: .*\b%s\b" % (message_id, tenant.name))
        return [line for server in self.servers for line in server.said().splitlines()
                if named.search(line)]

    def close(self):
        # What is still waiting must not keep the servers busy, nor the next one's.
        for table in ("scim_event", "scim_event_lease"):
            self.db.execute("DELETE FROM %s WHERE tenant LIKE 'ev-%%'" % table)
        self.receiver.close()
        for server in self.servers:
            server.log.mark()
            server.close()
        shutil.rmtree(self.folder)


class EventTenant:
    """One tenant: its client, its place at the receiver, and what waits for it in the database."""

    def __init__(self, world, name, server):
        self.world = world
        self.name = name
        self.place = world.receiver.at(name)
        self.url = world.url + name
        self.base = server.tenant(name).base
        self.scim = self.client(server)

    def client(self, server):
        """Of another server."""
        return server.tenant(self.name).scim(fresh=True)

    def okta(self):
        return self.world.main.tenant(self.name).okta()

    def set_active(self, user, value, scim=None):
        answer = (scim or self.scim).patch("/Users/" + user["id"], {
            "op": "replace", "value": {"active": value}})
        assert answer.status == 200, answer.json

    def deactivate(self, *users):
        for user in users:
            self.set_active(user, False)

    def activate(self, *users):
        for user in users:
            self.set_active(user, True)

    def waiting(self):
        """The outbox, the oldest first: ids of users."""
        return [row[0] for row in self.rows("id")]

    def rows(self, columns):
        return self.world.db.query("SELECT %s FROM scim_event WHERE tenant = '%s' ORDER BY seq" % (
            columns, self.name))

    def holder(self):
        """Who has the lease; None: nobody."""
        rows = self.world.db.query(
            "SELECT holder FROM scim_event_lease WHERE tenant = '%s'" % self.name)
        return rows[0][0] or None if rows else None

    def keep(self):
        """Nobody delivers, until let_go(): a process that is no more has the lease, for 30 s."""
        self.done()
        self.world.db.execute("DELETE FROM scim_event_lease WHERE tenant = '%s'" % self.name)
        self.world.db.execute("INSERT INTO scim_event_lease (tenant, holder, beat) VALUES "
                              "('%s', 'nobody', 1)" % self.name)

    def let_go(self):
        self.world.db.execute("UPDATE scim_event_lease SET holder = '' WHERE tenant = '%s' AND "
                              "holder = 'nobody'" % self.name)

    def hurry(self):
        """What is to be tried again later is tried now."""
        self.world.db.execute("UPDATE scim_event SET due = 0 WHERE tenant = '%s'" % self.name)

    def posted(self, n=1):
        """Wait until so many POSTs came. @return them"""
        wait_until("%d POSTs for %s" % (n, self.name), lambda: len(self.place.posts) >= n)
        return list(self.place.posts)

    def delivered(self, n=1, seconds=60):
        """Wait until so many SETs were accepted. @return them"""
        wait_until("%d SETs of %s" % (n, self.name),
                   lambda: len(self.place.accepted) >= n, seconds)
        return list(self.place.accepted)

    def all_delivered(self, n):
        """Wait until nothing is left to do: n SETs were accepted, each once. @return them"""
        self.delivered(n)
        self.done()
        got = list(self.place.accepted)
        assert len(got) == len({post.claims()["jti"] for post in got}) == n, self.place.kinds()
        return got

    def done(self):
        """Wait until nothing waits any more and nobody holds the lease."""
        wait_until("an empty outbox of " + self.name, lambda: not self.waiting())
        wait_until("the lease of %s to be given back" % self.name, lambda: not self.holder())
