# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""scimctl: what it says on a terminal and in a pipe, its exit codes, and that it does to a tenant
what a client's request would."""

import itertools
import json
import os
import re
import subprocess

import pytest

from ctl import Ctl, EmptyDatabase, alone, configuration
from database import TOP
from env import wait_until
from okta_wire import URN_ENTERPRISE, URN_GROUP, URN_USER

names = itertools.count(1)

# The main server of the tests' httpd; a virtual host that has another database serves its places too.
RUNNING = ("--server", "localhost")


def fresh(word="ctl"):
    """A tenant that no test has used."""
    return "%s-%d" % (word, next(names))


@pytest.fixture
def folder(env):
    """Below httpd's root, which its account may look into."""
    path = os.path.join(env.root, fresh("folder"))
    os.mkdir(path)
    return path


@pytest.fixture
def two(env, folder):
    """scimctl with two tenants, each in a virtual host, and their names."""
    one, other = fresh("one"), fresh("other")
    conf = configuration(env, folder, [(one, ""), (other, "ScimMaxDocument 4096")])
    return Ctl(env, conf), one, other


def user(user_name, **more):
    return dict({"schemas": [URN_USER], "userName": user_name}, **more)


def lines(*objects):
    return "".join(json.dumps(o) + "\n" for o in objects)


def without_meta(rows):
    """Members in one order: theirs is that in which they came to be."""
    rows = [{k: v for k, v in row.items() if k != "meta"} for row in rows]
    for row in rows:
        row.get("members", []).sort(key=lambda member: member["value"])
    return rows


# ---- databases ----------------------------------------------------------------------------------


def test_270_01_init_makes_every_table_once(env, folder):
    empty = EmptyDatabase(env, folder)
    ctl = Ctl(env, options=empty.options(folder))
    assert "db init" in ctl("db", "upgrade", code=4 if env.db.name == "sqlite" else 1).out
    assert ctl("db", "init").row()["state"] == "made"
    wanted = set()
    for file in (TOP / "sql" / ("sqlite" if env.db.name == "sqlite" else "mysql")).glob("*.sql"):
        wanted |= set(re.findall(r"CREATE TABLE (\w+)", file.read_text("utf-8")))
    assert len(wanted) > 5 and wanted <= set(empty.tables())
    again = ctl("db", "init", code=1).row()
    assert again["version"] == 1 and "nothing was done" in again["state"]
    assert "up to date" in ctl("db", "upgrade").row()["state"]
    check = Ctl(env, options=ctl.where[:-2])
    assert check("db", "check").row()["state"] == "ok"


def test_270_02_a_version_that_is_not_ours(env, folder):
    empty = EmptyDatabase(env, folder)
    ctl = Ctl(env, options=empty.options(folder))
    ctl("db", "init")
    empty.execute("INSERT INTO scim_schema_version (version) VALUES (99)")
    check = Ctl(env, options=ctl.where[:-2])
    for words in (("db", "check"), ("db", "upgrade", "--sql-dir", TOP / "sql")):
        row = check(*words, code=1).row()
        assert row["version"] == 99 and "newer" in row["state"]
    assert "newer" in check("user", "list", "--tenant", "x", code=1).err


def test_270_03_many_at_once_make_it_once(env, folder):
    empty = EmptyDatabase(env, folder)
    ctl = Ctl(env, options=empty.options(folder))
    running = [ctl.start("db", "init") for _ in range(4)]
    said = [proc.communicate(timeout=120) for proc in running]
    assert sum(proc.returncode == 0 for proc in running) >= 1, said
    check = Ctl(env, options=ctl.where[:-2])
    assert check("db", "check").row() == {"database": check("db", "check").row()["database"],
                                          "version": 1, "state": "ok"}
    rows = [json.loads(out) for out, _ in said]
    assert sum(row["state"] == "made" for row in rows) >= 1, rows


def test_270_04_a_run_that_broke_off_goes_on(env, folder):
    """MariaDB commits each table by itself, SQLite all of them together."""
    empty = EmptyDatabase(env, folder)
    ctl = Ctl(env, options=empty.options(folder))
    ddl = (TOP / "sql" / "mysql" / "001-base.sql").read_text("utf-8")
    tables = re.findall(r"^CREATE TABLE .*?^\).*?;", ddl, re.M | re.S)
    if env.db.name == "sqlite":
        with open(empty.params, "wb") as out:
            out.write(b"")
        bad = os.path.join(folder, "001-base.sql")
        with open(TOP / "sql" / "sqlite" / "001-base.sql", encoding="utf-8") as text:
            sql = text.read().replace("COMMIT;", "CREATE TABLE scim_resource (a);\nCOMMIT;")
        with open(bad, "w", encoding="utf-8") as out:
            out.write(sql)
        broken = Ctl(env, options=ctl.where[:-1] + [folder])
        assert "already exists" in broken("db", "init", code=1).row()["state"]
        assert empty.tables() == []
        assert ctl("db", "init").row()["state"] == "made"
        return
    empty.execute(tables[0] + tables[1])
    check = Ctl(env, options=ctl.where[:-2])
    assert "run it again" in check("db", "check", code=1).row()["state"]
    assert ctl("db", "init").row()["state"] == "completed: 2 tables were there of a run before"
    assert check("db", "check").row()["state"] == "ok"


def test_270_05_tables_of_somebody_else_are_left_alone(env, folder):
    empty = EmptyDatabase(env, folder)
    empty.execute("CREATE TABLE scim_resource (a INT)")
    ctl = Ctl(env, options=empty.options(folder))
    assert "exists" in ctl("db", "init", code=1).row()["state"]


