# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""What test_patch_all.py patches: every target that a tenant publishes, with values for it."""

import copy

from validator_rfc import COMMON

WRONG = {"string": 5, "boolean": "maybe", "integer": "x", "decimal": "x", "dateTime": "yesterday",
         "binary": "*", "reference": 5, "complex": 5}


class Target:
    """An attribute, or with `sub` a sub-attribute, of a resource type."""

    def __init__(self, kind, urn, attr, sub=None):
        self.kind = kind        # the resource type
        self.urn = urn          # its schema; None: a common attribute
        self.attr = attr
        self.sub = sub
        self.leaf = sub or attr
        self.extension = urn is not None and urn != kind["schema"]
        self.name = attr["name"] + ("." + sub["name"] if sub else "")
        self.label = "%s %s" % (kind["name"], (urn + ":" if urn else "") + self.name)

    def path(self, qualified=False, condition=""):
        """The path of the target; `condition` stands in brackets behind the attribute."""
        prefix = self.urn + ":" if self.extension or (qualified and self.urn) else ""
        name = self.attr["name"] + (condition and "[%s]" % condition)
        return prefix + name + ("." + self.sub["name"] if self.sub else "")

    def nested(self, value):
        """A pathless value with the target inside objects."""
        value = {self.attr["name"]: {self.sub["name"]: value} if self.sub else value}
        return {self.urn: value} if self.extension else value

    def flat(self, value):
        """A pathless value with the target's whole name as the key."""
        return {self.path(qualified=True): value}

    def is_read_only(self):
        return "readOnly" in (self.attr["mutability"], self.leaf["mutability"])

    def is_write_only(self):
        return "writeOnly" in (self.attr["mutability"], self.leaf["mutability"])

    def holder(self, document):
        """The object that holds the attribute; made where it is missing."""
        return document.setdefault(self.urn, {}) if self.extension else document

    def set(self, document, value):
        holder = self.holder(document)
        if self.sub:
            holder.setdefault(self.attr["name"], {})[self.sub["name"]] = value
        else:
            holder[self.attr["name"]] = value

    def unset(self, document):
        holder = self.holder(document)
        if self.sub:
            whole = holder.get(self.attr["name"], {})
            whole.pop(self.sub["name"], None)
            if not whole:
                holder.pop(self.attr["name"], None)
        else:
            holder.pop(self.attr["name"], None)
        if self.extension and not holder:
            document.pop(self.urn)


def targets(scim, subs=True):
    """Every attribute of every schema of every resource type, common ones included."""
    for kind in scim.types.values():
        urns = [kind["schema"]] + [e["schema"] for e in kind.get("schemaExtensions", [])]
        found = [(None, attr) for attr in COMMON]
        found += [(urn, attr) for urn in urns for attr in scim.schemas[urn]["attributes"]]
        for urn, attr in found:
            yield Target(kind, urn, attr)
            for sub in attr.get("subAttributes", []) if subs else []:
                yield Target(kind, urn, attr, sub)


def is_reference(attr, kinds):
    """A complex attribute whose `value` is the id of a resource here: it has a $ref to one."""
    return any(s["name"] == "$ref" and set(s.get("referenceTypes", [])) <= set(kinds)
               for s in attr.get("subAttributes", []))


def simple(attr, number, ids=None):
    """Value number 0, 1, 2 … of a simple attribute; `ids` where it is another resource's id."""
    kind = attr["type"]
    if ids:
        return ids[number % len(ids)]
    if attr.get("canonicalValues"):
        return attr["canonicalValues"][number % len(attr["canonicalValues"])]
    return {"string": "v%d é \"\\ 🐎" % number, "boolean": number % 2 == 0, "integer": number - 7,
            "decimal": number + 0.5, "dateTime": "2026-01-0%dT03:04:05Z" % (number + 1),
            "binary": "QUJ" + "DEFG"[number % 4],
            "reference": "https://example.com/%d?a=b" % number}[kind]


def writable(attr):
    """The sub-attributes that a client may set and see."""
    return [s for s in attr["subAttributes"]
            if s["mutability"] in ("readWrite", "immutable") and s["returned"] != "never"]


def element(attr, number, kinds, ids):
    """Value number 0, 1, 2 … of a complex attribute: each of its parts, but for primary."""
    reference = is_reference(attr, kinds)
    out = {}
    for sub in writable(attr):
        if sub["name"] == "primary" or (reference and sub["name"] != "value"):
            continue
        out[sub["name"]] = simple(sub, number, ids if reference else None)
    return out


def full_value(attr, kinds, ids):
    """A value with everything that can be said of an attribute."""
    if attr["type"] == "complex":
        value = element(attr, 0, kinds, ids)
    else:
        value = simple(attr, 0)
    return [value] if attr["multiValued"] else value


def full_resource(scim, kind, ids, name):
    """A resource with a value for every attribute that a client may set."""
    body = {"schemas": [kind["schema"]]}
    for target in targets(scim, subs=False):
        attr = target.attr
        if target.kind is not kind or attr["name"] == "schemas" or \
                attr["mutability"] not in ("readWrite", "immutable"):
            continue
        value = full_value(attr, scim.types, ids)
        if attr["uniqueness"] != "none":
            value = name
        target.set(body, value)
        if target.extension and target.urn not in body["schemas"]:
            body["schemas"].append(target.urn)
    return body


def comparable(document, scim, kind):
    """A resource without what the server derives: meta, schemas, readOnly parts, references."""
    out = copy.deepcopy(document)
    for name in ("meta", "schemas"):
        out.pop(name, None)
    for target in targets(scim, subs=False):
        if target.kind is not kind or target.attr["type"] != "complex":
            continue
        holder = out.get(target.urn, {}) if target.extension else out
        value = holder.get(target.attr["name"])
        drop = {s["name"] for s in target.attr["subAttributes"] if s["mutability"] == "readOnly"}
        if is_reference(target.attr, scim.types):
            drop |= {s["name"] for s in target.attr["subAttributes"]} - {"value"}
        for row in value if isinstance(value, list) else [value] if value else []:
            for name in drop:
                row.pop(name, None)
        if value == {}:
            target.unset(out)  # only derived parts are left
        if isinstance(value, list) and is_reference(target.attr, scim.types):
            value.sort(key=lambda row: row.get("value", ""))
    return out
