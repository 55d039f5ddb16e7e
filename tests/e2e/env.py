# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""A private httpd with the freshly built module, on one database."""

import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import conf
import conf_console
import conf_oauth
import conf_tenants
import database
from issuer import Issuer
from okta_client import OktaClient
from proxy import Proxy
from scim_http import Scim

TOP = database.TOP
BAD_LEVELS = ("warn", "error", "crit", "alert", "emerg")
# [time] [module:level] [pid ...] ...: the form of every line that httpd itself writes.
LINE = re.compile(r"^\[[A-Z][^\]]+\] \[[\w-]*:(\w+)\] \[pid \d+")
MESSAGE = re.compile(r"\b(SCIM\d{4}|AH\d{5})\b")
# What may be said when a connection is lost, by mod_dbd and by us: which of them it is depends on
# what each child's pool held and where each request was.
DATABASE_LOST = ("AH00629", "AH00632", "AH00633", "AH00636", "AH00637", "AH00638", "AH00639",
                 "AH02655", "SCIM2001", "SCIM2007", "SCIM2010", "SCIM3022",
                 "SCIM3292")
# A key set that the tests never serve; said at each start.
ON_PURPOSE = re.compile(r"SCIM3231: .*/broken")
# A child that died is a notice for httpd, but never for a test that did not kill it.
DEATH = re.compile(r"exit signal|AddressSanitizer|runtime error:|Segmentation fault")


def build_folder():
    return os.path.abspath(os.environ.get("SCIM_BUILD") or str(TOP / "build"))


def module_path():
    """The module under test: $SCIM_MODULE, or .libs/mod_scim.so of the build folder."""
    given = os.environ.get("SCIM_MODULE")
    tried = [given] if given else [os.path.join(build_folder(), ".libs", "mod_scim.so"),
                                   os.path.join(build_folder(), "mod_scim", ".libs", "mod_scim.so")]
    for path in tried:
        if os.path.isfile(path):
            return os.path.abspath(path)
    raise RuntimeError("no module to test; looked for " + " and ".join(tried))


def is_sanitized(module):
    with open(module, "rb") as so:
        found = b"__asan_init" in so.read()
    if os.environ.get("SCIM_SANITIZE") == "1" and not found:
        raise RuntimeError("SCIM_SANITIZE=1, but %s is built without sanitizers" % module)
    return found


def modules_dir():
    return os.environ.get("SCIM_HTTPD_MODULES", "/usr/lib/apache2/modules")


def httpd_program():
    return os.environ.get("SCIM_HTTPD") or database.need_program("apache2")


def httpd_environment(module):
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C", "HOME": "/nonexistent"}
    if is_sanitized(module):
        env["LD_PRELOAD"] = database.run("gcc", "-print-file-name=libasan.so").strip()
        env["ASAN_OPTIONS"] = "detect_leaks=0:abort_on_error=0:log_to_syslog=0"
        env["UBSAN_OPTIONS"] = "print_stacktrace=1"
    return env


class Ports:
    """Ports that nobody else takes until this process ends. Servers under test start one after the
    other and leave a port now and then, so a port that is free now is not enough: they come from
    a block that belongs to this process alone, below those that the system gives to connections."""
    FIRST, SIZE, BLOCKS = 12000, 200, 100

    def __init__(self):
        for number in range(self.BLOCKS):
            self.owner = socket.socket(socket.AF_UNIX)
            try:
                self.owner.bind("\0mod_scim-tests-ports-%d" % number)
                break
            except OSError:
                self.owner.close()
        else:
            raise RuntimeError("every block of ports is in use")
        first = self.FIRST + number * self.SIZE
        self.left = iter(range(first, first + self.SIZE))

    def next(self):
        for port in self.left:
            with socket.socket() as sock:
                try:
                    sock.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue
        raise RuntimeError("every port of the block is in use")


def free_ports(names, ports=[]):
    """Ports to listen on, by name."""
    if not ports:
        ports.append(Ports())
    return {name: ports[0].next() for name in names}