def test_270_06_check_names_each_place(env, folder):
    empty = EmptyDatabase(env, folder)
    conf = configuration(env, folder, [(fresh(), ""), (fresh(), "DBDParams \"%s\"" % empty.params)])
    ctl = Ctl(env, conf)
    rows = ctl("db", "check", code=4 if env.db.name == "sqlite" else 1).rows()
    assert [row["state"] == "ok" for row in rows] == [True, False]
    assert [row["version"] for row in rows] == [1, None if env.db.name == "sqlite" else 0]
    assert ctl("db", "init", "--sql-dir", TOP / "sql", "--tenant", rows[1]["tenant"]).row()
    assert [row["state"] for row in ctl("db", "check").rows()] == ["ok", "ok"]
    shown = ctl.terminal("db", "check").text
    assert shown.startswith("PLACE ") and rows[0]["tenant"] in shown


# ---- the configuration --------------------------------------------------------------------------


def test_270_10_places_are_read_from_httpd(two):
    ctl, one, other = two
    rows = ctl("tenant", "list").rows()
    assert [row["tenant"] for row in rows] == [one, other]
    assert rows[0]["base"] == "/scim/v2" and rows[0]["server"] == "%s.example:8081" % one
    assert rows[0]["at"].endswith("tenant.inc:2")
    shown = ctl("tenant", "show", "--tenant", other).row()
    assert shown["settings"]["max_document"] == 4096
    assert shown["tokens"]["store"] is False and shown["tokens"]["configured"] == 1
    defined = ctl("tenant", "show", "--tenant", other, "-D", "CTL_STORE").row()
    assert defined["tokens"]["store"] is True and defined["tokens"]["limit"] == 3


def test_270_11_which_tenant_must_be_said(two):
    ctl, one, other = two
    refused = ctl("user", "list", code=2)
    assert one in refused.err and other in refused.err and not refused.out
    assert ctl("user", "list", "--server", one + ".example").out == ""
    assert "no such place" in ctl("user", "list", "--tenant", "nobody", code=3).err
    assert "no such place" in ctl("user", "list", "--base", "/elsewhere", code=3).err


def test_270_12_several_places_of_one_tenant_are_one(env, folder):
    name = fresh()
    place = "<Location /%s>\nScimEnable On\nScimTenant " + name + "\nScimToken sha256:" + "0" * 64
    extra = place % "a" + "\n</Location>\n" + place % "b" + "\n%s\n</Location>\n"
    ctl = Ctl(env, configuration(env, folder, [], extra=extra % ""))
    assert ctl("user", "list", "--tenant", name).out == ""
    ctl = Ctl(env, configuration(env, folder, [], extra=extra % "ScimMaxDocument 2048"))
    assert "--base /b" in ctl("user", "list", "--tenant", name, code=2).err
    assert ctl("user", "list", "--tenant", name, "--base", "/b").out == ""


def test_270_13_a_configuration_that_httpd_refuses(env, folder):
    conf = configuration(env, folder, [(fresh(), "ScimPageSize none")])
    said = Ctl(env, conf)("user", "list", code=1).err
    assert "ScimPageSize" in said and "httpd.conf" in said
    conf = configuration(env, folder, [])
    assert "serves no SCIM" in Ctl(env, conf)("tenant", "list", code=3).err
    ctl = Ctl(env, conf)
    ctl.where[1] = "/nonexistent/httpd"
    assert "/nonexistent/httpd" in ctl("tenant", "list", code=1).err


def test_270_17_a_tenant_of_the_path(env, folder):
    place = ("<Location /by>\nScimEnable On\nScimBase /by/{tenant}/v2\nScimTenantBy path\n"
             "ScimTokenStore On\n</Location>\n")
    ctl = Ctl(env, configuration(env, folder, [], extra=place))
    name = fresh()
    for words in (("tenant", "show"), ("token", "create", "-l", "x"), ("export",)):
        refused = ctl(*words, "-t", name, code=3)
        assert "tenant create " + name in refused.err and refused.out == ""
    ctl("tenant", "create", name)
    assert ctl("tenant", "show", "-t", name).row()["state"] == "on"
    assert ctl("import", "-t", name, data=lines(user("jane"))).row()["created"] == 1
    shown = ctl("user", "show", "jane", "-t", name).row()
    assert "/by/%s/v2/Users/" % name in shown["meta"]["location"]


