#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""What Okta sends to one of conf/examples, and after each chapter what the application's own tables
hold: tools/quickstart --example shows it."""

import argparse
import pathlib
import subprocess
import sys
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))

from okta_client import OktaClient  # noqa: E402
from okta_wire import Problem, need, transcript  # noqa: E402

from okta_app import profile  # noqa: E402


class Tour:
    def __init__(self, okta, sql):
        self.okta = okta
        self.sql = sql
        self.run = uuid.uuid4().hex[:6]

    def chapter(self, text):
        print("\n-- %s" % text)

    def show(self, select):
        """Print what the application's developer sees."""
        print("   %s" % select)
        done = subprocess.run(self.sql, input=select + ";\n", stdout=subprocess.PIPE, text=True,
                              check=True)
        print("".join("   %s\n" % line for line in done.stdout.splitlines()) or "   (no rows)")

    def name(self, who, domain):
        return "%s-%s@%s" % (who, self.run, domain)

    def create(self, user_name, *names, **more):
        """A user as the app's mappings make one; what comes back may be less than was sent."""
        with self.okta.step("POST", "/Users", profile(user_name, *names, **more)) as s:
            user = s.answer.user(201)
            s.means("user created")
            return user

    def refuse(self, status, user_name, **more):
        """A user that the tenant's rules refuse; Okta shows the text to its administrator."""
        with self.okta.step("POST", "/Users", profile(user_name, **more)) as s:
            s.answer.error(status)
            s.means(s.answer.detail())

    def switch(self, user, active):
        """Deactivate or activate, as an app of Okta's catalogue does."""
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "replace", "value": {"active": active}}]}
        with self.okta.step("PATCH", "/Users/" + user["id"], body) as s:
            need(s.answer.user()["active"] is active, "active is not what was sent")
            s.means("activated" if active else "deactivated")

    def keep(self, user, attribute):
        """An attribute that no one may change any more."""
        body = {"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
                "Operations": [{"op": "replace", "path": attribute, "value": self.run}]}
        with self.okta.step("PATCH", "/Users/" + user["id"], body) as s:
            s.answer.error(400)
            s.means(s.answer.detail())


def saleo(t):
    users = "SELECT email, first_name, last_name, seat, enabled FROM saleo_user"
    teams = ("SELECT t.name AS team, u.email FROM saleo_team t LEFT JOIN saleo_team_member m ON "
             "m.team_id = t.team_id LEFT JOIN saleo_user u ON u.user_id = m.user_id")
    t.chapter("Before SCIM: a user who signed in by SAML, a team made by hand")
    t.show(users)
    t.show(teams)
    t.chapter("A user with a seat; a kind of seat that there is not")
    ada = t.create(t.name("ada", "saleo.example"), userType="user")
    t.refuse(400, t.name("bad", "saleo.example"), userType="owner")
    t.chapter("The user from before is found, not made again, and becomes an administrator")
    grace = t.okta.find_user("grace@saleo.example")
    t.okta.push_profile(grace["id"], {"userType": "admin"})
    t.show(users)
    t.chapter("A pushed group is a team; a user is in one team at a time")
    one = t.okta.create_group("Demo makers", [ada["id"], grace["id"]])["id"]
    two = t.okta.create_group("Sales engineers", [ada["id"]])["id"]
    t.okta.change_members(one, "Demo makers", remove=[ada["id"]])
    t.show(teams)
    t.chapter("Deactivated users keep their row and free their seat")
    t.switch(ada, False)
    t.show(users)
    t.switch(ada, True)
    t.chapter("Removing the push deletes the team; its members stay users")
    t.okta.delete_group(two)
    t.show(teams)


