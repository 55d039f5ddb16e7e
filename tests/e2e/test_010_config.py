# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""`apachectl configtest`: each mistake is refused, with the directive's name and what is wrong."""

import re
import subprocess

import pytest

import conf
from env import httpd_environment, httpd_program, module_path, modules_dir

TOKEN = "ScimToken sha256:" + "ab" * 32
GOOD = "ScimEnable On\nScimTenant acme\n" + TOKEN + "\n"


def configtest(tmp_path, lines, where="<Location /scim/v2>"):
    """Run httpd -t over a minimal file with `lines` inside a section. @return (code, output)"""
    module = module_path()
    text = "ServerRoot %s\nServerName localhost\nListen 127.0.0.1:9\nErrorLog %s/error_log\n" % (
        tmp_path, tmp_path)
    text += "PidFile %s/pid\nDefaultRuntimeDir %s\nDocumentRoot %s\n" % ((tmp_path,) * 3)
    text += conf.load_modules(module, modules_dir())
    text += "DBDriver sqlite3\nDBDParams %s/scim.db\n" % tmp_path
    text += "%s\n%s\n%s\n" % (where, lines, where.split()[0].replace("<", "</") + ">") \
        if where else lines + "\n"
    file = tmp_path / "httpd.conf"
    file.write_text(text)
    done = subprocess.run([httpd_program(), "-t", "-f", str(file)], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False, timeout=60,
                          env=httpd_environment(module))
    return done.returncode, done.stdout


@pytest.mark.parametrize("where", ["<Location /scim/v2>", "<VirtualHost *:9>", ""])
def test_010_01_every_directive_in_every_place(tmp_path, where):
    tokens = tmp_path / "tokens"
    tokens.write_text("# a comment\n\nsha256:%s okta\n" % ("cd" * 32))
    code, said = configtest(tmp_path, GOOD + "\n".join([
        TOKEN.replace("ab", "ef") + " second", "ScimTokenFile %s" % tokens, "ScimBase /scim/v2",
        "ScimRequireTLS Off", "ScimMaxBody 1048576", "ScimMaxDocument 65536",
        "ScimPageSize 50 200", "ScimMaxScan 500", "ScimMaxFilterTerms 20", "ScimMaxOperations 100",
        "ScimBulkMaxOperations 50", "ScimBulkMaxPayload 1048576", "ScimGroupReplyMembers 0",
        "ScimUnknownMembers reject", "ScimUnknownAttributes reject",
        "ScimPatchReplaceCreates On", "ScimProfile tolerant", "ScimRateLimit 50/1 100",
        "ScimSchemaFile %s %s" % (conf.TOP / "conf/examples/okta-role.json",
                                  conf.TOP / "conf/examples/user-extension.json"),
        "ScimIndex User title nickName", "ScimGroups Off", "ScimDeprovision unlink",
        "ScimTombstone 2592000 hide", "ScimRehire restore", "ScimDelete deactivate",
        "ScimAttribute User userType required values=admin,user default=user",
        "ScimAttribute User addresses[type eq \"work\"].country format=country \"error=No such one\"",
        "ScimAttribute User emails.value immutable \"forbid=#%*()=[]|\\\\\\\":;<>,?/\"",
        "ScimAttribute Group members returned=request",
        "ScimAttributeAllow User name emails title addresses",
        "ScimAttributeAllow User urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        "ScimOtherAttributes User reject",
        "ScimTokenStore On", "ScimTokenLifetime 60 31536000 86400", "ScimTokenLimit 2",
        "ScimTokenOwner optional", "ScimTrustUser On", "ScimTenantBy name", "ScimProvisioning On",
        "ScimBaseAlias /scim/v2x" if not where.startswith("<Location") else "",
        "ScimSeats 500", 'ScimSeats 10 userType=admin "addresses[type eq \\"work\\"].country=DE"',
        "ScimKeepOne userType admin", "ScimKeepOne groups Administrators",
        'ScimGroupFrom title existing ignore "error=No such group (400.76)"',
        "ScimGroupFrom urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division create",
        "ScimOneGroupPerUser Off", "ScimNestedGroups skip",
        "ScimMapTable User people key=id", "ScimMap User userName login",
        "ScimMapTable Group teams key=id", "ScimMap Group displayName name",
        "ScimMapConstant User org {tenant}", "ScimMapMembers in_team group=team user=person",
        "ScimMapLink User seats account=person", "ScimMapOn User delete keep", "ScimAdopt User On",
        TOKEN.replace("ab", "01") + " mine owner=jane@example.com",
        TOKEN.replace("ab", "02") + " \"owner=Jane Doe\""]), where)
    assert code == 0 and "Syntax OK" in said, said


