# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""PATCH on every attribute of every published schema (RFC 7644 section 3.5.2).

The tenant's /Schemas and /ResourceTypes say what there is; what must come of each operation follows
from the published characteristics. After each the resource is read again and compared as a whole,
so that an operation that touches anything else is found too.
"""

import copy

import pytest

from okta_wire import URN_PATCH, Problem
from patch_samples import (WRONG, comparable, element, full_resource, is_reference, simple, targets,
                           writable)


class Bench:
    """One resource of each type, and what went wrong with it."""

    def __init__(self, scim):
        self.scim = scim
        self.ids = [scim.user("ref%d" % i)["id"] for i in range(3)]
        self.documents = {}
        self.wrong = []
        self.requests = 0
        for kind in scim.types.values():
            body = full_resource(scim, kind, self.ids, "bench")
            made = scim.post(kind["endpoint"], body).must_be(201).json
            want, got = (comparable(d, scim, kind) for d in (body, made))
            missing = {n: (v, got.get(n)) for n, v in want.items() if got.get(n) != v}
            assert not missing, "not kept by POST: %r" % missing
            self.documents[kind["name"]] = scim.read(made)

    def send(self, target, operation):
        self.requests += 1
        path = self.scim.path(self.documents[target.kind["name"]])
        return self.scim.request("PATCH", path, {"schemas": [URN_PATCH], "Operations": [operation]})

    def step(self, target, operation, change=None, refused=None):
        """
        One operation. `change` does to a document what must come of it; `refused`: the scimTypes
        of the refusal, "" for any. With neither, nothing may change.
        """
        before = self.documents[target.kind["name"]]
        want = copy.deepcopy(before)
        try:
            if change:
                change(want)
            answer = self.send(target, operation)
            if refused is not None:
                scim_type = answer.error(400).get("scimType")
                assert not refused or scim_type in refused, "scimType %s instead of %s" % (
                    scim_type, " or ".join(refused))
            else:
                answer.must_be(200, 204)
            got = self.scim.read(before)
            assert answer.status != 200 or answer.json == got, "the answer is not what GET shows"
            self.compare(target, before, want, got)
        except (AssertionError, Problem) as problem:
            self.wrong.append("%s: %r: %s" % (target.label, operation, problem))
        self.documents[target.kind["name"]] = self.scim.read(before)

    def compare(self, target, before, want, got):
        old, want, new = (comparable(d, self.scim, target.kind) for d in (before, want, got))
        differences = {n: (want.get(n), new.get(n)) for n in set(want) | set(new)
                       if want.get(n) != new.get(n)}
        assert not differences, "wanted and got: %r" % differences
        if want == old:
            assert got["meta"] == before["meta"], "nothing changed, but the version or the date"
        else:
            assert got["meta"]["version"] != before["meta"]["version"], "a change, but no version"

    def close(self):
        assert not self.wrong, "%d of %d requests went wrong:\n%s" % (
            len(self.wrong), self.requests, "\n".join(self.wrong[:40]))
        assert self.requests, "nothing was tested"


@pytest.fixture
def bench(scim):
    return Bench(scim)


def settable(target):
    """A target that a client may set, and whose value it sees."""
    return not target.is_read_only() and not target.is_write_only() and \
        target.attr["name"] != "schemas" and target.leaf["returned"] != "never"


def single(bench):
    """Simple single-valued targets, also inside single-valued complex attributes."""
    for target in targets(bench.scim):
        if settable(target) and target.leaf["type"] != "complex" and \
                not target.leaf["multiValued"] and not target.attr["multiValued"] and \
                (target.leaf["name"] == "value" or
                 not is_reference(target.attr, bench.scim.types)):
            yield target


def values(bench, target):
    """Three different values for a simple target."""
    ids = bench.ids if is_reference(target.attr, bench.scim.types) else None
    return [simple(target.leaf, n, ids) for n in range(3)]


def setting(target, value):
    return lambda document: target.set(document, copy.deepcopy(value))


def multi(bench):
    """Multi-valued complex targets that a client may change, with three values."""
    for target in targets(bench.scim, subs=False):
        if settable(target) and target.attr["multiValued"] and target.attr["type"] == "complex":
            yield target, [element(target.attr, n, bench.scim.types, bench.ids) for n in range(3)]


def condition(attr, one, avoid=None):
    """A filter that picks an element: by its value, or by another part that tells it apart."""
    names = [s["name"] for s in writable(attr) if s["type"] in ("string", "reference", "binary")
             and s["name"] in one and not s.get("canonicalValues") and s["name"] != avoid]
    name = "value" if "value" in names else names[0]
    return '%s eq "%s"' % (name, one[name].replace("\\", "\\\\").replace('"', '\\"'))


NOTATIONS = pytest.mark.parametrize("qualified", [False, True], ids=["plain", "urn"])


@NOTATIONS
def test_single_by_path(bench, qualified):
    """add, replace and remove of every single-valued attribute and sub-attribute, by its path."""
    for target in single(bench):
        a, b, c = values(bench, target)
        path = target.path(qualified)

        def operation(op, path=path, **value):
            return dict({"op": op, "path": path}, **value)
        if not target.leaf["required"]:
            bench.step(target, operation("remove"), target.unset)
            bench.step(target, operation("remove"))
        bench.step(target, operation("add", value=a), setting(target, a))
        bench.step(target, operation("add", value=a))
        bench.step(target, operation("add", value=b), setting(target, b))
        bench.step(target, operation("replace", value=c), setting(target, c))
        bench.step(target, operation("replace", value=c))
        bench.step(target, operation("add", value=WRONG[target.leaf["type"]]),
                   refused=["invalidValue"])
        bench.step(target, operation("replace", value=WRONG[target.leaf["type"]]),
                   refused=["invalidValue"])
        bench.step(target, operation("add"), refused=["invalidValue", "invalidSyntax"])
        if target.leaf["required"]:
            bench.step(target, operation("remove"), refused=["mutability"])
            bench.step(target, operation("replace", value=None), refused=[])
            continue
        bench.step(target, operation("remove"), target.unset)
        bench.step(target, operation("replace", value=a), setting(target, a))
        bench.step(target, operation("replace", value=None), target.unset)
        bench.step(target, operation("add", value=a), setting(target, a))
    bench.close()


@pytest.mark.parametrize("form", ["nested", "flat"])
def test_single_pathless(bench, form):
    """add and replace of every single-valued attribute and sub-attribute, without a path."""
    for target in single(bench):
        a, b, c = values(bench, target)
        wrap = getattr(target, form)
        for op, value in (("add", a), ("add", b), ("replace", c), ("add", a), ("replace", b)):
            bench.step(target, {"op": op, "value": wrap(value)}, setting(target, value))
        for op in ("add", "replace"):
            bench.step(target, {"op": op, "value": wrap(b)})
            bench.step(target, {"op": op, "value": wrap(WRONG[target.leaf["type"]])},
                       refused=["invalidValue"])
        if target.leaf["required"]:
            bench.step(target, {"op": "replace", "value": wrap(None)}, refused=[])
        else:
            bench.step(target, {"op": "replace", "value": wrap(None)}, target.unset)
            bench.step(target, {"op": "replace", "value": wrap(a)}, setting(target, a))
    bench.close()


@NOTATIONS
def test_complex_as_a_whole(bench, qualified):
    """add and replace merge into a single-valued complex attribute, remove takes all of it."""
    for target in targets(bench.scim, subs=False):
        if not settable(target) or target.attr["multiValued"] or target.attr["type"] != "complex":
            continue
        one, two = (element(target.attr, n, bench.scim.types, bench.ids) for n in (1, 2))
        first = {k: one[k] for k in list(one)[:1]}
        path = target.path(qualified)

        def merged(part, target=target):
            def change(document):
                target.holder(document).setdefault(target.attr["name"], {}).update(part)
            return change
        bench.step(target, {"op": "remove", "path": path}, target.unset)
        bench.step(target, {"op": "remove", "path": path})
        for op, part in (("add", first), ("add", two), ("replace", first), ("replace", one)):
            bench.step(target, {"op": op, "path": path, "value": part}, merged(part))
            bench.step(target, {"op": op, "path": path, "value": part})
            bench.step(target, {"op": op, "path": path, "value": 5}, refused=["invalidValue"])
        for op, part in (("add", two), ("replace", first)):
            bench.step(target, {"op": op, "value": target.nested(part)}, merged(part))
        bench.step(target, {"op": "replace", "path": path, "value": None}, target.unset)
        bench.step(target, {"op": "replace", "path": path, "value": two}, setting(target, two))
    bench.close()


@NOTATIONS
def test_multi_by_path(bench, qualified):
    """add appends to a multi-valued attribute, replace replaces all, remove takes all."""
    for target, (a, b, c) in multi(bench):
        path = target.path(qualified)

        def holds(*rows, target=target):
            return setting(target, list(rows))
        bench.step(target, {"op": "remove", "path": path}, target.unset)
        bench.step(target, {"op": "remove", "path": path})
        bench.step(target, {"op": "add", "path": path, "value": [a]}, holds(a))
        bench.step(target, {"op": "add", "path": path, "value": [a]})
        bench.step(target, {"op": "add", "path": path, "value": b}, holds(a, b))
        bench.step(target, {"op": "add", "path": path, "value": [b, c]}, holds(a, b, c))
        bench.step(target, {"op": "replace", "path": path, "value": [c, b]}, holds(c, b))
        bench.step(target, {"op": "replace", "path": path, "value": [c, b]})
        for op in ("add", "replace"):
            bench.step(target, {"op": op, "path": path, "value": 5}, refused=["invalidValue"])
            bench.step(target, {"op": op, "path": path, "value": [5]}, refused=["invalidValue"])
            bench.step(target, {"op": op, "path": path}, refused=["invalidValue", "invalidSyntax"])
        bench.step(target, {"op": "replace", "path": path, "value": []}, target.unset)
        bench.step(target, {"op": "replace", "path": path, "value": [a]}, holds(a))
        bench.step(target, {"op": "replace", "path": path, "value": None}, target.unset)
        bench.step(target, {"op": "replace", "path": path, "value": [a, b]}, holds(a, b))
    bench.close()


@pytest.mark.parametrize("form", ["nested", "flat"])
def test_multi_pathless(bench, form):
    """The same without a path."""
    for target, (a, b, c) in multi(bench):
        wrap = getattr(target, form)

        def holds(*rows, target=target):
            return setting(target, list(rows))
        bench.step(target, {"op": "replace", "value": wrap([])}, target.unset)
        bench.step(target, {"op": "add", "value": wrap([a])}, holds(a))
        bench.step(target, {"op": "add", "value": wrap([a])})
        bench.step(target, {"op": "add", "value": wrap([b])}, holds(a, b))
        bench.step(target, {"op": "replace", "value": wrap([c])}, holds(c))
        bench.step(target, {"op": "replace", "value": wrap([c])})
        bench.step(target, {"op": "replace", "value": wrap(None)}, target.unset)
        bench.step(target, {"op": "replace", "value": wrap([a, b])}, holds(a, b))
        for op in ("add", "replace"):
            bench.step(target, {"op": op, "value": wrap([5])}, refused=["invalidValue"])
    bench.close()


@NOTATIONS
def test_elements_by_filter(bench, qualified):
    """A filter picks elements of a multi-valued attribute: replaced, merged into, removed."""
    for target, (a, b, c) in multi(bench):
        attr = target.attr
        immutable = all(s["mutability"] == "immutable" for s in writable(attr))
        bench.step(target, {"op": "replace", "path": target.path(qualified), "value": [a, b]},
                   setting(target, [a, b]))

        def at(one, target=target):
            return target.path(qualified, condition(target.attr, one))
        if immutable:
            bench.step(target, {"op": "replace", "path": at(b), "value": c}, refused=["mutability"])
        else:
            bench.step(target, {"op": "replace", "path": at(c), "value": c}, refused=["noTarget"])
            bench.step(target, {"op": "replace", "path": at(b), "value": c},
                       setting(target, [a, c]))
            bench.step(target, {"op": "replace", "path": at(c), "value": c})
            bench.step(target, {"op": "add", "path": at(c), "value": {"type": "merged"}},
                       setting(target, [a, dict(c, type="merged")]))
            bench.step(target, {"op": "replace", "path": at(c), "value": c},
                       setting(target, [a, c]))
            for op in ("add", "replace"):
                bench.step(target, {"op": op, "path": at(c), "value": 5}, refused=["invalidValue"])
        left = b if immutable else c
        bench.step(target, {"op": "remove", "path": at(a)}, setting(target, [left]))
        bench.step(target, {"op": "remove", "path": at(a)})
        bench.step(target, {"op": "remove", "path": at(left)}, target.unset)
        bench.step(target, {"op": "remove", "path": at(left)})
    bench.close()


def element_subs(bench):
    """Sub-attributes of multi-valued complex attributes that a client may change."""
    for target in targets(bench.scim):
        if target.sub and target.attr["multiValued"] and settable(target) and \
                target.leaf["mutability"] == "readWrite":
            yield target


@NOTATIONS
def test_sub_attributes_by_filter(bench, qualified):
    """add, replace and remove of every sub-attribute of the elements that a filter picks."""
    for target in element_subs(bench):
        attr, name = target.attr, target.sub["name"]
        a, b = (element(attr, n, bench.scim.types, bench.ids) for n in (0, 1))
        x, y, z = (simple(target.sub, n) for n in (2, 3, 4))
        prefix = target.urn + ":" if target.extension else ""
        bench.step(target, {"op": "replace", "path": prefix + attr["name"], "value": [a, b]},
                   setting_rows(target, a, b))
        path = target.path(qualified, condition(attr, b, avoid=name))
        none = target.path(qualified, condition(attr, {k: "none" for k in b}, avoid=name))
        without = {k: v for k, v in b.items() if k != name}
        for op, value in (("add", x), ("add", y), ("replace", x), ("replace", z)):
            bench.step(target, {"op": op, "path": path, "value": value},
                       setting_rows(target, a, dict(b, **{name: value})))
            bench.step(target, {"op": op, "path": path, "value": value})
        for op in ("add", "replace"):
            bench.step(target, {"op": op, "path": path, "value": WRONG[target.sub["type"]]},
                       refused=["invalidValue"])
        bench.step(target, {"op": "replace", "path": none, "value": x}, refused=["noTarget"])
        bench.step(target, {"op": "remove", "path": none})
        bench.step(target, {"op": "remove", "path": path}, setting_rows(target, a, without))
        bench.step(target, {"op": "remove", "path": path})
        bench.step(target, {"op": "replace", "path": path, "value": y},
                   setting_rows(target, a, dict(b, **{name: y})))
        bench.step(target, {"op": "replace", "path": path, "value": None},
                   setting_rows(target, a, without))
    bench.close()


def setting_rows(target, *rows):
    """What sets the attribute that a sub-attribute's target belongs to."""
    def change(document):
        target.holder(document)[target.attr["name"]] = copy.deepcopy(list(rows))
    return change


