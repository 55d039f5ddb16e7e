# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""DBDPersist Off: each request has a connection of its own, which ends with the request."""

from load import together
from okta_wire import URN_USER


def test_126_01_no_connection_outlives_its_request(env):
    tenant = env.vhost("once", "vhost-once")

    def work(i):
        scim = tenant.scim()
        made = [scim.post("/Users", {"schemas": [URN_USER], "userName": "u%d-%d" % (i, k)})
                for k in range(5)]
        return [m.status for m in made] + [scim.get("/Users/" + m.json["id"]).status for m in made]
    assert [s for some in together(4, work) for s in some] == ([201] * 5 + [200] * 5) * 4
    tenant.close()
