# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""tools/quickstart as a newcomer and as a script meet it, from the unpacked release."""
import json
import pathlib
import re
import shlex
import shutil
import signal
import stat
import subprocess
import time

import pytest

from install_env import capture

OUTSIDE = pathlib.Path("/var/tmp")


class Quickstart:
    def __init__(self, tree):
        self.tree = tree
        self.folder = tree / "build" / "quickstart"
        self.command = str(tree / "tools" / "quickstart")
        self.others = set(OUTSIDE.glob("mod_scim-*"))

    def run(self, *options):
        """Run to the end, from another current folder; returns (exit code, output)."""
        result = subprocess.run([self.command, *options], cwd="/", text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, timeout=600)
        return result.returncode, result.stdout

    def good(self, *options):
        code, output = self.run(*options)
        assert code == 0, output
        return output

    def env(self):
        """build/quickstart/env as a shell understands it."""
        text = capture(["sh", "-c", f". {shlex.quote(str(self.folder / 'env'))} && printf '%s\\n' "
                        '"$SCIM_BASE_URL" "$SCIM_TOKEN" "$SCIM_CA" "$SCIM_PID"'])
        return text.split("\n")[:4]

    def outside(self):
        """What this quickstart has made outside its folder."""
        return sorted(set(OUTSIDE.glob("mod_scim-*")) - self.others)

    def processes(self):
        """Processes that have to do with this quickstart: their command lines by pid."""
        found, ours = {}, [str(p).encode() for p in [self.folder, *self.outside()]]
        for cmdline in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = cmdline.read_bytes()
            except OSError:
                continue
            if any(path in words for path in ours):
                found[cmdline.parent.name] = words.replace(b"\0", b" ").decode()
        return found

    def assert_nothing_left(self):
        deadline = time.monotonic() + 10
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.1)
        assert self.processes() == {}
        assert not (self.folder / "env").exists()
        assert self.outside() == []


class Foreground:
    """A quickstart that stays; its output is read up to the line that says it stays."""

    def __init__(self, quickstart, *options):
        # As in a terminal: tests that run in the background of a shell inherit an ignored SIGINT,
        # and a shell script cannot undo that.
        interruptible = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
        self.process = subprocess.Popen([quickstart.command, *options], cwd="/", text=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, start_new_session=True,
                                        preexec_fn=interruptible)
        self.output = ""
        for line in self.process.stdout:
            self.output += line
            if "Ctrl-C" in line:
                return
        raise AssertionError(self.output)

    def end(self, number):
        self.process.send_signal(number)
        code = self.process.wait(timeout=60)
        self.process.stdout.close()
        return code


@pytest.fixture
def quickstart(tarball):
    started = Quickstart(tarball)
    yield started
    started.run("--stop")


def get(base, token, ca, path):
    return json.loads(capture(["curl", "-sS", "--fail", *(["--cacert", ca] if ca else []),
                               "-H", f"Authorization: Bearer {token}", base + path]))


def test_detached_plain_and_empty(quickstart):
    quickstart.good("--detach", "--plain", "--empty")
    base, token, ca, pid = quickstart.env()
    assert stat.S_IMODE((quickstart.folder / "env").stat().st_mode) == 0o600
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/scim/v2", base)
    assert ca == ""
    assert pathlib.Path(f"/proc/{pid}/comm").read_text() == "apache2\n"
    assert get(base, token, ca, "/Users")["totalResults"] == 0
    assert get(base, token, ca, "/Groups")["totalResults"] == 0
    assert token not in (quickstart.folder / "server/conf/httpd.conf").read_text()

    # A second one refuses and leaves the first alone.
    code, output = quickstart.run("--detach", "--plain", "--empty")
    assert code == 1 and base in output and "--stop" in output
    assert get(base, token, ca, "/Users")["totalResults"] == 0

    quickstart.good("--stop")
    quickstart.assert_nothing_left()
    quickstart.good("--stop")


def test_options_that_are_wrong(quickstart):
    assert quickstart.run("--db", "oracle")[0] == 1
    assert quickstart.run("--port", "70000")[0] == 1
    assert quickstart.run("--what")[0] == 2
    assert quickstart.run("--port")[0] == 2
    assert quickstart.run("--example", "acme")[0] == 1
    assert quickstart.run("--example", "saleo", "--plain")[0] == 1


@pytest.mark.parametrize("db", ["sqlite", "mariadb"])
def test_sequence_over_tls_until_control_c(quickstart, db):
    running = Foreground(quickstart, "--db", db)
    lines = [line for line in running.output.splitlines() if line.startswith("curl ")]
    assert len(lines) == 3, running.output
    for line in lines:
        answer = json.loads(capture(["bash", "-c", line + " --fail"]))
        assert "schemas" in answer
    base, token, ca, _ = quickstart.env()
    found = get(base, token, ca, "/Users?filter=userName%20eq%20%22ada@example.com%22")
    assert found["totalResults"] == 1
    # A certificate is asked for, and no other one will do.
    refused = subprocess.run(["curl", "-sS", base + "/Users"], capture_output=True)
    assert refused.returncode == 60

    assert running.end(signal.SIGINT) == 0
    quickstart.assert_nothing_left()