def test_270_18_a_file_of_this_folder(env, two, folder):
    ctl, one, _ = two
    done = subprocess.run([ctl.command(())[0], "--httpd", ctl.where[1], "--config", "httpd.conf",
                           "tenant", "list", "--tenant", one], cwd=folder, env=ctl.environment,
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert one in done.stdout


def test_270_14_the_configuration_of_the_running_server(env, tenant):
    name = tenant.scim().add_user("jane")["userName"]
    ctl = Ctl(env, env.conf, RUNNING)
    assert ctl("user", "show", name, "--tenant", tenant.name).row()["userName"] == name


def test_270_15_a_password_is_never_shown(env, two, folder):
    ctl, one, _ = two
    for words in (("tenant", "list"), ("tenant", "show", "-t", one), ("db", "check")):
        assert "pass=" not in ctl(*words).out
    secret = "host=127.0.0.1 dbname=x user=y pass=s3cret"
    for params in (secret, "user=y p=s3cret"):
        refused = Ctl(env, options=["--driver", "mysql", "--params", params])("db", "check", code=2)
        assert "s3cret" not in refused.err + refused.out
    path = os.path.join(folder, "away")
    with open(path, "w", encoding="utf-8") as out:
        out.write("sock=/nonexistent/sock dbname=x user=y pass=s3cret")
    away = Ctl(env, options=["--driver", "mysql", "--params-file", path, "-t", "x"])
    refused = away("user", "list", code=4)
    assert "s3cret" not in refused.err and "/nonexistent/sock" in refused.err


def test_270_16_another_database_account(env, folder):
    if env.db.name != "mariadb":
        refused = Ctl(env, configuration(env, folder, [(fresh(), "")]))(
            "db", "check", "--db-user", "x", code=2)
        assert "SQLite" in refused.err
        return
    conf = configuration(env, folder, [(fresh(), "")], params=env.db.params.replace(
        "user=scim pass=scim", "user=nobody pass=wrong"))
    assert Ctl(env, conf)("db", "check", code=4).row()["version"] is None
    path = os.path.join(folder, "password")
    with open(path, "w", encoding="utf-8") as out:
        out.write("scim\n")
    done = Ctl(env, conf)("db", "check", "--db-user", "scim", "--password-file", path)
    assert done.row()["state"] == "ok"


# ---- words and exit codes -----------------------------------------------------------------------


@pytest.mark.parametrize("words", [
    (), ("frobnicate",), ("user",), ("user", "frobnicate"), ("user", "show"), ("export", "x"),
    ("user", "list", "--frobnicate"), ("user", "list", "--limit"), ("user", "list", "--label", "x"),
    ("user", "list", "-n", "0"), ("user", "list", "-n", "x"), ("user", "show", "a", "b"),
    ("tenant", "list", "--json", "--table"), ("import", "--on-error", "maybe"),
    ("tenant", "list", "-t", "a", "-t", "b"), ("token", "create"),
    ("token", "create", "-l", "x", "--expires", "soon")])
def test_270_20_wrong_command_lines(two, words):
    ctl, one, _ = two
    where = () if "-t" in words else ("--tenant", one)
    refused = ctl(*words, *where, code=2)
    assert refused.err.startswith("scimctl: ") and refused.err.count("\n") == 1, refused.err
    assert refused.out == ""
    assert ctl("user", "list", "--json=1", code=2).err.count("takes none") == 1


def test_270_21_help_and_version(env):
    ctl = Ctl(env)
    text = ctl("--help").out
    for word in ("db init", "token create", "import", "--tenant", "Exit codes"):
        assert word in text
    assert "--filter" in ctl("user", "list", "--help").out
    assert re.fullmatch(r"scimctl \d+\.\d+\.\d+\n", ctl("--version").out)


def test_270_22_the_manual_names_every_command_and_option(env):
    ctl = Ctl(env)
    manual = (TOP / "docs" / "scimctl.8").read_text("utf-8").replace("\\-", "-")
    text = ctl("--help").out
    commands = re.search(r"Commands:\n(.*?)\n\n", text, re.S)[1].splitlines()
    assert len(commands) > 10
    for line in commands:
        words = [w for w in line.split("   ")[0].split() if w.islower()]
        assert re.search(r"\\fB%s\\fR" % " ".join(words), manual), line
        for option in re.findall(r"--[a-z-]+", ctl(*words, "--help").out):
            assert "\\fB%s\\fR" % option in manual, (words, option)
    for option in re.findall(r"--[a-z-]+", text):
        assert "\\fB%s\\fR" % option in manual, option


def test_270_23_a_result_that_cannot_be_written(two):
    ctl, one, _ = two
    ctl("import", "-t", one, data=lines(user("jane")))
    with open("/dev/full", "w", encoding="utf-8") as full:
        for words in (("export",), ("user", "list"), ("tenant", "list")):
            done = subprocess.run(ctl.command((*words, "-t", one)), stdout=full, text=True,
                                  stderr=subprocess.PIPE, env=ctl.environment, check=False)
            assert done.returncode == 1 and "cannot" in done.stderr, (words, done)
    assert "cannot write" in ctl("export", "-t", one, "-o", "/nonexistent/x", code=1).err


# ---- users and groups ---------------------------------------------------------------------------


@pytest.fixture
def people(two):
    """A tenant with five users and a group of two of them."""
    ctl, one, _ = two
    ctl("import", "-t", one, data=lines(
        *(user("u%d" % i, id="id-%d" % i, displayName="U %d" % i, active=i != 3,
               emails=[{"value": "other@x.example"},
                       {"value": "u%d@x.example" % i, "primary": True}]) for i in range(5)),
        {"schemas": [URN_GROUP], "id": "g", "displayName": "Staff",
         "members": [{"value": "id-1"}, {"value": "id-2"}]}))
    return ctl, one


def test_270_30_lists(people):
    ctl, name = people
    rows = ctl("user", "list", "-t", name).rows()
    assert [row["userName"] for row in rows] == ["u0", "u1", "u2", "u3", "u4"]
    assert rows[1]["groups"][0]["display"] == "Staff" and "email" not in rows[1]
    few = ctl("user", "list", "-t", name, "--limit", "2").rows()
    assert [row["id"] for row in few] == ["id-0", "id-1"]
    off = ctl("user", "list", "-t", name, "--filter", "active eq false").rows()
    assert [row["id"] for row in off] == ["id-3"]
    groups = ctl("group", "list", "-t", name).rows()
    assert [row["displayName"] for row in groups] == ["Staff"] and "members" not in groups[0]
    assert "invalidFilter" in ctl("user", "list", "-t", name, "--filter", "nonsense", code=1).err
    assert ctl("user", "list", "-t", name, "--filter", 'userName eq "x"').out == ""


def test_270_31_one_by_name_or_id(people):
    ctl, name = people
    assert ctl("user", "show", "U1", "-t", name).row()["id"] == "id-1"
    assert ctl("user", "show", "id-1", "-t", name).row()["userName"] == "u1"
    group = ctl("group", "show", "staff", "-t", name).row()
    assert [m["value"] for m in group["members"]] == ["id-1", "id-2"]
    for what in ("nobody", 'a"b', "a/b", "a%2Fb"):
        assert "has no user" in ctl("user", "show", what, "-t", name, code=3).err


def test_270_32_tables_on_a_terminal(people):
    ctl, name = people
    text = ctl.terminal("user", "list", "-t", name).text
    assert text.splitlines()[0].split() == ["USERNAME", "NAME", "ACTIVE", "EMAIL", "ID"]
    assert text.splitlines()[4].split() == ["u3", "U", "3", "no", "u3@x.example", "id-3"]
    for line in ctl.terminal("user", "list", "-t", name, columns=45).text.splitlines():
        assert len(line) <= 45
    assert ctl.terminal("user", "list", "-t", name, "--json").rows()[0]["id"] == "id-0"
    assert ctl("user", "list", "-t", name, "--table").out == text
    shown = ctl.terminal("user", "show", "u1", "-t", name).text
    assert re.search(r"^emails\[1\]\.value +u1@x\.example$", shown, re.M)
    assert "None." in ctl.terminal("user", "list", "-t", name, "--filter", 'id eq "x"').text


def test_270_33_a_value_cannot_command_the_terminal(two):
    ctl, one, _ = two
    ctl("import", "-t", one, data=lines(user("evil\x1b]0;x\x07", displayName="a\u009bb\tc")))
    text = ctl.terminal("user", "list", "-t", one).text
    assert "evil?]0;x?" in text and "a??b?c" in text
    assert ctl("user", "list", "-t", one).row()["userName"] == "evil\x1b]0;x\x07"


# ---- export and import --------------------------------------------------------------------------


def world():
    """Users whose managers come later, groups in groups, names of many kinds."""
    def boss(name):
        return {URN_ENTERPRISE: {"manager": {"value": name}, "department": "D"}}

    yield user("first", id="u-1", name={"givenName": "Jörg", "familyName": "Ünal"}, **boss("u-3"))
    yield user("second", id="u-2", externalId="ext", **boss("u-1"))
    yield user("third", id="u-3", displayName="The Boss", active=False)
    yield user("own", id="u-4", displayName="Own", **boss("u-4"))
    yield user("pipe|@+%/é", id="samlp|example|x@y.example")
    yield {"schemas": [URN_GROUP], "id": "g-1", "displayName": "Outer",
           "members": [{"value": "g-2"}, {"value": "u-2"}]}
    yield {"schemas": [URN_GROUP], "id": "g-2", "displayName": "Inner",
           "members": [{"value": "u-1"}, {"value": "samlp|example|x@y.example"}]}
    yield {"schemas": [URN_GROUP], "id": "g-3", "displayName": "Empty"}


def test_270_40_a_tenant_goes_into_another(two):
    ctl, one, other = two
    done = ctl("import", "-t", one, data=lines(*world())).row()
    assert (done["created"], done["bad"], done["complete"]) == (8, 0, True)
    export = ctl("export", "-t", one).out
    rows = [json.loads(line) for line in export.splitlines()]
    # Groups first, each type as it was made.
    groups, users = rows[:3], rows[3:]
    assert [row["id"] for row in users + groups] == [row["id"] for row in world()]
    manager = users[0][URN_ENTERPRISE]["manager"]
    assert manager["value"] == "u-3" and manager["displayName"] == "The Boss"
    assert {m["value"] for m in groups[0]["members"]} == {"g-2", "u-2"}
    assert ctl("import", "-t", other, data=export).row()["created"] == 8
    again = ctl("export", "-t", other).rows()
    assert without_meta(again) == without_meta(rows)
    assert ctl("user", "show", "first", "-t", other).row()["groups"][1]["type"] == "indirect"


def test_270_41_what_clients_see_of_an_import(env, tenant, folder):
    ctl = alone(env, folder, tenant, "plain")
    ctl("import", data=lines(*world()))
    scim = tenant.scim()
    assert scim.get("/Users/u-1").user()["userName"] == "first"
    assert len(scim.all("Users")) == 5 and len(scim.all("Groups")) == 3
    beside = scim.add_user("beside")["id"]
    rows = ctl("export", "--type", "user").rows()
    assert len(rows) == 6 and rows[-1]["id"] == beside
    assert "no resource type" in ctl("export", "--type", "Car", code=2).err


def test_270_42_into_a_file_for_its_owner_only(two, folder):
    ctl, one, other = two
    ctl("import", "-t", one, data=lines(user("jane")))
    path = os.path.join(folder, "export.jsonl")
    assert ctl("export", "-t", one, "-o", path).out == ""
    assert os.stat(path).st_mode & 0o777 == 0o600
    assert ctl("import", path, "-t", other).row()["created"] == 1


BAD = [
    ("{", "line 2: invalidSyntax"),
    ('["a"]', "line 2: invalidSyntax: The line is no JSON object."),
    ("{}", "line 2: invalidValue: Neither schemas nor meta"),
    (json.dumps({"schemas": ["urn:x"], "userName": "a"}), "line 2: invalidValue: Neither"),
    (json.dumps({"schemas": [URN_USER]}), "line 2: invalidValue: userName"),
    (json.dumps(user("first")), "line 2: uniqueness: The value of userName"),
    (json.dumps(user("other", id="u-1")), "line 2: uniqueness: A resource with this id"),
    (json.dumps(user("x", id="a" * 65)), "line 2: invalidValue: id must be"),
    (json.dumps(user("x", id=7)), "line 2: invalidValue: id must be"),
    (json.dumps(user("x", id="")), "line 2: invalidValue: id must be"),
    (json.dumps(user("x", nickName="n" * 300000)), "line 2: "),
]


@pytest.mark.parametrize("line,said", BAD, ids=range(len(BAD)))
def test_270_43_a_bad_line_stops_or_is_skipped(two, line, said):
    ctl, one, other = two
    data = lines(user("first", id="u-1")) + line + "\n" + lines(user("last"))
    stopped = ctl("import", "-t", one, data=data, code=1)
    assert stopped.err.startswith("scimctl: " + said), stopped.err
    assert "--update" in stopped.err
    assert stopped.row() == {"created": 1, "replaced": 0, "bad": 1, "unknownMembers": 0,
                             "complete": False}
    skipped = ctl("import", "-t", other, "--on-error", "skip", data=data, code=1)
    assert skipped.err.startswith("scimctl: " + said) and "--update" not in skipped.err[200:]
    assert skipped.row() == {"created": 2, "replaced": 0, "bad": 1, "unknownMembers": 0,
                             "complete": True}
    assert [row["userName"] for row in ctl("user", "list", "-t", one).rows()] == ["first"]


def test_270_44_no_value_of_a_bad_line_is_repeated(two):
    ctl, one, _ = two
    data = lines(user("s3cret-name"), user("s3cret-name", title="s3cret-title"))
    assert "s3cret" not in ctl("import", "-t", one, data=data, code=1).err


def test_270_45_blank_lines_line_ends_and_unknown_members(two):
    ctl, one, _ = two
    data = "\n  \r\n" + lines(user("a", id="a")).replace("\n", "\r\n") + "\n" + json.dumps(
        {"schemas": [URN_GROUP], "displayName": "G",
         "members": [{"value": "a"}, {"value": "nobody"}, {"value": "ghost"}]})
    done = ctl("import", "-t", one, data=data)
    assert done.row() == {"created": 2, "replaced": 0, "bad": 0, "unknownMembers": 2,
                          "complete": True}
    assert "line 5: 2 of its members" in done.err
    group = ctl("group", "show", "G", "-t", one).row()
    assert [m["value"] for m in group["members"]] == ["a"]


def test_270_46_members_of_bad_lines_are_reported_with_theirs(two):
    ctl, one, _ = two
    data = lines(user("a", id="a"), {"schemas": [URN_GROUP], "displayName": "G",
                                     "members": [{"value": "a"}, {"display": "no value"}]})
    said = ctl("import", "-t", one, "--on-error", "skip", data=data, code=1)
    assert said.err.startswith("scimctl: line 2: invalidValue"), said.err


def test_270_47_the_same_import_again_changes_nothing(two):
    ctl, one, _ = two
    data = lines(*world())
    ctl("import", "-t", one, data=data)
    before = ctl("export", "-t", one).rows()
    done = ctl("import", "-t", one, "--update", data=data).row()
    assert (done["created"], done["replaced"], done["bad"]) == (0, 8, 0)
    assert ctl("export", "-t", one).rows() == before
    changed = list(world())
    changed[0]["title"] = "New"
    changed[5]["members"] = [{"value": "u-1"}]
    changed[7]["displayName"] = "Renamed"
    changed.append(user("late", id="late"))
    done = ctl("import", "-t", one, "--update", data=lines(*changed)).row()
    assert (done["created"], done["replaced"]) == (1, 8)
    after = {row["id"]: row for row in ctl("export", "-t", one).rows()}
    assert after["u-1"]["title"] == "New" and after["g-3"]["displayName"] == "Renamed"
    assert [m["value"] for m in after["g-1"]["members"]] == ["u-1"]
    # Without an id, or with another one, the name decides.
    done = ctl("import", "-t", one, "-u", data=lines(user("THIRD", title="By name"))).row()
    assert done["replaced"] == 1
    assert ctl("user", "show", "u-3", "-t", one).row()["title"] == "By name"


def test_270_48_settings_and_rules_of_the_tenant_hold(two):
    ctl, one, other = two
    data = lines(user("large", nickName="x" * 5000))
    assert ctl("import", "-t", one, data=data).row()["created"] == 1
    assert "line 1: " in ctl("import", "-t", other, data=data, code=1).err


def test_270_49_a_dry_run_writes_nothing(two):
    ctl, one, _ = two
    done = ctl("import", "-t", one, "--dry-run", "--on-error", "skip",
               data=lines(user("a"), {"schemas": [URN_USER]}), code=1)
    assert done.row()["right"] == 1 and done.row()["bad"] == 1 and "line 2: " in done.err
    assert ctl("user", "list", "-t", one).out == ""


def test_270_53_tombstones_and_groups_by_attribute_go_along(env, folder):
    """An export has an order in which each line's policies are content, whatever they need."""
    policies = ("ScimDeprovision delete\nScimAttribute User name.givenName required\n"
                "ScimGroupFrom title existing exact\nScimGroupFrom userType create ignore")
    one, other = fresh("one"), fresh("other")
    ctl = Ctl(env, configuration(env, folder, [(one, policies), (other, policies)]))
    data = lines({"schemas": [URN_GROUP], "id": one, "displayName": "Chiefs"},
                 user("boss", id=one + "-b", name={"givenName": "B"}, title="Chiefs",
                      userType="staff"),
                 user("gone", id=one + "-g", active=False))
    assert ctl("import", "-t", one, data=data).row()["created"] == 3
    text = ctl("export", "-t", one).out
    rows = without_meta(ctl("export", "-t", one).rows())
    assert [r.get("userName") for r in rows[-2:]] == ["boss", "gone"]
    assert len(rows) == 4 and "name" not in rows[-1]
    assert ctl("import", "-t", other, data=text).row()["created"] == 4
    assert without_meta(ctl("export", "-t", other).rows()) == rows
    refused = ctl("import", "-t", other, data=lines(user("new")), code=1)
    assert "name.givenName is required" in refused.err


def test_270_50_ten_thousand_with_a_bar(two, folder):
    ctl, one, _ = two
    path = os.path.join(folder, "many.jsonl")
    with open(path, "w", encoding="utf-8") as out:
        for i in range(10000):
            out.write(lines(user("user-%05d" % i, id="id-%05d" % i,
                                 emails=[{"value": "u%d@x.example" % i}])))
        out.write(lines({"schemas": [URN_GROUP], "displayName": "All",
                         "members": [{"value": "id-%05d" % i} for i in range(0, 10000, 4)]}))
    text = ctl.terminal("import", path, "-t", one).text
    assert re.search(r"\[=+>? *\] +\d+%  [\d,]+ lines  [\d,]+/s", text), text[-500:]
    assert "100%  10,001 lines" in text and re.search(r"^created +10001$", text, re.M)
    assert ctl("tenant", "show", "-t", one).row()["resources"] == {"User": 10000, "Group": 1}
    out = os.path.join(folder, "export.jsonl")
    with open(out, "wb") as file:
        text = ctl.terminal("export", "-t", one, out=file).text
    assert re.search(r"\[=+\] 100%  10,001 resources", text)
    with open(out, encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    assert len(rows) == 10001 and len(rows[0]["members"]) == 2500
    assert "%" not in ctl.terminal("export", "-t", one, "-q", "-o", out).text


def test_270_51_a_terminal_has_no_lines_to_import(two):
    ctl, one, _ = two
    ours, theirs = os.openpty()
    done = subprocess.run(ctl.command(("import", "-t", one)), stdin=theirs, capture_output=True,
                          text=True, env=ctl.environment, check=False)
    os.close(ours)
    os.close(theirs)
    assert done.returncode == 2 and "name a file" in done.stderr


def test_270_52_the_database_goes_away_in_the_middle(env, two, log):
    if env.db.name != "mariadb":
        pytest.skip("a file does not go away")
    ctl, one, _ = two
    log.database_lost()
    proc = ctl.start("import", "-t", one, "--on-error", "skip", stdin=subprocess.PIPE)
    proc.stdin.write(lines(user("before")))
    proc.stdin.flush()
    wait_until("the first line to be stored", lambda: env.db.query(
        "SELECT COUNT(*) FROM scim_resource WHERE tenant = '%s'" % one) == [("1",)])
    env.db.stop()
    out, err = proc.communicate(lines(user("after")), timeout=120)
    assert proc.returncode == 4, (out, err)
    assert "line 2: " in err and json.loads(out)["created"] == 1
    env.db.start()
    assert ctl("import", "-t", one, "-u", data=lines(user("before"), user("after"))).row() == {
        "created": 1, "replaced": 1, "bad": 0, "unknownMembers": 0, "complete": True}


# ---- tokens and tenants -------------------------------------------------------------------------


def test_270_60_a_token_is_shown_once(two):
    ctl, one, _ = two
    ctl.where += ["-D", "CTL_STORE"]
    made = ctl("token", "create", "-t", one, "--label", "Okta", "--creator", "me").row()
    assert re.fullmatch(r"scim_[\w-]{43}", made["token"])
    assert "this once" in ctl.terminal("token", "create", "-t", one, "-l", "x").text
    quiet = ctl("token", "create", "-t", one, "--label", "quiet", "--quiet")
    assert re.fullmatch(r"scim_[\w-]{43}\n", quiet.out) and quiet.err == ""
    listed = ctl("token", "list", "-t", one)
    assert made["token"] not in listed.out and [r["label"] for r in listed.rows()] == [
        "Okta", "x", "quiet"]
    row = listed.rows()[0]
    assert (row["id"], row["creator"], row["state"]) == (made["id"], "me", "active")
    assert row["expires"] == made["expires"] and row["lastUsed"] is None
    assert "3 active tokens" in ctl("token", "create", "-t", one, "-l", "four", code=1).err


def test_270_61_rules_of_the_place_hold_for_new_tokens(two):
    ctl, one, _ = two
    ctl.where += ["-D", "CTL_STORE"]
    for life, code in (("59s", 1), ("never", 1), ("91d", 1), ("60", 0), ("90d", 0)):
        ctl("token", "create", "-t", one, "-l", "x", "--expires", life, code=code)
    assert ctl("token", "create", "-t", one, "-l", "x", "--owner", "ghost", code=3)


def test_270_62_a_token_that_would_not_be_accepted(two):
    ctl, one, _ = two
    assert "ScimTokenStore is Off" in ctl("token", "create", "-t", one, "-l", "x").err


def test_270_63_revoked_for_ever(two):
    ctl, one, other = two
    ids = [ctl("token", "create", "-t", one, "-l", str(i)).row()["id"] for i in range(3)]
    done = ctl("token", "revoke", ids[0], "nobody", ids[1], "-t", one, code=3)
    assert "nobody" in done.err and done.err.count("is revoked.") == 2
    assert "before" in ctl("token", "revoke", ids[0], "-t", one).err
    assert ctl("token", "revoke", ids[2], "-t", other, code=3)
    assert [row["id"] for row in ctl("token", "list", "-t", one).rows()] == [ids[2]]
    rows = ctl("token", "list", "-t", one, "--all").rows()
    assert [row["state"] for row in rows] == ["revoked", "revoked", "active"]
    shown = ctl.terminal("token", "list", "-t", one, "--all", columns=250).text
    assert shown.splitlines()[0].startswith("ID ") and shown.count("revoked") == 2


def test_270_64_a_tenant_is_switched_off_and_on(two):
    ctl, one, other = two
    assert "403" in ctl("tenant", "off", one).err
    assert {r["tenant"]: r["state"] for r in ctl("tenant", "list").rows()} == {
        one: "off", other: "on"}
    ctl("tenant", "on", one)
    assert ctl("tenant", "show", "-t", one).row()["state"] == "on"
    assert "no tenant" in ctl("tenant", "off", fresh(), code=3).err
    name = fresh()
    ctl("tenant", "create", name, "--note", "by path")
    assert "uniqueness" in ctl("tenant", "create", name, code=1).err
    assert ctl("tenant", "create", "a b", code=1)


def test_270_65_an_owner_whose_token_it_is(two):
    ctl, one, _ = two
    ctl("import", "-t", one, data=lines(user("jane", id="id-jane"), user("gone", active=False)))
    ctl("token", "create", "-t", one, "-l", "hers", "--owner", "JANE")
    row = ctl("token", "list", "-t", one).row()
    assert (row["owner"], row["ownerName"]) == ("id-jane", "jane")
    assert "no active user" in ctl("token", "create", "-t", one, "-l", "x", "--owner", "gone",
                                   code=3).err


def test_270_66_clients_get_in_and_stay_out(env, take, folder):
    """Made and revoked here, obeyed by a running httpd on the next request."""
    tenant = take("stored")
    ctl = alone(env, folder, tenant, "stored")
    made = ctl("token", "create", "--label", "Okta").row()
    scim = tenant.scim(token=made["token"], fresh=True)
    assert scim.get("/Users").status == 200
    assert made["token"] not in json.dumps(env.db.query("SELECT * FROM scim_token"))
    ctl("token", "revoke", made["id"])
    assert scim.get("/Users").status == 401
    second = tenant.scim(token=ctl("token", "create", "-l", "x", "-q").out.strip(), fresh=True)
    assert second.get("/Users").status == 200
    ctl("tenant", "off", tenant.name)
    assert second.get("/Users").status == 403
    ctl("tenant", "on", tenant.name)
    assert second.get("/Users").status == 200


def test_270_67_oauth_clients(env, two, folder):
    ctl, one, other = two
    made = ctl("client", "create", "-t", one, "--name", "Okta", "--id", one + "-okta",
               "--redirect", "https://a.example/cb", "--redirect", "https://b.example/cb").row()
    assert made["id"] == one + "-okta" and len(made["secret"]) > 40 and made["auth"] == "secret"
    assert made["redirects"] == ["https://a.example/cb", "https://b.example/cb"]
    quiet = ctl("client", "create", "-t", one, "--name", "Two", "-q")
    assert re.fullmatch(r"[\w-]{40,}\n", quiet.out) and quiet.err == ""
    keys = os.path.join(folder, "keys.json")
    with open(keys, "w", encoding="utf-8") as out:
        json.dump({"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB"}]}, out)
    key = ctl("client", "create", "-t", one, "--name", "Keys", "--jwks", keys).row()
    assert key["auth"] == "private_key_jwt" and "secret" not in key
    rows = ctl("client", "list", "-t", one).rows()
    assert sorted(row["name"] for row in rows) == ["Keys", "Okta", "Two"]
    assert made["secret"] not in ctl("client", "list", "-t", one).out
    assert ctl("client", "list", "-t", other).out == ""
    assert ctl("client", "revoke", made["id"], "-t", other, code=3)
    ctl("client", "revoke", made["id"], "-t", one)
    assert ctl("client", "revoke", made["id"], "-t", one, code=3)
    states = {row["id"]: row["state"] for row in ctl("client", "list", "-t", one, "-a").rows()}
    assert states[made["id"]] == "revoked" and states[key["id"]] == "active"
    every = ctl("client", "create", "-t", one, "--name", "All", "--every-tenant").row()
    assert every["tenant"] == "*"
    assert [row["id"] for row in ctl("client", "list", "-t", other).rows()] == [every["id"]]
    assert "--every-tenant" in ctl("client", "revoke", every["id"], "-t", one, code=3).err
    ctl("client", "revoke", every["id"], "-t", other, "--every-tenant")
    shown = ctl.terminal("client", "list", "-t", one, columns=200).text
    assert shown.startswith("ID ") and "Keys" in shown
    # It would stay in the lists of other tests' tenants.
    env.db.execute("DELETE FROM scim_client WHERE id = '%s'" % every["id"])