@NOTATIONS
def test_sub_attributes_of_all(bench, qualified):
    """A sub-attribute without a filter is that of every element."""
    for target in element_subs(bench):
        attr, name = target.attr, target.sub["name"]
        if name == "primary":
            continue  # of one only, see test_primary
        a, b = (element(attr, n, bench.scim.types, bench.ids) for n in (0, 1))
        prefix = target.urn + ":" if target.extension else ""
        bench.step(target, {"op": "replace", "path": prefix + attr["name"], "value": [a, b]},
                   setting_rows(target, a, b))
        path = target.path(qualified)
        for op, number in (("add", 2), ("replace", 3)):
            value = simple(target.sub, number)
            bench.step(target, {"op": op, "path": path, "value": value}, setting_rows(
                target, dict(a, **{name: value}), dict(b, **{name: value})))
        bench.step(target, {"op": "remove", "path": path}, setting_rows(
            target, *[{k: v for k, v in row.items() if k != name} for row in (a, b)]))
    bench.close()


def test_primary(bench):
    """primary, set in one element by whatever operation, is taken from the others."""
    for target, (a, b, c) in multi(bench):
        if "primary" not in {s["name"] for s in target.attr["subAttributes"]}:
            continue
        path = target.path()
        yes, no = {"primary": True}, {"primary": False}
        bench.step(target, {"op": "replace", "path": path, "value": [dict(a, **yes), b]},
                   setting(target, [dict(a, **yes), b]))
        bench.step(target, {"op": "replace", "path": target.path(False, condition(target.attr, b))
                            + ".primary", "value": True},
                   setting(target, [dict(a, **no), dict(b, **yes)]))
        bench.step(target, {"op": "add", "path": path, "value": [dict(c, **yes)]},
                   setting(target, [dict(a, **no), dict(b, **no), dict(c, **yes)]))
        bench.step(target, {"op": "add", "value": target.nested([dict(a, **yes)])},
                   setting(target, [dict(a, **yes), dict(b, **no), dict(c, **no)]))
    bench.close()


