# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""scimctl as operators and scripts run it: on a terminal, and in a pipe."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import termios

from conf import load_modules, location, token_hash, token_of
from database import TOP, run
from env import build_folder, httpd_environment, httpd_program, modules_dir

PATIENCE = 300


class Result:
    """What a run said. `text` is everything a terminal showed."""

    def __init__(self, code, out, err, text=None):
        self.code = code
        self.out = out
        self.err = err
        self.text = text

    def rows(self):
        """Standard output, which must be lines of JSON."""
        return [json.loads(line) for line in self.out.splitlines()]

    def row(self):
        rows = self.rows()
        assert len(rows) == 1, rows
        return rows[0]


class Ctl:
    """scimctl on one configuration of httpd."""

    def __init__(self, env, conf=None, options=()):
        self.env = env
        self.where = ["--httpd", httpd_program(), "--config", conf] if conf else []
        self.where += list(options)
        self.environment = dict(httpd_environment(env.module), LC_ALL="C.UTF-8",
                                HOME="/nonexistent")

    def command(self, args):
        return [os.path.join(build_folder(), "scimctl")] + self.where + [str(a) for a in args]

    def __call__(self, *args, data=None, code=0):
        """Run it in a pipe; the exit code must be as wanted."""
        done = subprocess.run(self.command(args), input=data, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL if data is None else None,
                              env=self.environment, timeout=PATIENCE, check=False)
        assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
        return Result(done.returncode, done.stdout, done.stderr)

    def start(self, *args, **more):
        """Start it and leave it running."""
        return subprocess.Popen(self.command(args), env=self.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)

    def terminal(self, *args, columns=100, code=0, data=None, out=None):
        """Run it with a terminal as its output and as its standard error.
        @param out a file for standard output instead; @param data comes by a pipe"""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
        proc = subprocess.Popen(self.command(args), env=self.environment,
                                stdin=subprocess.PIPE if data is not None else subprocess.DEVNULL,
                                stdout=out or theirs, stderr=theirs)
        os.close(theirs)
        if data is not None:
            proc.stdin.write(data.encode())
            proc.stdin.close()
        text = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # Linux: the other side is closed
                break
            if not piece:
                break
            text += piece
        os.close(ours)
        text = text.decode().replace("\r\n", "\n")
        assert proc.wait(PATIENCE) == code, (args, proc.returncode, text)
        return Result(proc.returncode, text, text, text)


VHOST = """
<VirtualHost *:%(port)d>
    ServerName %(name)s.example
    Include %(folder)s/tenant.inc
    %(more)s
</VirtualHost>
"""

# The operator's usual way: one file for what all virtual hosts have in common.
TENANT = """
ScimEnable On
ScimTenant ${CTL_TENANT}
ScimToken sha256:%s
<IfDefine CTL_STORE>
    ScimTokenStore On
    ScimTokenLifetime 60 7776000 2592000
    ScimTokenLimit 3
</IfDefine>
"""


def configuration(env, folder, places, params=None, extra=""):
    """A configuration of its own, which nobody serves. @param places (name, more directives)"""
    path = os.path.join(folder, "httpd.conf")
    text = "ServerRoot %s\nServerName localhost\nDefaultRuntimeDir %s\nPidFile %s/pid\n" % (
        env.root, folder, folder)
    text += "ErrorLog %s/error_log\nListen 127.0.0.1:8081\n" % folder
    text += load_modules(env.module, modules_dir())
    text += "DBDriver %s\nDBDParams \"%s\"\n" % (env.db.driver, params or env.db.params)
    for name, more in places:
        text += "Define CTL_TENANT %s\n" % name
        text += VHOST % {"port": 8081, "name": name, "folder": folder, "more": more}
    with open(path, "w", encoding="utf-8") as out:
        out.write(text + extra)
    with open(os.path.join(folder, "tenant.inc"), "w", encoding="utf-8") as out:
        out.write(TENANT % token_hash(token_of("ctl")))
    return path


def alone(env, folder, tenant, flavour):
    """A configuration with one tenant of the tests' httpd, as it is there: to read that with its
    thousands of places takes seconds each time."""
    place = location(tenant.name, flavour, env.root, env.ports)
    return Ctl(env, configuration(env, folder, [], extra=place), ("--tenant", tenant.name))


class EmptyDatabase:
    """A database without a table, beside the one that the tests' httpd uses."""

    count = 0

    def __init__(self, env, folder):
        EmptyDatabase.count += 1
        self.env = env
        self.name = "scim_ctl_%d" % EmptyDatabase.count
        if env.db.name == "sqlite":
            self.params = os.path.join(folder, self.name + ".db")
        else:
            env.db.admin("CREATE DATABASE %s CHARACTER SET utf8mb4; GRANT ALL ON %s.* TO "
                         "'scim'@'localhost'" % (self.name, self.name))
            self.params = env.db.params.replace("dbname=scim ", "dbname=%s " % self.name)

    def options(self, folder):
        """The options that name it without httpd: its password is in a file."""
        path = os.path.join(folder, "params")
        with open(path, "w", encoding="utf-8") as out:
            out.write(self.params + "\n")
        return ["--driver", self.env.db.driver, "--params-file", path, "--sql-dir", TOP / "sql"]

    def execute(self, sql):
        if self.env.db.name == "sqlite":
            run("sqlite3", "-bail", self.params, sql)
        else:
            self.env.db.admin("USE %s; %s" % (self.name, sql))

    def tables(self):
        if self.env.db.name == "sqlite":
            rows = run("sqlite3", self.params, "SELECT name FROM sqlite_master WHERE type = 'table'"
                       " AND name LIKE 'scim!_%' ESCAPE '!' ORDER BY name").split()
        else:
            rows = [row[0] for row in self.env.db.admin(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = '%s' "
                "ORDER BY table_name" % self.name)]
        return rows