MISTAKES = [
    ("ScimEnable Perhaps", r"On or Off"),
    ("ScimBase scim/v2", r"slash|start|begin|/"),
    ("ScimTenant 'two words'", r"letters|characters|A-Za-z"),
    ("ScimTenant " + "x" * 65, r"64"),
    ("ScimTenant ''", r"one argument|1 to 64|characters"),
    ("ScimToken plain-secret", r"sha256"),
    ("ScimToken md5:0123456789abcdef0123456789abcdef", r"sha256"),
    ("ScimToken sha256:abcdef", r"64"),
    ("ScimToken sha256:" + "zz" * 32, r"hex|64"),
    ("ScimTokenFile /nonexistent/tokens", r"/nonexistent/tokens"),
    ("ScimRequireTLS Sometimes", r"On or Off"),
    ("ScimMaxBody 0", r"number|at least|between|from"),
    ("ScimMaxBody many", r"number|integer|between|from"),
    ("ScimMaxBody -5", r"number|at least|between|from"),
    ("ScimMaxBody 99999999999999999999", r"number|at most|between|from"),
    ("ScimMaxDocument none", r"number|integer|between|from"),
    ("ScimMaxDocument 2000000", r"at most|between|from|fldsz"),
    ("ScimPageSize 0", r"number|at least|between|from"),
    ("ScimPageSize 100 50", r"default|larger|greater|less|most|max"),
    ("ScimPageSize ten", r"number|integer|between|from"),
    ("ScimMaxScan -1", r"number|at least|between|from"),
    ("ScimMaxFilterTerms 0", r"number|at least|between|from"),
    ("ScimMaxOperations x", r"number|integer|between|from"),
    ("ScimBulkMaxOperations 0", r"number|at least|between|from"),
    ("ScimBulkMaxPayload 12", r"number|at least|between|from"),
    ("ScimBulkMaxPayload 8388609", r"larger than ScimMaxBody"),
    ("ScimGroupReplyMembers -1", r"number|at least|between|from"),
    ("ScimUnknownMembers ignore", r"skip.*reject"),
    ("ScimUnknownAttributes drop", r"ignore.*reject"),
    ("ScimPatchReplaceCreates Maybe", r"On or Off"),
    ("ScimProfile strict", r"tolerant, interop or ipsie"),
    ("ScimRateLimit 50", r"requests/seconds"),
    ("ScimRateLimit 50/0", r"requests/seconds"),
    ("ScimRateLimit 0/1", r"requests/seconds"),
    ("ScimRateLimit 50/1 0", r"burst"),
    ("ScimRateLimit 50/1 many", r"burst"),
    ("ScimRateLimit 50/1x", r"requests/seconds"),
    ("ScimRateLimit -5/1", r"requests/seconds"),
    ("ScimRateLimit 1/86400 1000", r"30 days"),
    ("ScimRateLimit Off 5", r"requests/seconds"),
    ("ScimRateLimit 99999999999/1", r"requests/seconds"),
    ("ScimToken sha256:" + "cd" * 32 + " label nobody", r"owner="),
    ("ScimToken sha256:" + "cd" * 32 + " owner=jane label", r"owner="),
    ("ScimToken sha256:" + "cd" * 32 + " owner=", r"owner.*1 to 255"),
    ("ScimToken sha256:" + "cd" * 32 + " owner=" + "x" * 256, r"owner.*1 to 255"),
    ("ScimToken sha256:" + "cd" * 32 + " tenant=a/b", r"tenant.*1 to 64"),
    ("ScimToken sha256:" + "cd" * 32 + " a owner=b tenant=c d", r"nothing more|owner="),
    ("ScimBase /a/{tenant", r"braces"),
    ("ScimBase /a/{name}/b", r"braces"),
    ("ScimBase /a/x{tenant}", r"braces"),
    ("ScimBase /{tenant}/{tenant}", r"braces"),
    ("ScimBaseAlias v1", r"slash"),
    ("ScimBaseAlias /", r"whole server"),
    ("ScimTokenStore Perhaps", r"On or Off"),
    ("ScimTokenLifetime 60", r"arguments"),
    ("ScimTokenLifetime 0 never", r"whole numbers of seconds"),
    ("ScimTokenLifetime never never", r"whole numbers of seconds"),
    ("ScimTokenLifetime 60 315360001", r"315360000"),
    ("ScimTokenLifetime 61 60", r"shortest"),
    ("ScimTokenLifetime 60 120 121", r"usual"),
    ("ScimTokenLifetime 60 120 never", r"usual"),
    ("ScimTokenLifetime 60 never 59", r"usual"),
    ("ScimTokenLimit -1", r"from 0"),
    ("ScimTokenOwner yes", r"optional.*required"),
    ("ScimTrustUser Perhaps", r"On or Off"),
    ("ScimTenantBy host", r"name, path or token"),
    ("ScimProvisioning Perhaps", r"On or Off"),
    ("ScimSchemaFile /nonexistent/schema.json", r"/nonexistent/schema.json"),
    ("ScimSchemaFile /", r"is not a file"),
    ("ScimIndex User", r"two arguments|at least"),
    ("ScimAttribute User", r"too few"),
    ("ScimAttribute User title", r"too few"),
    ("ScimAttribute User title size=3", r"size=3.*no rule"),
    ("ScimAttribute User shoeSize max=3", r" in \S+:\d+.*no attribute shoeSize"),
    ("ScimAttribute Device title max=3", r" in \S+:\d+.*no resource type Device"),
    ("ScimAttribute User id required", r" in \S+:\d+: id.*server keeps it"),
    ("ScimAttribute User groups max=3", r" in \S+:\d+: groups.*readOnly"),
    ("ScimAttribute User userType values=a,b default=c", r" in \S+:\d+.*default c"),
    ("ScimAttribute User title required readonly", r"readonly contradicts required"),
    ("ScimAttribute User title pattern=[a", r"no regular expression"),
    ("ScimAttribute User title max=3\nScimAttribute User title min=1", r"has a line already"),
    ("ScimAttribute User emails[kind eq \"x\"].value max=3", r"no attribute kind"),
    ("ScimAttributeAllow User shoeSize", r" in \S+:\d+.*shoeSize"),
    ("ScimOtherAttributes User perhaps", r"ignore or reject"),
    ("ScimProfile interop\nScimOtherAttributes User ignore", r"ignore contradicts"),
    ("ScimGroups Perhaps", r"On or Off"),
    ("ScimGroups On Off", r"too many words"),
    ("ScimDeprovision never", r"disable, delete or unlink"),
    ("ScimTombstone never", r"forever or a whole number of seconds"),
    ("ScimTombstone 0 show", r"forever or a whole number of seconds"),
    ("ScimTombstone 60 perhaps", r"show or hide"),
    ("ScimRehire always", r"restore or conflict"),
    ("ScimDelete never", r"remove or deactivate"),
    ("ScimDeprovision delete\nScimProfile interop", r"SCIM3200.*contradicts.*ScimProfile"),
    ("ScimDeprovision unlink\nScimProfile ipsie", r"SCIM3200.*contradicts.*ScimProfile"),
    ("ScimRehire restore\nScimProfile interop", r"SCIM3200.*contradicts.*ScimProfile"),
    ("ScimDelete deactivate\nScimProfile interop", r"SCIM3200.*contradicts.*ScimProfile"),
    ("ScimSeats many", r"number of seats.*from 1"),
    ("ScimSeats 0", r"number of seats.*from 1"),
    ("ScimSeats 5 admin", r"path=value"),
    ("ScimSeats 5 userType=", r"path=value"),
    ("ScimSeats 5 shoeSize=44", r"shoeSize"),
    ("ScimSeats 5 groups.value=x", r"not part of what is stored"),
    ("ScimSeats 5 password=x", r"password"),
    ("ScimSeats 5 emails.primary=perhaps", r"emails.primary"),
    ("ScimSeats 5 userType=a\nScimSeats 6 USERTYPE=a", r"another line"),
    ("ScimKeepOne userType", r"too few"),
    ("ScimKeepOne shoeSize 44", r"shoeSize"),
    ("ScimKeepOne groups " + "x" * 201, r"200 bytes"),
    ("ScimOneGroupPerUser Maybe", r"On or Off"),
    ("ScimOneGroupPerUser On\nScimGroupFrom title create", r"attributes say"),
    ("ScimGroupFrom title", r"too few"),
    ("ScimGroupFrom title somehow", r"existing or create"),
    ("ScimGroupFrom title create exact", r"differ by case"),
    ("ScimGroupFrom title create error=x", r"no value is refused"),
    ("ScimGroupFrom title existing maybe", r"exact or ignore"),
    ("ScimGroupFrom shoeSize create", r"shoeSize"),
    ("ScimGroupFrom name create", r"only a string"),
    ("ScimGroupFrom active existing", r"only a string"),
    ("ScimGroupFrom id existing", r"clients cannot set"),
    ("ScimNestedGroups never", r"allow, skip or reject"),
    ("ScimIndex User shoeSize", r"User has no attribute shoeSize"),
    ("ScimIndex Device room", r"no resource type Device"),
    ("ScimIndex User name", r"complex.*sub-attributes"),
    ("ScimIndex User emails.primary", r"only strings and references"),
    ("ScimIndex User password", r"not kept"),
]