@pytest.mark.parametrize("words,said", [
    (("--name", "x", "--redirect", "ftp://a"), "redirect"),
    (("--name", "x", "--id", "a b"), "id"),
    (("--name", "x", "--jwks", "/nonexistent"), "/nonexistent"),
    (("--name", "x", "--jwks-uri", "http://a.example/keys"), "key"),
    (("--name", ""), "name")], ids=range(5))
def test_270_68_clients_that_cannot_be(two, words, said):
    ctl, one, _ = two
    assert said in ctl("client", "create", "-t", one, *words, code=1).err
    assert ctl("client", "list", "-t", one).out == ""


def test_270_69_signed_tokens(env, take, folder):
    tenant = take("jwt_secret")
    ctl = alone(env, folder, tenant, "jwt_secret")
    assert "--expires" in ctl("jwt", "issue", "--subject", "robot", code=2).err
    made = ctl("jwt", "issue", "--subject", "robot", "--expires", "1h").row()
    assert made["token"].count(".") == 2 and made["subject"] == "robot"
    scim = tenant.scim(token=made["token"], fresh=True)
    assert scim.get("/Users").status == 200
    assert "is revoked" in ctl("jwt", "revoke", made["id"], "--expires", "1h").err
    assert scim.get("/Users").status == 401
    assert "before" in ctl("jwt", "revoke", made["id"]).err
    quiet = ctl("jwt", "issue", "--subject", "robot", "--expires", "10m", "-q")
    assert tenant.scim(token=quiet.out.strip(), fresh=True).get("/Users").status == 200
    assert ctl("jwt", "issue", "--subject", "x", "--expires", "1h", "--owner", "u", code=2)
    assert "59" not in ctl("jwt", "issue", "--subject", "x", "--expires", "59s", code=1).out


