# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Further servers: one on the database of the first, for tests that count, kill or reload."""

import http.client
import os
import shutil
import signal
import subprocess
import tempfile

import conf
from env import (ErrorLog, Tenant, free_ports, httpd_environment, httpd_program, module_path,
                 modules_dir, new_generation, wait_until)

CONF = """\
ServerRoot {root}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {root}/pid
ErrorLog {root}/error_log
LogLevel notice scim:debug
DefaultRuntimeDir {root}
DocumentRoot {root}
SSLSessionCache shmcb:{root}/ssl_cache(65536)
ThreadsPerChild 10
ServerLimit 8
MaxRequestWorkers 80
GracefulShutdownTimeout 20
"""


class PrivateHttpd:
    """A httpd in a folder of its own; whoever makes one writes httpd.conf there."""

    def __init__(self, word):
        self.root = tempfile.mkdtemp(prefix="scim-e2e-%s-" % word)
        os.chmod(self.root, 0o755)
        self.port = free_ports([word])[word]
        self.proc = None

    def write_file(self, name, text):
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as out:
            out.write(text)

    def said(self, name="error_log"):
        """What is in one of its files; nothing if it is not there."""
        path = os.path.join(self.root, name)
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as text:
            return text.read()

    def start(self):
        with open(self.root + "/stderr", "wb") as err:
            self.proc = subprocess.Popen(
                [httpd_program(), "-f", self.root + "/httpd.conf", "-DFOREGROUND"], stdout=err,
                stderr=err, env=httpd_environment(module_path()), start_new_session=True)

        def serves():
            assert self.proc.poll() is None, \
                "httpd ended at its start: " + self.said("stderr") + self.said()
            return "AH00489" in self.said()
        wait_until("httpd to serve", serves)
        new_generation(self, set())
        return self

    def reload(self, how=signal.SIGUSR1):
        before = self.said().count("AH00489")
        children = set(self.children())
        self.proc.send_signal(how)
        wait_until("httpd to have reloaded", lambda: self.said().count("AH00489") > before)
        new_generation(self, children)

    def children(self):
        path = "/proc/%d/task/%d/children" % (self.proc.pid, self.proc.pid)
        with open(path, encoding="ascii") as text:
            return [int(pid) for pid in text.read().split()]

    def stop(self):
        if self.proc:
            self.proc.send_signal(signal.SIGWINCH)
            try:
                self.proc.wait(60)
            except subprocess.TimeoutExpired:
                os.killpg(self.proc.pid, signal.SIGKILL)
                raise

    def close(self):
        self.stop()
        shutil.rmtree(self.root)


class OwnHttpd(PrivateHttpd):
    """One server, its tenants below /NAME, with more lines of configuration by a test."""

    def __init__(self, driver, params, tenants=(), more="", modules=(), children=2):
        super().__init__("own")
        self.log = ErrorLog(self.root + "/error_log")
        self.fixed = (driver, params, modules, children)
        self.write(tenants, more)

    def write(self, tenants, more=""):
        """The configuration; it holds from the next start or reload on."""
        driver, params, modules, children = self.fixed
        text = conf.load_modules(module_path(), modules_dir())
        text += "".join("LoadModule %s_module %s/mod_%s.so\n" % (m, modules_dir(), m)
                        for m in modules)
        text += CONF.format(root=self.root, port=self.port)
        # httpd starts another child where one is killed, not where a few threads are busy: tests
        # count children, and take the database away when none is starting.
        text += "StartServers %d\nMinSpareThreads %d\nMaxSpareThreads 80\n" % (
            children, children * 10 - 5)
        if params:
            text += 'DBDriver %s\nDBDParams "%s"\n' % (driver, params)
        if os.geteuid() == 0:
            text += "User www-data\nGroup www-data\n"
        for name in tenants:
            text += "<Location /%s>\nScimEnable On\nScimTenant %s\nScimToken sha256:%s\n" \
                "ScimTokenStore On\n</Location>\n" % (name, name, conf.token_hash(name))
        self.write_file("httpd.conf", text + more)

    def tenant(self, name):
        return Tenant(name, "http://127.0.0.1:%d/%s" % (self.port, name), name)

    def ask(self, path, method="GET", headers=None):
        """(status, headers, text) over a connection of its own."""
        raw = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        raw.request(method, path, headers={"Connection": "close", **(headers or {})})
        got = raw.getresponse()
        text = got.read().decode()
        raw.close()
        return got.status, dict(got.getheaders()), text

    def close(self):
        self.stop()
        self.log.check()
        shutil.rmtree(self.root)
