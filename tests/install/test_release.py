# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""The tarball builds and tests itself; `make install` puts one clean module and its data where they
belong; nothing of this touches the httpd of the machine."""
import pathlib
import re
import shutil
import subprocess

import pytest

from install_env import BUILD, TOP, capture, tree


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    root = tmp_path_factory.mktemp("root")
    capture(["make", "install", f"DESTDIR={root}"], cwd=BUILD)
    return root


def live_modules():
    folder = pathlib.Path(capture(["apxs", "-q", "LIBEXECDIR"]).strip())
    return {p.name: (p.stat().st_mtime_ns, p.stat().st_size, p.stat().st_ino)
            for p in [folder, *folder.iterdir()]}


def test_distcheck_leaves_the_live_modules_alone():
    before = live_modules()
    # This is where the tests, too, are compiled with -O2 and no sanitizer, which warns of more.
    capture(["make", "-j2", "distcheck",
             "DISTCHECK_CONFIGURE_FLAGS=--enable-werror CFLAGS=-O2"], cwd=BUILD)
    assert live_modules() == before


def test_tarball_holds_what_is_in_the_sources(tarball):
    for folder in ("conf", "docs", "mod_scim", "sql", "tests", "tools"):
        released, source = tree(tarball / folder), tree(TOP / folder)
        assert (released - source, source - released) == (set(), set()), folder
    for name in ("README.md", "CHANGES", "LICENSE", "configure"):
        assert (tarball / name).is_file(), name


def test_install_puts_nothing_else_anywhere(installed):
    modules = pathlib.Path(capture(["apxs", "-q", "LIBEXECDIR"]).strip())
    data = pathlib.Path("/usr/local/share/mod_scim")
    expected = {modules / "mod_scim.so", pathlib.Path("/usr/local/sbin/scimctl"),
                pathlib.Path("/usr/local/share/man/man8/scimctl.8")}
    for folder in ("conf", "sql"):
        expected |= {data / folder / name for name in tree(TOP / folder)}
    expected |= {data / "console" / name for name in tree(TOP / "mod_scim" / "console")}
    found = {pathlib.Path("/") / name for name in tree(installed)}
    assert (found - expected, expected - found) == (set(), set())


def test_module_exports_one_symbol(installed):
    module = next(installed.rglob("mod_scim.so"))
    symbols = capture(["nm", "-D", "--defined-only", module]).split()[2::3]
    assert symbols == ["scim_module"]


def test_scimctl_makes_the_tables_from_what_is_installed(tmp_path):
    """As an operator would: install, db init, and nothing said of where the files are."""
    prefix = tmp_path / "prefix"
    build = BUILD.parent / "operator"
    shutil.rmtree(build, ignore_errors=True)
    build.mkdir()
    capture([TOP / "configure", f"--prefix={prefix}", f"--with-moduledir={prefix}/modules"],
            cwd=build)
    capture(["make", "-j2", "install"], cwd=build)
    scimctl = prefix / "sbin" / "scimctl"
    (tmp_path / "params").write_text(f"{tmp_path}/scim.db\n")
    where = ["--driver", "sqlite3", "--params-file", tmp_path / "params"]
    assert '"state":"made"' in capture([scimctl, *where, "db", "init"])
    assert '"state":"ok"' in capture([scimctl, *where, "db", "check"])
    assert capture([scimctl, *where, "-t", "a", "export"]) == ""
    assert re.fullmatch(r"scimctl [0-9.]+\n", capture([scimctl, "--version"]))
    page = capture(["man", "-l", prefix / "share" / "man" / "man8" / "scimctl.8"],
                   env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANPAGER": "cat"})
    assert "db init" in page and "EXIT STATUS" in page
    capture(["make", "uninstall"], cwd=build)
    assert not scimctl.exists() and not list(prefix.rglob("*.so"))


LIVE = "/usr/lib/apache2/modules"


def configtest(folder, *lines):
    """What `apachectl configtest` says of these lines, on top of the least that httpd needs."""
    conf = folder / "httpd.conf"
    conf.write_text("\n".join([
        f'ServerRoot "{folder}"',
        "ServerName localhost",
        "Listen 127.0.0.1:9",
        f'ErrorLog "{folder}/error.log"',
        f"LoadModule mpm_event_module {LIVE}/mod_mpm_event.so",
        f"LoadModule authz_core_module {LIVE}/mod_authz_core.so",
        f"LoadModule ssl_module {LIVE}/mod_ssl.so",
        *lines]) + "\n")
    result = subprocess.run(["/usr/sbin/apache2", "-t", "-f", conf], capture_output=True, text=True)
    return result.returncode, result.stderr.strip()


@pytest.mark.parametrize("order", [("dbd", "scim"), ("scim", "dbd")])
def test_httpd_loads_it_in_any_order(installed, tmp_path, order):
    path = {"dbd": f"{LIVE}/mod_dbd.so", "scim": next(installed.rglob("mod_scim.so"))}
    assert configtest(
        tmp_path,
        *[f'LoadModule {name}_module "{path[name]}"' for name in order],
        "DBDriver sqlite3",
        f'DBDParams "{tmp_path}/scim.db"',
        "ScimEnable On",
        "ScimTenant demo",
        f"ScimToken sha256:{'0' * 64}") == (0, "Syntax OK")


@pytest.mark.parametrize("name", ["README.md", "docs/install.md", "conf/scim-example.conf"])
def test_the_configuration_that_is_shown_is_right(installed, tmp_path, name):
    """Only the files that it names are others: the certificate, the token file, the new module."""
    text = (TOP / name).read_text()
    if name.endswith(".md"):
        blocks = re.findall(r"(?:^(?:    .*)?\n)+", text, re.M)
        text = "\n".join(b for b in blocks if "<VirtualHost" in b)
    assert "ScimEnable" in text and "DBDParams" in text
    capture(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
             "-keyout", tmp_path / "key", "-out", tmp_path / "pem"])
    (tmp_path / "tokens").write_text(f"sha256:{'0' * 64} okta\n")
    text = re.sub(r"(SSLCertificateFile\s+)\S+", rf"\1{tmp_path}/pem", text)
    text = re.sub(r"(SSLCertificateKeyFile\s+)\S+", rf"\1{tmp_path}/key", text)
    text = re.sub(r"(ScimTokenFile\s+)\S+", rf"\1{tmp_path}/tokens", text)
    text = re.sub(r"LoadModule.*\n", "", text)
    assert configtest(tmp_path, f"LoadModule dbd_module {LIVE}/mod_dbd.so",
                      f'LoadModule scim_module "{next(installed.rglob("mod_scim.so"))}"',
                      text) == (0, "Syntax OK")