def test_270_70_signed_tokens_of_an_owner(env, take, folder):
    tenant = take("jwt_owner")
    ctl = alone(env, folder, tenant, "jwt_owner")
    words = ("jwt", "issue", "--subject", "robot", "--expires", "1h")
    assert "--owner" in ctl(*words, code=2).err
    assert ctl(*words, "--owner", "jane@example.com", code=3)
    ctl("import", data=lines(user("jane@example.com")))
    made = ctl(*words, "--owner", "jane@example.com").row()
    scim = tenant.scim(token=made["token"], fresh=True)
    assert scim.get("/Me").user()["userName"] == "jane@example.com"


def test_270_71_signed_tokens_where_none_are_accepted(two):
    ctl, one, _ = two
    words = ("jwt", "issue", "-t", one, "--subject", "robot", "--expires", "1h")
    assert "ScimJWTIssuer" in ctl(*words, code=1).err


# ---- mappings -----------------------------------------------------------------------------------


def person(env, org, login):
    env.db.execute("INSERT INTO people (org, login, mail, given, role, active, note) VALUES "
                   "('%s', '%s', '%s', 'Local', 'ADMIN', 1, 'local')" % (org, login, login))


def people_of(env, org, columns="login, given, role, note"):
    return env.db.query("SELECT %s FROM people WHERE org = '%s' ORDER BY id" % (columns, org))


