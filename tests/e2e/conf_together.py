# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Tenants with policies that were made apart and must get along (test_262, test_263)."""

PEOPLE = (
    "ScimMapTable User people key=id",
    "ScimMap User userName login",
    "ScimMap User 'emails[primary eq true].value' mail",
    "ScimMap User name.givenName given",
    "ScimMap User name.familyName family",
    "ScimMap User userType role translate=admin:ADMIN,user:CREATOR,view:SEAT",
    "ScimMap User active active",
    "ScimMap User urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:division floor",
    "ScimMapConstant User org {{tenant}}",
)
TEAMS = (
    "ScimMapTable Group teams key=id",
    "ScimMap Group displayName name",
    "ScimMapConstant Group org {{tenant}}",
)

# Two tables of the application, and who is in which.
MAPPED = PEOPLE + TEAMS + ("ScimMapMembers team_people group=team user=person",)
ADOPT = ("ScimAdopt User On", "ScimAdopt Group On")

# Accounts of several tenants; a row of another table makes one the tenant's.
SHARED = TEAMS + (
    "ScimMapTable User accounts key=uid",
    "ScimMap User id uid",
    "ScimMap User userName email",
    "ScimMap User name.givenName given",
    "ScimMapLink User memberships account=account org={{tenant}} role=user",
    "ScimMapMembers team_accounts group=team user=account",
)

RULES = (
    "ScimAttribute User userType required values=admin,user,view",
    "ScimAttribute User name.givenName required max=20",
    "ScimAttribute User externalId immutable",
    "ScimAttribute User preferredLanguage format=language default=en",
    "ScimSeats 9",
    "ScimSeats 3 userType=admin",
    "ScimKeepOne userType admin",
    "ScimNestedGroups skip",
)

DELETE = ("ScimDeprovision delete",)
HIDE = ("ScimTombstone forever hide",)

# name: (how many, directives inside the Location)
FLAVOURS = {
    "together_move": (8, RULES + MAPPED + ADOPT + DELETE + (
        "ScimRehire restore", "ScimOneGroupPerUser On")),
    "together_from": (6, RULES + MAPPED + DELETE + (
        "ScimTombstone 1 hide", "ScimGroupFrom title create", "ScimGroupFrom nickName existing")),
    "together_off": (3, RULES + MAPPED + (
        "ScimGroups Off", "ScimGroupFrom title create", "ScimRehire restore",
        "ScimDelete deactivate", "ScimMapOn User deactivate delete")),
    "together_shared": (4, RULES + SHARED + ("ScimDeprovision unlink",)),
    "together_adopt": (3, RULES + MAPPED + ADOPT + (
        "ScimRehire restore", "ScimUnknownMembers reject")),
    "strict_rows": (2, DELETE + (
        "ScimMapTable User strict key=id", "ScimMap User userName login",
        "ScimMap User name.givenName given")),
    "adopt_hidden": (2, MAPPED + ADOPT + DELETE + HIDE),
    "adopt_from": (3, MAPPED + ADOPT + (
        "ScimGroupFrom userType create", "ScimGroupFrom name.familyName existing")),
    "adopt_kept": (2, MAPPED + ADOPT + DELETE + (
        "ScimMapOn User deactivate keep", "ScimUnknownMembers reject")),
    "shared_restore": (2, SHARED + ("ScimRehire restore",)),
    "shared_left": (2, SHARED + ("ScimMapOn User deactivate unlink",)),
    "shared_kept": (2, SHARED + DELETE + HIDE + ("ScimMapOn User deactivate keep",)),
    "adopt_stored": (2, MAPPED + ADOPT + ("ScimTokenStore On",)),
    "from_external": (2, DELETE + ("ScimGroupFrom externalId create",)),
}

# A tenant whose accounts end later: a test takes ENDED_BEFORE's last line for ENDED_AFTER's.
ENDED_BEFORE = """
    ScimTenant ended-later
    ScimDeprovision disable
"""
ENDED_AFTER = ENDED_BEFORE.replace("disable", "delete")
ENDED_LATER = """
<Location "/t/ended-later/scim/v2">
    ScimEnable On%s    %s
    ScimToken sha256:{ended_later} e2e
</Location>
""" % (ENDED_BEFORE, "\n    ".join(MAPPED))