def haiilo(t):
    accounts = "SELECT account_id, email, first_name, shares FROM haiilo_account"
    groups = ("SELECT g.name AS grp, a.email FROM haiilo_group g LEFT JOIN haiilo_group_member m ON "
              "m.group_id = g.group_id LEFT JOIN haiilo_account a ON a.account_id = m.account_id")

    def work(**address):
        return [dict(address, type="work")]
    t.chapter("Before SCIM: accounts, and the countries that the company is in")
    t.show(accounts)
    t.show(groups)
    t.chapter("Who has an account is found by the e-mail address and keeps it")
    early = t.okta.find_user("early@haiilo.example")
    t.okta.push_profile(early["id"], {"name": {"givenName": "Earlier", "familyName": "Bird"}})
    t.chapter("A user of Finland, in a team that is made for it; a country that there is not")
    mia = t.create(t.name("mia", "haiilo.example"), "Mia", "Virtanen",
                   addresses=work(country="Finland", locality="Tampere"))
    t.refuse(400, t.name("bad", "haiilo.example"), addresses=work(country="Atlantis"))
    t.show(accounts)
    t.show(groups)
    t.chapter("Deactivated is deleted; the record that Okta needs stays without personal data")
    t.switch(mia, False)
    t.show(accounts)
    t.okta.get_user(mia["id"], "what is left of it")
    t.chapter("Who comes back is a new account behind the same id")
    t.switch(mia, True)
    t.okta.push_profile(mia["id"], {"name": {"givenName": "Mia", "familyName": "Virtanen"}})
    t.show(accounts)


def preset(t):
    members = ("SELECT m.team, a.email, m.role, a.account_id FROM preset_team_member m JOIN "
               "preset_account a ON a.account_id = m.account_id")
    accounts = "SELECT email, first_name, last_name FROM preset_account"
    groups = ("SELECT g.team, g.name, a.email FROM preset_group g LEFT JOIN preset_group_member m ON "
              "m.group_id = g.group_id LEFT JOIN preset_account a ON a.account_id = m.account_id")
    t.chapter("Before SCIM: global accounts, and the members of two teams")
    t.show(members)
    t.chapter("Who is a member already is found; an account of another team is added to this one")
    t.okta.find_user("bob@preset.example")
    carol = t.create("carol@preset.example", "Carol", "Elsewhere")
    new = t.create(t.name("new", "preset.example"), "New", "Comer")
    t.show(members)
    t.chapter("Groups carry the roles; removing the push deletes the group")
    group = t.okta.create_group("Analysts " + t.run, [carol["id"], new["id"]])["id"]
    t.show(groups)
    t.okta.delete_group(group)
    t.show(groups)
    t.chapter("Deactivated is out of the team, not out of Preset")
    t.switch(carol, False)
    t.show(members)
    t.show(accounts)
    t.switch(carol, True)
    t.show(members)


def condeco(t):
    people = "SELECT person_id, login, email, language, status, is_admin FROM condeco_person"

    def own(login):
        return {"externalId": "00u" + login.split("@")[0], "preferredLanguage": "de"}
    name = t.name("eve", "condeco.example")
    t.chapter("A user, with what must be mapped; without it; with a language that is none")
    eve = t.create(name, "Eve", "Example", **own(name))
    t.refuse(400, t.name("bad", "condeco.example"), emails=None)
    t.refuse(400, t.name("bad", "condeco.example"), preferredLanguage="English")
    t.show(people)
    t.chapter("The externalId is fixed; everything else is updated")
    t.keep(eve, "externalId")
    t.okta.push_profile(eve["id"], {"preferredLanguage": "en-GB"})
    t.show(people)
    t.chapter("Deactivated users stay, inactive")
    t.switch(eve, False)
    t.show(people)
    t.switch(eve, True)
    t.chapter("A group with its members")
    t.okta.create_group("Third floor " + t.run, [eve["id"]])
    t.show("SELECT g.name, p.login FROM condeco_group g JOIN condeco_group_member m ON m.group_id = "
           "g.group_id JOIN condeco_person p ON p.person_id = m.person_id")


TOURS = {"saleo": saleo, "haiilo": haiilo, "preset": preset, "condeco": condeco}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--example", required=True, choices=sorted(TOURS))
    parser.add_argument("--base", required=True, help="base URL of the tenant")
    parser.add_argument("--token", required=True, help="bearer token of the tenant")
    parser.add_argument("--ca", help="file of the certificate authority to trust")
    parser.add_argument("sql", nargs="+", help="a command that reads SQL and prints rows")
    args = parser.parse_args()
    okta = OktaClient(args.base, args.token, args.ca, "oin", transcript)
    try:
        okta.test_credentials(groups=args.example != "haiilo")
        TOURS[args.example](Tour(okta, args.sql))
    except Problem as problem:
        print("stopped: %s" % problem)
        return 1
    finally:
        okta.close()
    print("%d requests, everything as Okta needs it" % okta.requests)
    return 0


if __name__ == "__main__":
    sys.exit(main())