def test_270_80_rows_are_adopted_after_a_dry_run(env, take, folder):
    tenant = take("adopting")
    ctl = alone(env, folder, tenant, "adopting")
    for i in range(3):
        person(env, tenant.name, "l%d@x" % i)
    person(env, fresh(), "theirs@x")
    env.db.execute("INSERT INTO teams (org, name) VALUES ('%s', 'Sales')" % tenant.name)
    env.db.execute("INSERT INTO team_people (team, person) SELECT t.id, p.id FROM teams t, people p "
                   "WHERE t.org = '%s' AND p.org = t.org AND p.login <> 'l0@x'" % tenant.name)
    before = people_of(env, tenant.name, "*")
    dry = ctl("adopt")
    assert [(row["type"], row["name"], row["id"]) for row in dry.rows()] == [
        ("User", "l0@x", None), ("User", "l1@x", None), ("User", "l2@x", None),
        ("Group", "Sales", None)]
    assert "4 rows would" in dry.err and "--apply" in dry.err
    assert dry.rows()[0]["resource"]["name"]["givenName"] == "Local"
    assert env.db.query("SELECT COUNT(*) FROM scim_resource WHERE tenant = '%s'" % tenant.name) == [
        ("0",)]
    assert ctl("tenant", "show").row()["resources"] == {"User": 0, "Group": 0}
    done = ctl("adopt", "--apply", "--type", "User")
    assert [row["state"] for row in done.rows()] == ["adopted"] * 3 and "3 rows are" in done.err
    assert ctl("adopt", "--apply").row()["type"] == "Group"
    assert ctl("adopt", "--apply").out == ""
    assert people_of(env, tenant.name, "*") == before
    ids = {row["name"]: row["id"] for row in done.rows()}
    rows = ctl("export").rows()
    assert [row["id"] for row in rows[1:]] == list(ids.values())
    assert {m["value"] for m in rows[0]["members"]} == {ids["l1@x"], ids["l2@x"]}
    assert tenant.scim().find("Users", 'userName eq "l1@x"')[0]["id"] == ids["l1@x"]


