# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The bench's private database and httpd, and what can be read off them."""
import base64
import hashlib
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BENCH = ROOT / "tests" / "bench"

HTTPD_CONF = """\
ServerRoot "{work}"
DefaultRuntimeDir "{work}"
PidFile "{work}/httpd.pid"
ErrorLog "{work}/error.log"
LogLevel warn
Listen 127.0.0.1:{port}
ServerName localhost
User www-data
Group www-data
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule authn_core_module {modules}/mod_authn_core.so
LoadModule authn_file_module {modules}/mod_authn_file.so
LoadModule authz_user_module {modules}/mod_authz_user.so
LoadModule auth_basic_module {modules}/mod_auth_basic.so
LoadModule dbd_module {modules}/mod_dbd.so
LoadModule probe_module {build}/mod_probe.so
LoadModule scim_module {build}/.libs/mod_scim.so
KeepAlive On
MaxKeepAliveRequests 0
StartServers 2
ThreadsPerChild 25
MinSpareThreads 10
MaxSpareThreads 50
MaxRequestWorkers 50
DBDriver mysql
DBDParams "sock={sock} user=scim pass=scim dbname=scim fldsz=1048575 flags=CLIENT_FOUND_ROWS reconnect=0"
DBDPersist On
DBDMin 4
DBDKeep 25
DBDMax 25
<Location "/scim/v2">
  ScimEnable On
  ScimTenant bench
  ScimToken sha256:{digest} bench
  ScimTokenStore On
  ScimJWTIssuer bench
  ScimJWTAudience bench
  ScimJWTAlgorithms RS256 ES256
  ScimJWTKeyFile "{work}/rsa.pem"
  ScimJWTKeyFile "{work}/ec.pem"
</Location>
# The same with ten rules, one of each kind, that everything the bench writes obeys.
<Location "/ruled/scim/v2">
  ScimEnable On
  ScimTenant bench
  ScimToken sha256:{digest} bench
  ScimAttribute User externalId required immutable max=100
  ScimAttribute User name.givenName required max=40
  ScimAttribute User name.familyName required forbid=_#%
  ScimAttribute User emails[primary eq true].value required format=email
  ScimAttribute User displayName min=2
  ScimAttribute User title pattern=[A-Za-z]+
  ScimAttribute User locale format=locale
  ScimAttribute User addresses[type eq "work"].country format=country fold=upper
  ScimAttribute User phoneNumbers.type values=work,home,mobile
  ScimAttribute User userType values=admin,user default=user
</Location>
<Location "/mapped/scim/v2">
  ScimEnable On
  ScimTenant mapped
  ScimToken sha256:{digest} bench
  ScimMapTable User people key=id
  ScimMap User userName login
  ScimMap User "emails[type eq \\"work\\"].value" email
  ScimMap User name.givenName given
  ScimMap User name.familyName family
  ScimMap User displayName display
  ScimMap User title title
  ScimMap User active active
  ScimMap User "phoneNumbers[type eq \\"work\\"].value" phone
  ScimMap User addresses.locality city
  ScimMap User addresses.country country
</Location>
# The same without the audit trail.
<Location "/unaudited/scim/v2">
  ScimEnable On
  ScimTenant bench
  ScimToken sha256:{digest} bench
  ScimAudit Off
</Location>
# What an administrator sees of it.
<Location "/console">
  ScimConsole On
  ScimConsoleFiles "{work}/page"
  ScimTenant bench
  AuthType Basic
  AuthName bench
  AuthBasicProvider file
  AuthUserFile "{work}/admins"
  Require valid-user
</Location>
<Location "/probe">
  SetHandler probe
</Location>
# A static page for whom the probe says to be there: anybody, who is provisioned, and the same remembered.
DocumentRoot "{work}/htdocs"
<Location "/pages">
  AuthType probe
  ScimAuthzTenant bench
  Require valid-user
</Location>
<Location "/pages/required">
  Require scim-user
</Location>
<Location "/pages/cached">
  ScimAuthzCache 60
  Require scim-user
</Location>
"""

# A table as the probe's INSERT needs it: three indexes beside the primary key.
PROBE_TABLE = """\
CREATE TABLE probe_insert(rid BIGINT AUTO_INCREMENT PRIMARY KEY, id VARBINARY(255) NOT NULL,
uname VARBINARY(255) NOT NULL, external_id VARBINARY(255), doc MEDIUMTEXT,
UNIQUE(id), UNIQUE(uname), KEY(external_id)) ENGINE=InnoDB"""

