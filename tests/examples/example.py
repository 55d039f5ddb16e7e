# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""One of conf/examples, unchanged, in a private httpd on a database of its own."""

import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

import database  # noqa: E402
from env import (ErrorLog, Tenant, build_folder, free_ports, httpd_environment,  # noqa: E402
                 httpd_program, module_path, modules_dir, wait_until)

TOP = database.TOP
FOLDER = TOP / "conf" / "examples"

MODULES = ("mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_basic", "dbd",
           "ssl", "socache_shmcb")

SERVER = """
ServerRoot {root}
ServerName localhost
Listen {port}
PidFile {root}/run/httpd.pid
DefaultRuntimeDir {root}/run
DocumentRoot {root}/htdocs
ErrorLog {root}/logs/error_log
LogLevel info scim:debug
StartServers 2
ServerLimit 4
ThreadsPerChild 25
MaxRequestWorkers 100
MinSpareThreads 25
MaxSpareThreads 100
GracefulShutdownTimeout 20
SSLSessionCache shmcb:{root}/run/ssl_cache(65536)
Define SCIM_EXAMPLE_LISTEN *:{port}
Define SCIM_EXAMPLE_CERT {root}/conf/cert.pem
Define SCIM_EXAMPLE_KEY {root}/conf/key.pem
Define SCIM_EXAMPLE_DBDRIVER {driver}
Define SCIM_EXAMPLE_DBPARAMS "{params}"
Define SCIM_EXAMPLE_DIR {root}/secrets
Define SCIM_EXAMPLE_CONF {folder}
"""


class ExampleMariadb:
    """A database of its own on the session's MariaDB server."""

    driver = "mysql"

    def __init__(self, server, name):
        self.server = server
        self.name = "example_" + name.replace("-", "_")
        server.admin("DROP DATABASE IF EXISTS %s" % self.name)
        server.admin("CREATE DATABASE %s" % self.name)
        server.admin("GRANT ALL ON %s.* TO scim@localhost" % self.name)
        self.params = server.params.replace("dbname=scim", "dbname=" + self.name)

    def client(self):
        return self.server.client()[:-1] + [self.name]

    def load(self, file):
        with open(file, "rb") as text:
            database.run(*self.client(), stdin=text)

    def query(self, sql):
        """Rows of a SELECT as tuples of text; NULL is None."""
        text = database.run(*self.client(), "--batch", "--raw", "--skip-column-names", "-e", sql)
        return [tuple(None if v == "NULL" else v for v in line.split("\t"))
                for line in text.splitlines()]

    def execute(self, sql):
        database.run(*self.client(), "-e", sql)


class ExampleSqlite(database.Sqlite):
    """A file of its own."""

    def __init__(self, root, user):
        super().__init__(root)
        self.create(user)

    def load(self, file):
        with open(file, "rb") as text:
            database.run(database.need_program("sqlite3"), "-bail", self.file, stdin=text)


class Example:
    """An example that runs. `start` serves what conf/examples/NAME.conf says."""

    def __init__(self, name, server=None):
        """@param server a started database.Mariadb; None: SQLite"""
        self.name = name
        self.module = module_path()
        self.root = tempfile.mkdtemp(prefix="scim-example-%s-" % name)
        os.chmod(self.root, 0o755)  # httpd's children and the database have other users
        for folder in ("conf", "logs", "run", "htdocs", "secrets"):
            os.mkdir(os.path.join(self.root, folder))
        self.user = "www-data" if os.geteuid() == 0 else None
        if self.user:
            pwd.getpwnam(self.user)
        self.port = free_ports(["example"])["example"]
        self.db = ExampleMariadb(server, name) if server else ExampleSqlite(self.root, self.user)
        self.log = ErrorLog(os.path.join(self.root, "logs", "error_log"))
        self.ca = os.path.join(self.root, "conf", "cert.pem")
        self.conf = os.path.join(self.root, "conf", "httpd.conf")
        self.proc = None
        self.clients = []

    # ---- life ----

    def prepare(self, secrets=None):
        """Tables, certificate, configuration. @param secrets files of SCIM_EXAMPLE_DIR"""
        kind = "mysql" if self.db.driver == "mysql" else "sqlite"
        if kind == "mysql":
            for sql in database.migrations(kind):
                self.db.load(sql)
        self.db.load(FOLDER / ("%s-%s.sql" % (self.name, kind)))
        for name, text in (secrets or {}).items():
            self.write("secrets/" + name, text)
        database.run(database.need_program("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
                     "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                     "/CN=localhost", "-addext",
                     "subjectAltName=DNS:localhost,DNS:%s.example.com" % self.name,
                     "-addext", "basicConstraints=critical,CA:FALSE",
                     "-keyout", os.path.join(self.root, "conf", "key.pem"), "-out", self.ca)
        text = "".join("LoadModule %s_module %s/mod_%s.so\n" % (m, modules_dir(), m)
                       for m in MODULES)
        text += "LoadModule scim_module %s\n" % self.module
        if self.user:
            text += "User %s\nGroup %s\n" % (self.user, self.user)
        text += SERVER.format(root=self.root, port=self.port, driver=self.db.driver,
                              params=self.db.params, folder=FOLDER)
        self.write("conf/httpd.conf", text + "Include %s/%s.conf\n" % (FOLDER, self.name))

    def start(self):
        self.log.mark()
        with open(os.path.join(self.root, "logs", "stderr"), "ab") as err:
            self.proc = subprocess.Popen(
                [httpd_program(), "-f", self.conf, "-DFOREGROUND"], stdin=subprocess.DEVNULL,
                stdout=err, stderr=err, env=httpd_environment(self.module),
                start_new_session=True)
        wait_until("httpd to serve", self._serves)

    def _serves(self):
        if self.proc.poll() is not None:
            raise AssertionError("httpd ended at start (%d):\n%s\n%s" % (
                self.proc.returncode, self.read("logs/stderr"), self.read("logs/error_log")))
        return "resuming normal operations" in self.read("logs/error_log")

    def graceful(self):
        """Reload as `apachectl graceful` does."""
        before = self.read("logs/error_log").count("AH00489")
        self.proc.send_signal(signal.SIGUSR1)
        wait_until("httpd to have reloaded",
                   lambda: self.read("logs/error_log").count("AH00489") > before)

    def close(self):
        try:
            for client in self.clients:
                client.close()
            if self.proc and self.proc.poll() is None:
                # Not SIGTERM: event may crash on it while connections end (in httpd itself).
                self.proc.send_signal(signal.SIGWINCH)
                self.proc.wait(60)
            self.log.check()
        finally:
            kept = os.path.join(build_folder(), "example-logs", self.name)
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(os.path.join(self.root, "logs"), kept)
            shutil.rmtree(self.root)

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as out:
            out.write(text)

    def read(self, name):
        path = os.path.join(self.root, name)
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as text:
            return text.read()

    # ---- use ----

    def url(self, path):
        return "https://localhost:%d%s" % (self.port, path)

    def tenant(self, path, token):
        """Clients of the tenant at a path, as in the end-to-end tests."""
        made = Tenant(self.name, self.url(path), token, self.ca)
        self.clients.append(made)
        return made

    def scimctl(self, *args, code=0):
        """Run scimctl on this httpd's configuration. @return what it prints"""
        program = os.path.join(build_folder(), "scimctl")
        done = subprocess.run([program, "--config", self.conf, *args], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False, timeout=60, env=httpd_environment(self.module))
        assert done.returncode == code, (args, done.returncode, done.stdout, done.stderr)
        return done.stdout