def test_270_81_a_tenant_that_adopts_nothing(two):
    ctl, one, _ = two
    assert "ScimAdopt" in ctl("adopt", "-t", one, code=1).err


def test_270_82_an_import_writes_the_application_s_rows(env, take, folder):
    tenant = take("mapped")
    ctl = alone(env, folder, tenant, "mapped")
    data = lines(user("jane@x", name={"givenName": "Jane"}, userType="admin"),
                 user("joe@x", userType="pilot"))
    said = ctl("import", "--on-error", "skip", data=data, code=1).err
    assert said.startswith("scimctl: line 2: invalidValue: ") and "userType" in said
    assert people_of(env, tenant.name, "login, given, role") == [("jane@x", "Jane", "ADMIN")]


def test_270_83_check_holds_mappings_to_the_tables(env, folder):
    table = fresh("t").replace("-", "_")
    conf = configuration(env, folder, [(fresh(), "ScimMapTable User %s key=id\n"
                                        "ScimMap User userName login" % table)])
    ctl = Ctl(env, conf)
    env.db.execute("CREATE TABLE %s (id INTEGER PRIMARY KEY %s, login VARCHAR(100))" % (
        table, "AUTO_INCREMENT" if env.db.name == "mariadb" else ""))
    assert ctl("db", "check").row()["state"] == "ok"
    env.db.execute("ALTER TABLE %s RENAME COLUMN login TO username" % table)
    said = ctl("db", "check", code=1)
    assert "login" in said.out + said.err and table in said.out + said.err