@pytest.mark.parametrize("line,reason", MISTAKES, ids=[m[0][:34] for m in MISTAKES])
def test_010_02_a_mistake_is_named(tmp_path, line, reason):
    lines = "ScimEnable On\n" + line if line.startswith("ScimEnable") else GOOD + line
    code, said = configtest(tmp_path, lines)
    assert code != 0, "accepted: " + line
    directive = line.split()[0]
    about = [text for text in said.splitlines() if directive in text]
    assert about, said
    assert re.search(reason, " ".join(about).replace(directive, ""), re.I), said
    assert "plain-secret" not in said


def test_010_03_a_bad_line_of_a_token_file_is_located_and_not_shown(tmp_path):
    tokens = tmp_path / "tokens"
    tokens.write_text("sha256:%s\n# comment\nmy-plain-secret okta\n" % ("ab" * 32))
    code, said = configtest(tmp_path, "ScimEnable On\nScimTenant acme\nScimTokenFile %s" % tokens)
    assert code != 0
    assert "ScimTokenFile" in said and re.search(r"line 3|:3\b", said), said
    assert "my-plain-secret" not in said


def test_010_04_enabled_without_a_tenant(tmp_path):
    code, said = configtest(tmp_path, "ScimEnable On\n" + TOKEN, "<VirtualHost *:9>")
    assert code != 0 and "ScimTenant" in said, said