@pytest.mark.parametrize("op", ["add", "replace", "remove"])
@NOTATIONS
def test_read_only(bench, op, qualified):
    """Every readOnly attribute and sub-attribute: 400 mutability by path, ignored without."""
    for target in targets(bench.scim):
        if not target.is_read_only():
            continue
        value = "x" if target.leaf["type"] != "complex" else {"value": "x"}
        bench.step(target, {"op": op, "path": target.path(qualified), "value": value},
                   refused=["mutability"])
        if target.sub and target.attr["multiValued"]:
            bench.step(target, {"op": op, "path": target.path(qualified, 'value eq "x"'),
                                "value": value}, refused=["mutability", "noTarget"])
        elif op != "remove" and not target.sub:
            bench.step(target, {"op": op, "value": target.nested(value)})
    bench.close()


@NOTATIONS
def test_immutable(bench, qualified):
    """Every immutable sub-attribute of an element that is there: 400 mutability."""
    for target in targets(bench.scim):
        if target.leaf["mutability"] != "immutable" or not target.sub or \
                not target.attr["multiValued"]:
            continue
        one = element(target.attr, 0, bench.scim.types, bench.ids)
        value = "https://example.com" if target.leaf["type"] == "reference" else "x"
        for op in ("add", "replace", "remove"):
            for path in (target.path(qualified),
                         target.path(qualified, condition(target.attr, one))):
                bench.step(target, {"op": op, "path": path, "value": value}, refused=["mutability"])
    bench.close()


