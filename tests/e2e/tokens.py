# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Tokens and tenants, written straight into a database as an administrator's tool does it."""

import hashlib
import itertools
import time

NUMBERS = itertools.count(1)


def now():
    return int(time.time() * 1000)


def literal(value):
    if value is None:
        return "NULL"
    return str(value) if isinstance(value, int) else "'%s'" % value.replace("'", "''")


def insert(execute, table, **values):
    execute("INSERT INTO %s (%s) VALUES (%s)" % (
        table, ", ".join(values), ", ".join(literal(v) for v in values.values())))


class Stored:
    """A token of the database."""

    def __init__(self, env, tenant, execute=None, **more):
        number = next(NUMBERS)
        self.execute = execute or env.db.execute
        self.query = env.db.query
        self.id = "id-%d-%s" % (number, tenant)
        self.secret = "sekret-%d-%s" % (number, hashlib.sha256(self.id.encode()).hexdigest()[:32])
        values = {"id": self.id, "tenant": tenant, "kind": "token", "label": "Okta of " + tenant,
                  "hash": hashlib.sha256(self.secret.encode()).hexdigest(), "created": now()}
        values.update(more)
        insert(self.execute, "scim_token", **values)

    def set(self, column, value):
        self.execute("UPDATE scim_token SET %s = %s WHERE id = '%s'" % (
            column, literal(value), self.id))

    def get(self, column):
        return self.query("SELECT %s FROM scim_token WHERE id = '%s'" % (column, self.id))[0][0]

    def revoke(self):
        self.set("revoked", now())


def make_tenant(env, name, state="on"):
    """A tenant that the database knows; its tokens, of before and after, repeat its state."""
    insert(env.db.execute, "scim_tenant", tenant=name, state=state, created=now())
    env.db.execute("UPDATE scim_token SET state = '%s' WHERE tenant = '%s'" % (state, name))


def switch_tenant(env, name, state):
    env.db.execute("UPDATE scim_tenant SET state = '%s' WHERE tenant = '%s'" % (state, name))
    env.db.execute("UPDATE scim_token SET state = '%s' WHERE tenant = '%s'" % (state, name))