# Rows that the tour must show in the application's tables: (a part of the SELECT, cells of a row);
# a column whose value differs from run to run is None. The last look at a table is meant.
OUTCOMES = {
    "saleo": [("FROM saleo_user", ["grace@saleo.example", "Grace", "Hopper", "ADMIN", "1"]),
              ("FROM saleo_user", [None, "Ada", "Lovelace", "CREATOR", "0"]),
              ("FROM saleo_team", ["Demo makers", "grace@saleo.example"])],
    "haiilo": [("FROM haiilo_account", ["2", "early@haiilo.example", "Earlier", "41"]),
               ("FROM haiilo_account", ["3", "untouched@haiilo.example", "Never", "7"]),
               ("FROM haiilo_account", [None, None, "Mia", "0"]),
               ("FROM haiilo_group", ["Tampere", None])],
    "preset": [("FROM preset_team_member", ["acme", "carol@preset.example", "User", "auth0|4711"]),
               ("FROM preset_team_member", ["other", "carol@preset.example", "User", "auth0|4711"])],
    "condeco": [("FROM condeco_person", ["266", None, None, "en-GB", "INACTIVE", "0"]),
                ("FROM condeco_group", [None, None])],
}


def shown(output, select):
    """The rows of the last table that the tour printed for a SELECT, as lists of cells."""
    rows = []
    for line in output.split(select)[-1].splitlines()[1:]:
        if not line.startswith("   "):
            break
        # SQLite draws its tables with a line of its own; MariaDB's might be a part of a value.
        cells = re.split(" *│ *| +[|] +|^ *[|] +| +[|]$", line.strip())
        rows.append([cell.strip() for cell in cells[1:-1]])
    return rows


@pytest.mark.parametrize("db", ["sqlite", "mariadb"])
@pytest.mark.parametrize("example", sorted(OUTCOMES))
def test_example_and_what_it_does_to_the_applications_tables(quickstart, example, db):
    running = Foreground(quickstart, "--example", example, "--db", db)
    assert "requests, everything as Okta needs it" in running.output
    for select, wanted in OUTCOMES[example]:
        rows = shown(running.output, select)
        assert any(len(row) == len(wanted) and all(w in (None, c) for w, c in zip(wanted, row))
                   for row in rows), (wanted, rows, running.output)
    lines = [line for line in running.output.splitlines() if line.startswith("curl ")]
    assert len(lines) == 3, running.output
    for line in lines:
        assert "schemas" in json.loads(capture(["bash", "-c", line + " --fail"]))
    operator = [line for line in running.output.splitlines() if "/scimctl --config " in line]
    assert "ada@example.com" in capture(["bash", "-c", *operator])
    log = (quickstart.folder / "server/logs/error.log").read_text()
    assert not re.findall(r"^.*:(?:warn|error|crit|alert|emerg)\].*$", log, re.MULTILINE)
    assert running.end(signal.SIGINT) == 0
    quickstart.assert_nothing_left()


def test_after_a_kill_the_next_one_starts_afresh(quickstart):
    first = Foreground(quickstart, "--empty", "--plain")
    before = quickstart.env()
    first.end(signal.SIGKILL)
    second = Foreground(quickstart, "--empty", "--plain")
    base, token, ca, pid = quickstart.env()
    assert (token, pid) != (before[1], before[3])
    assert before[3] not in quickstart.processes() and pid in quickstart.processes()
    assert get(base, token, ca, "/Users")["totalResults"] == 0
    assert second.end(signal.SIGTERM) == 0
    quickstart.assert_nothing_left()


def test_a_port_that_is_taken_is_said(quickstart):
    quickstart.good("--detach", "--plain", "--empty")
    port = quickstart.env()[0].split(":")[2].split("/")[0]
    quickstart.good("--stop")
    quickstart.good("--detach", "--plain", "--empty", "--port", port)
    assert f":{port}/" in quickstart.env()[0]


def test_a_folder_with_a_space_that_only_root_enters(tarball, tmp_path):
    """libtool and DBDParams cannot have the space; httpd's children cannot enter the folder."""
    where = tmp_path / "a folder"
    where.mkdir(mode=0o700)
    shutil.copytree(tarball, where / "mod_scim", ignore=lambda *_: {"build"}, symlinks=True)
    quickstart = Quickstart(where / "mod_scim")
    try:
        quickstart.good("--detach", "--empty")
        base, token, ca, _ = quickstart.env()
        assert get(base, token, ca, "/Users")["totalResults"] == 0
    finally:
        quickstart.run("--stop")
    quickstart.assert_nothing_left()