@NOTATIONS
def test_write_only(bench, qualified):
    """Every writeOnly attribute can be set and removed, and is never seen."""
    for target in targets(bench.scim):
        if not target.is_write_only():
            continue
        path = target.path(qualified)
        for operation in ({"op": "add", "path": path, "value": "1mz050nq"},
                          {"op": "replace", "path": path, "value": "n3w-Passw0rd"},
                          {"op": "remove", "path": path},
                          {"op": "add", "value": target.nested("1mz050nq")},
                          {"op": "replace", "value": target.flat("1mz050nq")}):
            bench.step(target, operation)
    bench.close()


def test_schemas(bench):
    """`schemas` follows from what there is: it can be named, but not removed."""
    for target in targets(bench.scim, subs=False):
        if target.attr["name"] != "schemas":
            continue
        urns = [target.kind["schema"]]
        for op in ("add", "replace"):
            bench.step(target, {"op": op, "path": "schemas", "value": urns})
            bench.step(target, {"op": op, "value": {"schemas": urns}})
        bench.step(target, {"op": "remove", "path": "schemas"}, refused=["mutability"])
    bench.close()


@pytest.mark.parametrize("op", ["add", "replace", "remove"])
def test_undefined(bench, op):
    """Beside every attribute there are names that are none: 400 invalidPath."""
    for target in targets(bench.scim, subs=False):
        paths = [target.path(True) + "x", target.path() + "x"]
        if target.attr["type"] == "complex":
            paths.append(target.path() + ".nosuch")
        for path in paths:
            bench.step(target, {"op": op, "path": path, "value": "x"}, refused=["invalidPath"])
    bench.close()


