# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""What wrk cannot drive: a walk over all users by cursor while others write, and Bulk."""
import http.client
import json
import statistics
import sys
import threading
import time

JSON = "application/scim+json"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
PAGE = 500


class Client:
    """One connection, kept alive."""

    def __init__(self, server):
        self.conn = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.headers = {"Authorization": "Bearer " + server.token, "Content-Type": JSON}

    def send(self, method, path, body=None):
        self.conn.request(method, "/scim/v2" + path, body and json.dumps(body), self.headers)
        answer = self.conn.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]}")
        return json.loads(text) if text else None


def new_user(name):
    return {"schemas": [USER], "userName": name, "externalId": name, "active": True,
            "name": {"familyName": "User", "givenName": "New"}, "displayName": "New User",
            "emails": [{"value": name + "@example.com", "type": "work", "primary": True}]}


class Writer(threading.Thread):
    """Creates users and deletes every other one of them again, until it is stopped."""

    def __init__(self, server, number):
        super().__init__(daemon=True)
        self.client, self.number = Client(server), number
        self.going, self.made, self.failed = True, 0, None

    def run(self):
        try:
            while self.going:
                name = f"walk{self.number}-{time.time_ns()}"
                made = self.client.send("POST", "/Users", new_user(name))
                self.made += 1
                if self.made % 2:
                    self.client.send("DELETE", "/Users/" + made["id"])
        except (OSError, RuntimeError, http.client.HTTPException) as err:
            self.failed = err


def cursor(server):
    """Every user of before exactly once, at a constant cost per page, while others write."""
    before = {row[0] for row in server.sql(
        "SELECT id FROM scim_resource WHERE tenant = 'bench' AND type = 'User'", table=True)}
    writers = [Writer(server, i) for i in range(2)]
    client = Client(server)
    seen, times, after = {}, [], ""
    for w in writers:
        w.start()
    while after is not None:
        began = time.monotonic()
        page = client.send("GET", f"/Users?count={PAGE}&attributes=id&cursor={after}")
        times.append(time.monotonic() - began)
        for user in page["Resources"]:
            seen[user["id"]] = seen.get(user["id"], 0) + 1
        after = page.get("nextCursor")
    for w in writers:
        w.going = False
        w.join()
    missed = len(before - set(seen))
    doubled = sum(1 for n in seen.values() if n > 1)
    tenth = max(1, len(times) // 10)
    early, late = statistics.median(times[:tenth]), statistics.median(times[-tenth - 1:-1] or times)
    print(f"cursor walk over {len(before)} users in {len(times)} pages of {PAGE}, "
          f"{sum(w.made for w in writers)} created meanwhile: {missed} missed, {doubled} doubled; "
          f"the last tenth's rate is {early / late:.2f} of the first's", flush=True)
    for w in writers:
        if w.failed or not w.made:
            sys.exit(f"a writer did not write: {w.failed}")
    if missed or doubled:
        sys.exit("a walk must see everybody exactly once")
    return {"users": len(before), "pages": len(times), "missed": missed, "doubled": doubled,
            "ratio": early / late}


def bulk(server, rounds, n=1000):
    """n creates in one Bulk request against n single ones, in turns, on one connection each."""
    ratios = []
    client = Client(server)
    for i in range(rounds):
        mark = f"{time.time_ns()}-{i}"
        operations = [{"method": "POST", "path": "/Users", "bulkId": str(k),
                       "data": new_user(f"bulk{mark}-{k}")} for k in range(n)]
        singles = [new_user(f"single{mark}-{k}") for k in range(n)]
        began = time.monotonic()
        for one in singles:
            client.send("POST", "/Users", one)
        single = time.monotonic() - began
        began = time.monotonic()
        answer = client.send("POST", "/Bulk", {"schemas": [BULK], "Operations": operations})
        together = time.monotonic() - began
        if any(o["status"] != "201" for o in answer["Operations"]) or len(
                answer["Operations"]) != n:
            raise RuntimeError("not every operation of the Bulk request was a creation")
        ratios.append(single / together)
    print(f"bulk of {n} creates against {n} single ones: "
          f"{' '.join(format(r, '.2f') for r in ratios)}, median {statistics.median(ratios):.2f}",
          flush=True)
    return {"ratio": statistics.median(ratios), "rounds": ratios}