def wait_until(what, condition, seconds=60, pause=0.02):
    """Wait for a condition; the deadline only bounds a failure."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited %d s for: %s" % (seconds, what))
        time.sleep(pause)


def is_starting(pid):
    """A child of httpd that gets ready has its main thread and at most one of the module's; those for
    requests come afterwards. So has one that is about to be gone."""
    try:
        return len(os.listdir("/proc/%d/task" % pid)) <= 2
    except FileNotFoundError:
        return True


def new_generation(server, before, n=1):
    """Wait until n children, and all that are not of before, are ready for requests."""
    def serves():
        new = set(server.children()) - before
        return len(new) >= n and not any(is_starting(pid) for pid in new)
    wait_until("httpd's new children to serve", serves)


class ErrorLog:
    """What httpd said since a mark, and whether a test may be content with it."""

    def __init__(self, path):
        self.path = path
        self.mark()

    def mark(self):
        self.start = os.path.getsize(self.path) if os.path.exists(self.path) else 0
        self.expected = set()
        self.tolerated = set()
        self.reload_after = False

    def expect(self, *message_ids):
        """These messages must appear, at any level."""
        self.expected.update(message_ids)

    def tolerate(self, *message_ids):
        """These may appear: what httpd says of it depends on which connection it had at hand."""
        self.tolerated.update(message_ids)

    def database_lost(self):
        """The test takes the database away; dead connections are then cleared by a reload."""
        self.tolerate(*DATABASE_LOST)
        self.reload_after = True

    def lines(self):
        if not os.path.exists(self.path):
            return []
        with open(self.path, encoding="utf-8", errors="replace") as log:
            log.seek(self.start)
            return log.read().splitlines()

    def seen(self):
        return {m for line in self.lines() for m in MESSAGE.findall(line)}

    def _is_bad(self, line):
        form = LINE.match(line)
        if form is None:
            return bool(line.strip())
        if ON_PURPOSE.search(line):
            return False
        if form.group(1) not in BAD_LEVELS and not DEATH.search(line):
            return False
        return not set(MESSAGE.findall(line)) & (self.expected | self.tolerated)

    def check(self):
        if self.expected:
            wait_until("messages %s in the error log" % ", ".join(sorted(self.expected)),
                       lambda: self.expected <= self.seen(), 20)
        bad = [line for line in self.lines() if self._is_bad(line)]
        assert not bad, "the error log is not clean:\n" + "\n".join(bad[:40])


class Tenant:
    """A prepared tenant: its base URL and clients of it."""

    def __init__(self, name, base, token, ca=None):
        self.name = name
        self.base = base
        self.token = token
        self.ca = ca
        self.clients = []

    def scim(self, token=None, **more):
        client = Scim(self.base, self.token if token is None else token, ca=self.ca, **more)
        self.clients.append(client)
        return client

    def okta(self, dialect="oin", say=None):
        client = OktaClient(self.base, self.token, self.ca, dialect, say)
        self.clients.append(client)
        return client

    def close(self):
        for client in self.clients:
            client.close()


class Env:
    """httpd and its database. Made once per database and session."""

    def __init__(self, db_name):
        self.module = module_path()
        self.root = tempfile.mkdtemp(prefix="scim-e2e-%s-" % db_name)
        os.chmod(self.root, 0o755)  # httpd's children and the database have other users
        for name in ("conf", "logs", "run", "htdocs"):
            os.mkdir(os.path.join(self.root, name))
        self.user = "www-data" if os.geteuid() == 0 else None
        if self.user:
            pwd.getpwnam(self.user)
        self.db = database.DATABASES[db_name](self.root)
        self.ports = free_ports(conf.PORTS)
        self.log = ErrorLog(os.path.join(self.root, "logs", "error_log"))
        self.proc = None
        self.issuer = None
        self.proxy = None  # what the vhost "cut" goes through; only where there is a server
        self.free = {}
        for name, flavour in conf.tenant_names():
            self.free.setdefault(flavour, []).append(name)

    # ---- life ----

    def start(self):
        self.db.create(self.user)
        if self.db.name == "mariadb":
            self.proxy = Proxy(self.db.cut_socket, self.db.socket)
        self.write("conf/tokens", conf.token_file())
        self.write("conf/admins", conf_oauth.admins_file())
        self._certificate()
        conf_tenants.files(self.root)
        conf_console.files(self.root)
        self._issuer()
        self.write("conf/httpd.conf", conf.server_conf(
            self.root, self.ports, self.module, modules_dir(), self.db, self.user))
        self.conf = os.path.join(self.root, "conf", "httpd.conf")
        self.log.mark()
        self.start_httpd()
        self.log.check()

    def start_httpd(self):
        with open(os.path.join(self.root, "logs", "stderr"), "ab") as err:
            self.proc = subprocess.Popen(
                [httpd_program(), "-f", self.conf, "-DFOREGROUND"], stdin=subprocess.DEVNULL,
                stdout=err, stderr=err, env=httpd_environment(self.module),
                start_new_session=True)
        wait_until("httpd to answer", self._answers)
        new_generation(self, set(), conf.CHILDREN)

    def _answers(self):
        if self.proc.poll() is not None:
            raise AssertionError("httpd ended at start (%d):\n%s\n%s" % (
                self.proc.returncode, self.read("logs/stderr"), self.read("logs/error_log")))
        try:
            socket.create_connection(("127.0.0.1", self.ports["main"]), 5).close()
            return bool(self.children())
        except OSError:
            return False

    def stop_httpd(self):
        if self.proc and self.proc.poll() is None:
            # Not SIGTERM: event's children then look at sockets of connections that end just now, and
            # may crash on it, in httpd itself.
            self.proc.send_signal(signal.SIGWINCH)
            try:
                self.proc.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self.proc.pid, signal.SIGKILL)
                raise

    def close(self):
        """Stop everything, keep the logs in the build folder, and have a last look at them."""
        try:
            self.stop_httpd()
            self.log.check()
            self._no_secrets()
        finally:
            if self.proxy:
                self.proxy.close()
            if self.issuer:
                self.issuer.close()
            self.db.destroy()
            kept = os.path.join(build_folder(), os.environ.get("SCIM_LOGS", "e2e-logs"),
                                self.db.name)
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(os.path.join(self.root, "logs"), kept)
            shutil.copy(os.path.join(self.root, "conf", "httpd.conf"), kept)
            shutil.rmtree(self.root)

    def _no_secrets(self):
        text = self.read("logs/error_log")
        assert not re.search("scim_[A-Za-z0-9_-]{43}", text), "a token is in the error log"
        for secret in ("1mz050nq", "n3w-Passw0rd", "tok-plain-", "tok-many-", "tok-in-file",
                       "sekret-", "j4ne-Passw0rd", "secret of an issuer", "of + the",
                       "of+%2B+the", "eyJhbGci", "sec-", "pw-"):
            assert secret not in text, "a secret is in the error log"

    def _certificate(self):
        database.run(database.need_program("openssl"), "req", "-x509", "-newkey", "rsa:2048",
                     "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
                     "subjectAltName=DNS:localhost,IP:127.0.0.1",
                     "-addext", "basicConstraints=critical,CA:FALSE",
                     "-keyout", os.path.join(self.root, "conf", "key.pem"),
                     "-out", os.path.join(self.root, "conf", "cert.pem"))

    def _issuer(self):
        """Before httpd: it fetches key sets when it starts."""
        self.issuer = Issuer(*(os.path.join(self.root, "conf", name)
                               for name in ("cert.pem", "key.pem")))
        self.ports.update(self.issuer.ports())
        for name, text in self.issuer.files().items():
            self.write("conf/" + name, text)

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as out:
            out.write(text)

    def read(self, name):
        with open(os.path.join(self.root, name), encoding="utf-8", errors="replace") as text:
            return text.read()

    # ---- processes ----

    def children(self):
        """Process ids of httpd's children."""
        path = "/proc/%d/task/%d/children" % (self.proc.pid, self.proc.pid)
        with open(path, encoding="ascii") as text:
            return [int(pid) for pid in text.read().split()]

    def graceful(self):
        """Reload as `apachectl graceful` does; back when the new generation serves."""
        before = self.read("logs/error_log").count("AH00489")
        children = set(self.children())
        self.proc.send_signal(signal.SIGUSR1)
        wait_until("httpd to have reloaded",
                   lambda: self.read("logs/error_log").count("AH00489") > before)
        new_generation(self, children, conf.CHILDREN)

    def watched(self):
        """For a fixture: the error log since the test began. Unexpected warnings in it fail the test."""
        self.log.mark()
        yield self.log
        try:
            self.db.ensure_up()
            if self.log.reload_after:
                self.graceful()
            self.log.check()
        finally:
            self.log.mark()

    # ---- tenants ----

    def base(self, port="main", path="/scim/v2", host="127.0.0.1", scheme="http"):
        return "%s://%s:%d%s" % (scheme, host, self.ports[port], path)

    def take(self, flavour="plain"):
        """A tenant that no test has used."""
        assert self.free[flavour], "conf.py prepares too few tenants of flavour " + flavour
        name = self.free[flavour].pop(0)
        port = "tenants" if flavour in conf_tenants.FLAVOURS else \
            "oauth" if flavour in conf_oauth.FLAVOURS else \
            "console" if flavour in conf_console.FLAVOURS else "main"
        return Tenant(name, self.base(port, "/t/%s/scim/v2" % name), conf.token_of(name))

    def vhost(self, port, name, path="/scim/v2"):
        """The tenant of a vhost; shared by the tests that use it."""
        if port == "tls":
            ca = os.path.join(self.root, "conf", "cert.pem")
            return Tenant(name, self.base(port, path, "localhost", "https"),
                          conf.token_of(name), ca)
        return Tenant(name, self.base(port, path), conf.token_of(name))
