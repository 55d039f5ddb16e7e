# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""Identity providers as data: what each sends, request by request, and what it needs back.

A module here describes one client: HEADERS of all its requests, BODY_HEADERS of those with a body,
QUERY that it appends to every URL ("" for none), and SCENARIOS, each a name and its steps. Every
scenario runs in a tenant of its own; with a name that begins with "flavour: ", the tenant has that
flavour of conf.py. test_190_clients.py is the runner.

In paths, bodies and expectations <name> stands for what a step before kept under that name.
"""

ABSENT = object()  # in `want`: the attribute must not be there


class Step:
    """One request.

    @param what    in words
    @param method  and @param path: what follows the base URL, encoded as the client does it
    @param body    sent as JSON; None: no body
    @param status  the statuses that this client goes on with, one or a tuple
    @param error   scimType of the error; None: not looked at
    @param keep    {name: path in the answer, dotted}
    @param want    what the answer must have: objects may have more members, lists have exactly
                   these elements
    @param total   the answer is a ListResponse with this many results, all of them in the page
    @param members ids of the group's members, exactly
    @param check   called with the answer's JSON
    """

    def __init__(self, what, method, path, body=None, status=200, error=None, keep=None,
                 want=None, total=None, members=None, check=None):
        self.what = what
        self.method = method
        self.path = path
        self.body = body
        self.status = status if isinstance(status, tuple) else (status,)
        self.error = error
        self.keep = keep or {}
        self.want = want
        self.total = total
        self.members = members
        self.check = check


def get(what, path, **more):
    return Step(what, "GET", path, **more)


def post(what, path, body, **more):
    more.setdefault("status", 201)
    return Step(what, "POST", path, body, **more)


def put(what, path, body, **more):
    return Step(what, "PUT", path, body, **more)


def patch(what, path, *operations, **more):
    """A PATCH; 200 with the resource and 204 are the same to every client here."""
    more.setdefault("status", (200, 204))
    return Step(what, "PATCH", path, {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"],
        "Operations": list(operations)}, **more)


def delete(what, path, **more):
    more.setdefault("status", 204)
    return Step(what, "DELETE", path, **more)


def gone(path):
    """What was deleted is not found any more."""
    return get("gone", path, status=404)