# An application's table for ten mapped columns.
PEOPLE_TABLE = """\
CREATE TABLE people(id INT AUTO_INCREMENT PRIMARY KEY, login VARCHAR(100) NOT NULL UNIQUE,
email VARCHAR(100) UNIQUE, given VARCHAR(60), family VARCHAR(60), display VARCHAR(100),
title VARCHAR(60), active TINYINT NOT NULL, phone VARCHAR(40), city VARCHAR(60),
country CHAR(2)) ENGINE=InnoDB"""


def sh(*args, **kw):
    return subprocess.run([str(a) for a in args], check=True, **kw)


def flags_of(*packages):
    return subprocess.run(["pkg-config", "--cflags", "--libs", *packages], check=True,
                          capture_output=True, text=True).stdout.split()


def build(folder):
    """An optimised module, the loader and the probe, out of the source tree."""
    sh(ROOT / "tools" / "packages", "build", "run", "mariadb", "bench")
    folder.mkdir(parents=True, exist_ok=True)
    if not (ROOT / "configure").exists():
        sh("autoreconf", "-fi", cwd=ROOT)
    if not (folder / "Makefile").exists():
        sh(ROOT / "configure", "--quiet", "CFLAGS=-O2 -g", cwd=folder)
    with open(folder / "build.log", "wb") as log:
        sh("make", "-j2", cwd=folder, stdout=log, stderr=log)
    flags = flags_of("apr-1", "apr-util-1", "jansson", "icu-uc", "icu-i18n", "libcrypto")
    sh("gcc", "-O2", "-std=gnu99", "-Wall", "-o", folder / "load", BENCH / "load.c",
       *[f"-I{ROOT}/mod_scim/{d}" for d in ("core", "store")],
       folder / ".libs/libscimstore.a", folder / ".libs/libscimcore.a", *flags)
    include = subprocess.run(["apxs", "-q", "INCLUDEDIR"], check=True, capture_output=True,
                             text=True).stdout.strip()
    sh("gcc", "-O2", "-shared", "-fPIC", "-o", folder / "mod_probe.so", BENCH / "mod_probe.c",
       f"-I{include}", *[f for f in flags if f.startswith(("-I", "-D"))], "-D_GNU_SOURCE")


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def two_numbers(der):
    """An ECDSA signature as JWS has it (RFC 7518 section 3.4), from the one in DER."""
    out, at = b"", 2
    for _ in range(2):
        length = der[at + 1]
        out += der[at + 2:at + 2 + length].lstrip(b"\0").rjust(32, b"\0")
        at += 2 + length
    return out


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Server:
    """One private database and one private httpd, which carries the module and the probe."""

    def __init__(self, work, folder):
        self.work, self.folder = work, folder
        self.token = secrets.token_urlsafe(24)
        self.port = free_port()
        self.sock = work / "db" / "mariadb.sock"

    def sql(self, text, table=False):
        out = subprocess.run(["mariadb", f"--socket={self.sock}", "-uscim", "-pscim", "-N", "scim"],
                             input=text, check=True, capture_output=True, text=True).stdout
        return [line.split("\t") for line in out.splitlines()] if table else out

    def start(self, users, groups):
        """Durable commits. The buffer pool holds the data at every scale: 2.5 kB a user and more."""
        environment = dict(
            os.environ, SCIM_BUFFER_POOL="4G" if users > 100000 else "512M",
            SCIM_MARIADB_OPTIONS="--thread-handling=pool-of-threads --innodb-log-file-size=512M")
        sh(ROOT / "tools/mariadb-private", "start", self.work / "db", stdout=subprocess.DEVNULL,
           env=environment)
        for path in sorted((ROOT / "sql/mysql").glob("*.sql")):
            self.sql(path.read_text())
        self.sql(PROBE_TABLE)
        self.sql(PEOPLE_TABLE)
        began = time.monotonic()
        with open(self.work / "data", "w", encoding="ascii") as data:
            sh(self.folder / "load", self.sock, users, *groups, stdout=data)
            self.add_token(data)
            self.add_signed(data)
        print(f"loaded {users} users and groups of {groups} in {time.monotonic() - began:.1f} s",
              flush=True)
        self.sql("ANALYZE TABLE scim_resource, scim_value, scim_member")
        self.start_httpd()

    def add_token(self, data):
        """A token of the database whose use need not be noted any more."""
        token = secrets.token_urlsafe(24)
        self.sql("INSERT INTO scim_tenant (tenant, created) VALUES ('bench', 1);"
                 "INSERT INTO scim_token (id, tenant, hash, kind, label, created, used, state) VALUES "
                 "('bench', 'bench', SHA2('" + token + "', 256), 'token', 'bench', 1, "
                 "4000000000000, 'on')")
        print("token - " + token, file=data)

    def add_signed(self, data):
        """Tokens signed by an issuer's keys, for the bench's tenant."""
        for name, alg, make in (("rsa", "RS256", ["-algorithm", "RSA"]),
                                ("ec", "ES256", ["-algorithm", "EC", "-pkeyopt",
                                                 "ec_paramgen_curve:P-256"])):
            private = self.work / (name + ".key")
            sh("openssl", "genpkey", *make, "-out", private, stderr=subprocess.DEVNULL)
            sh("openssl", "pkey", "-in", private, "-pubout", "-out", self.work / (name + ".pem"))
            claims = {"iss": "bench", "aud": "bench", "sub": "bench", "jti": secrets.token_hex(16),
                      "exp": int(time.time()) + 86400}
            text = ".".join(base64url(json.dumps(x).encode())
                            for x in ({"alg": alg, "typ": "JWT"}, claims))
            signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", private],
                                       input=text.encode(), check=True, capture_output=True).stdout
            if name == "ec":
                signature = two_numbers(signature)
            print(name + " - " + text + "." + base64url(signature), file=data)

    def start_httpd(self):
        conf = HTTPD_CONF.format(work=self.work, port=self.port, build=self.folder, sock=self.sock,
                                 modules="/usr/lib/apache2/modules",
                                 digest=hashlib.sha256(self.token.encode()).hexdigest())
        (self.work / "httpd.conf").write_text(conf)
        for name in ("open", "required", "cached"):
            (self.work / "htdocs" / "pages" / name).mkdir(parents=True)
            (self.work / "htdocs" / "pages" / name / "page.html").write_text("x" * 1024)
        (self.work / "page").mkdir()
        (self.work / "page" / "index.html").write_text("<!DOCTYPE html>")
        (self.work / "admins").write_text("bench:{SHA}%s\n" % base64.b64encode(
            hashlib.sha1(b"bench").digest()).decode())
        sh("/usr/sbin/apache2", "-f", self.work / "httpd.conf")
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port)).close()
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def stop(self):
        pid = self.work / "httpd.pid"
        if pid.exists():
            os.kill(int(pid.read_text()), signal.SIGTERM)
        sh(ROOT / "tools/mariadb-private", "stop", self.work / "db", stdout=subprocess.DEVNULL)

    def remove(self):
        shutil.rmtree(self.work, ignore_errors=True)

    def httpd_pids(self):
        """The parent and its children."""
        pid = (self.work / "httpd.pid").read_text().strip()
        out = subprocess.run(["ps", "-o", "pid=", "--pid", pid, "--ppid", pid],
                             capture_output=True, text=True, check=True).stdout
        return [int(x) for x in out.split()]

    def database_pid(self):
        out = self.sql("SELECT @@pid_file").strip()
        return int(pathlib.Path(out).read_text())

    def memory_mb(self):
        """Resident memory of httpd's processes; a page that several share counts once (PSS)."""
        total = 0
        for pid in self.httpd_pids():
            for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        return total / 1024

    def cpu_seconds(self):
        """Processor time of httpd and of the database so far: what other jobs do not disturb."""
        ticks = os.sysconf("SC_CLK_TCK")

        def used(pids):
            fields = [pathlib.Path(f"/proc/{p}/stat").read_text().rsplit(")", 1)[1].split()
                      for p in pids]
            return sum(int(f[11]) + int(f[12]) for f in fields) / ticks
        return used(self.httpd_pids()), used([self.database_pid()])

    def round_trips(self):
        """Statements, pings and transactions that the database has answered so far."""
        return sum(int(v) for _, v in self.sql(
            "SHOW GLOBAL STATUS WHERE Variable_name IN ('Com_stmt_execute','Com_admin_commands',"
            "'Com_begin','Com_commit','Com_set_option')", table=True))