def test_010_05_enabled_without_tokens_locks_everybody_out(tmp_path):
    code, said = configtest(tmp_path, "ScimEnable On\nScimTenant acme", "<VirtualHost *:9>")
    assert code != 0 and "ScimToken" in said, said


def test_010_06_off_needs_nothing(tmp_path):
    code, said = configtest(tmp_path, "ScimEnable Off", "<VirtualHost *:9>")
    assert code == 0, said


INNER = [
    ("ScimProfile interop", "ScimUnknownAttributes ignore", "SCIM3163"),
    ("ScimProfile interop", "ScimRequireTLS Off", "SCIM3163"),
    ("ScimProfile interop", "ScimPageSize 5 10", "SCIM3163"),
    ("ScimProfile ipsie", "ScimRateLimit Off", "SCIM3163"),
    ("ScimProfile ipsie", "ScimMaxOperations 1", "SCIM3163"),
    ("ScimUnknownAttributes ignore", "ScimProfile interop", "SCIM3163"),
    ("ScimPageSize 100 200", "ScimPageSize 300", "SCIM3009"),
    ("ScimBulkMaxPayload 9000", "ScimMaxBody 8000", "SCIM3121"),
    ("ScimRateLimit 10/1", "ScimRateLimit 20/1", "SCIM3164"),
]


@pytest.mark.parametrize("path", ["/scim/v2/", "/scim/v2/Users"])
@pytest.mark.parametrize("outer,inner,msgid", INNER, ids=[i[1] for i in INNER])
def test_010_07_a_section_below_the_base_is_held_to_it(tmp_path, path, outer, inner, msgid):
    section = "%s%s\n</Location>\n<Location %s>\n%s"
    code, said = configtest(tmp_path, section % (GOOD, outer, path, inner))
    assert code != 0 and msgid in said and "localhost" + path + ":" in said, said
    # Elsewhere, and where SCIM is off, it contradicts nothing.
    code, said = configtest(tmp_path, section % (GOOD, outer, "/scim/v20/Users", inner))
    assert code == 0, said
    code, said = configtest(tmp_path, section % (GOOD, outer, path, inner + "\nScimEnable Off"))
    assert code == 0, said


@pytest.mark.parametrize("one,two,wrong", [
    ("ScimDeprovision delete", "ScimDeprovision unlink", True),
    ("ScimDeprovision delete", "", True),
    ("ScimMapTable User people key=id\nScimMap User userName login",
     "ScimMapTable User staff key=id\nScimMap User userName login", True),
    ("ScimDeprovision delete", "ScimDeprovision delete", False),
    ("ScimSeats 5", "ScimAttribute User title max=5", False),
    ("ScimDeprovision delete\nScimTenant other", "ScimDeprovision disable", False)])
def test_010_09_two_tenants_with_one_name(tmp_path, one, two, wrong):
    code, said = configtest(tmp_path, "%s%s\n</Location>\n<Location /scim/v3>\n%s%s" % (
        GOOD, one, GOOD, two))
    assert (code != 0) is wrong, said
    assert ("SCIM3202" in said) is wrong, said
    if wrong:
        assert re.search(r"ScimEnable in \S+:\d+, for \S+/scim/v\d: ScimTenant acme is also the "
                         r"tenant of ScimEnable in \S+:\d+", said), said


def test_010_08_a_section_below_the_base_may_say_otherwise(tmp_path):
    lines = GOOD + "ScimRateLimit 10/1\nScimProfile interop\n</Location>\n" \
        "<Location /scim/v2/Bulk>\nScimMaxBody 2000000\nScimRateLimit Off\n</Location>\n" \
        "<Location /scim/v2/x>\n" + GOOD.replace("acme", "other") + "ScimProfile tolerant"
    code, said = configtest(tmp_path, lines)
    assert code == 0, said