def test_whole_extensions(bench):
    """An extension as a whole is a target too: merged into, and removed with all it has."""
    for kind in bench.scim.types.values():
        for urn in [e["schema"] for e in kind.get("schemaExtensions", [])]:
            inside = [t for t in targets(bench.scim, subs=False) if t.kind is kind and t.urn == urn
                      and settable(t) and t.attr["type"] != "complex"]
            target, value = inside[0], simple(inside[0].attr, 1)
            name = target.attr["name"]

            def removed(document, urn=urn):
                document.pop(urn, None)
            bench.step(target, {"op": "remove", "path": urn}, removed)
            bench.step(target, {"op": "remove", "path": urn})
            for op in ("add", "replace"):
                bench.step(target, {"op": op, "path": urn, "value": {name: value}},
                           setting(target, value))
                bench.step(target, {"op": op, "path": urn, "value": {name: value}})
                bench.step(target, {"op": op, "path": urn, "value": "x"}, refused=["invalidValue"])
                bench.step(target, {"op": "remove", "path": urn}, removed)
    bench.close()


def test_nothing_is_left_out(scim):
    """Each attribute that is published is a target of one of the tests above."""
    bench = Bench(scim)
    tested = {t.label for t in single(bench)} | {t.label for t, _ in multi(bench)}
    tested |= {t.label for t in element_subs(bench)}
    for target in targets(scim):
        if target.is_read_only() or target.is_write_only() or target.leaf["mutability"] == \
                "immutable" or target.attr["name"] == "schemas":
            continue  # test_read_only, test_write_only, test_immutable, test_schemas
        if target.leaf["type"] == "complex" and not target.leaf["multiValued"]:
            continue  # test_complex_as_a_whole
        if is_reference(target.attr, scim.types) and target.leaf["name"] == "$ref":
            continue  # follows from value
        assert target.label in tested, target.label
