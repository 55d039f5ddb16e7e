# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The databases under test, and a way round the module to look into them."""

import os
import pathlib
import shutil
import sqlite3
import subprocess

TOP = pathlib.Path(__file__).resolve().parents[2]


def run(*args, **kwargs):
    """Run a command; on failure raise with everything it said."""
    done = subprocess.run([str(a) for a in args], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, **kwargs)
    if done.returncode:
        raise RuntimeError("%s failed (%d):\n%s" % (args[0], done.returncode, done.stdout))
    return done.stdout


def need_program(name):
    """Path of a program; missing is a failure, never a skip."""
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin")
    if not path:
        raise RuntimeError("%s is not installed; tools/test installs what the tests need" % name)
    return path


def migrations(folder):
    files = sorted((TOP / "sql" / folder).glob("[0-9]*.sql"))
    if not files:
        raise RuntimeError("no migrations in sql/" + folder)
    return files


def schema(folder):
    """What a test's database is made of: the module's tables, and an application's own."""
    return migrations(folder) + [TOP / "tests" / "e2e" / "app" / (folder + ".sql")]


class Sqlite:
    name = "sqlite"
    driver = "sqlite3"

    def __init__(self, root):
        self.folder = os.path.join(root, "db")
        self.file = os.path.join(self.folder, "scim.db")
        self.second = os.path.join(self.folder, "second.db")
        self.params = self.cut_params = self.file
        self.second_params = self.second

    def create(self, user):
        os.makedirs(self.folder, exist_ok=True)
        for file in (self.file, self.second):
            for sql in schema("sqlite"):
                with open(sql, "rb") as text:
                    run(need_program("sqlite3"), "-bail", file, stdin=text)
        if user:
            for path in (self.folder, self.file, self.second):
                shutil.chown(path, user, user)

    def query(self, sql):
        """Rows of a SELECT as tuples of text."""
        db = sqlite3.connect("file:%s?mode=ro" % self.file, uri=True, timeout=30)
        rows = db.execute(sql).fetchall()
        db.close()
        return [tuple(None if v is None else str(v) for v in row) for row in rows]

    def execute(self, sql, file=None):
        db = sqlite3.connect(file or self.file, timeout=30)
        with db:
            db.execute(sql)
        db.close()

    def execute_second(self, sql):
        """In the other database."""
        self.execute(sql, self.second)

    def lock(self, tenant, resource_id):
        """Keep every writer out until the lock is closed."""
        return SqliteLock(self.file)

    def ensure_up(self):
        pass

    def destroy(self):
        pass


class SqliteLock:
    def __init__(self, file):
        self.db = sqlite3.connect(file, timeout=30, isolation_level=None,
                                  check_same_thread=False)
        self.db.execute("BEGIN IMMEDIATE")

    def close(self):
        self.db.execute("ROLLBACK")
        self.db.close()


class Mariadb:
    name = "mariadb"
    driver = "mysql"
    tool = TOP / "tools" / "mariadb-private"

    def __init__(self, root):
        self.folder = os.path.join(root, "mariadb")
        self.socket = os.path.join(self.folder, "mariadb.sock")
        self.cut_socket = os.path.join(root, "run", "cut.sock")
        params = ("sock=%s user=scim pass=scim dbname=scim fldsz=1048575 "
                  "flags=CLIENT_FOUND_ROWS reconnect=0")
        self.params = params % self.socket
        self.cut_params = params % self.cut_socket
        self.second_params = self.params.replace("dbname=scim ", "dbname=scim2 ")
        self.up = False

    def create(self, user):
        need_program("mariadbd")
        need_program("mariadb")
        self.start()
        self.admin("CREATE DATABASE scim2 CHARACTER SET utf8mb4; "
                   "GRANT ALL ON scim2.* TO scim@localhost")
        for name in ("scim", "scim2"):
            for sql in schema("mysql"):
                with open(sql, "rb") as text:
                    run(*self.client(name=name), stdin=text)

    def client(self, user="scim", password="scim", name="scim"):
        return [need_program("mariadb"), "--no-defaults", "--socket=" + self.socket,
                "--user=" + user, "--password=" + password, "--default-character-set=utf8mb4",
                name]

    def _tool(self, verb):
        # The server it starts outlives it: its output must not be a pipe that we wait on.
        with open(self.folder + ".log", "a+", encoding="utf-8") as log:
            done = subprocess.run([str(self.tool), verb, self.folder], stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, check=False)
            log.seek(0)
            if done.returncode:
                raise RuntimeError("mariadb-private %s failed:\n%s" % (verb, log.read()[-4000:]))

    def start(self):
        self._tool("start")
        self.up = True

    def stop(self):
        self.up = False
        self._tool("stop")

    def kill(self):
        self.up = False
        self._tool("kill")

    def ensure_up(self):
        if not self.up:
            self.start()

    def query(self, sql, *account):
        text = run(*self.client(*account), "--batch", "--raw", "--skip-column-names", "-e", sql)
        return [tuple(None if v == "NULL" else v for v in line.split("\t"))
                for line in text.splitlines()]

    def execute(self, sql):
        run(*self.client(), "-e", sql)

    def execute_second(self, sql):
        """In the other database."""
        run(*self.client(name="scim2"), "-e", sql)

    def admin(self, sql):
        """Rows of a statement that needs an administrator."""
        return self.query(sql, "root", "")

    def lock(self, tenant, resource_id):
        """Hold the row of a resource from another connection until the lock is closed."""
        return MariadbLock(self, tenant, resource_id)

    def destroy(self):
        self._tool("stop")


class MariadbLock:
    def __init__(self, database, tenant, resource_id):
        self.proc = subprocess.Popen(
            database.client() + ["--batch", "--unbuffered", "--skip-column-names"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.proc.stdin.write(
            "BEGIN; SELECT 'held', COUNT(*) FROM (SELECT rid FROM scim_resource WHERE tenant='%s' "
            "AND id='%s' FOR UPDATE) AS held;\n" % (tenant, resource_id))
        self.proc.stdin.flush()
        answer = self.proc.stdout.readline().split()
        if answer != ["held", "1"]:
            raise RuntimeError("the row could not be locked: %r" % answer)

    def close(self):
        self.proc.stdin.write("ROLLBACK;\n")
        self.proc.stdin.close()
        self.proc.wait(30)
        self.proc.stdout.close()


DATABASES = {"sqlite": Sqlite, "mariadb": Mariadb}
