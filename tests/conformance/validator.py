# SPDX-License-Identifier: Apache-2.0
# Copyright the mod_scim authors
"""A strict validator of SCIM answers, written from RFC 7643 and RFC 7644 alone.

It knows what the tenant publishes at /Schemas and /ResourceTypes and nothing else of the server: an
answer that shows more, less or otherwise than what is published there, or than the RFCs' own
messages, is reported. It says nothing about whether the values are the right ones.
"""

import base64
import binascii
import json
import re
import urllib.parse

from validator_rfc import (COMMON, CONFIG, CONFIG_EXTRA, MESSAGES, RESOURCE_TYPE, SCHEMA,
                           SCHEMA_ATTRIBUTE, URN_BULK_RESPONSE, URN_CONFIG, URN_ERROR, URN_LIST,
                           URN_RESOURCE_TYPE, URN_SCHEMA)

MEDIA = "application/scim+json"
# Statuses with which each scimType goes: table 9 of RFC 7644, 3.3 and 7.5.2 there, RFC 9865 2.1.
SCIM_TYPES = {"invalidFilter": (400,), "tooMany": (400,), "uniqueness": (400, 409),
              "mutability": (400,), "invalidSyntax": (400,), "invalidPath": (400,),
              "noTarget": (400,), "invalidValue": (400,), "invalidVers": (400,),
              "sensitive": (400, 403), "invalidCursor": (400,), "expiredCursor": (400,),
              "invalidCount": (400,)}
ATTRNAME = re.compile(r"[A-Za-z][$\-_0-9A-Za-z]*|\$ref")
TYPES = ("string", "boolean", "decimal", "integer", "dateTime", "binary", "reference", "complex")
DATETIME = re.compile(r"-?\d{4,}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
                      r"T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)?")
URI = re.compile(r"(?:[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+")
ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e]*"')
CURSOR = re.compile(r"[A-Za-z0-9\-._~]+")
BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")


class Float(float):
    """A JSON number with a fraction or an exponent, whatever its value."""


class Broken(Exception):
    """Not JSON, or JSON that says something twice."""


def parse(raw):
    """Strict JSON: UTF-8, no name twice in any case, no NaN; numbers keep their form."""
    def once(pairs):
        names = [name.lower() for name, _ in pairs]
        for name in names:
            if names.count(name) > 1:
                raise Broken("the name %r stands twice in an object" % name)
        return dict(pairs)

    def never(text):
        raise Broken("%s is no JSON number" % text)
    try:
        return json.loads(raw.decode("utf-8"), object_pairs_hook=once, parse_float=Float,
                          parse_constant=never)
    except (UnicodeDecodeError, ValueError) as err:
        raise Broken(str(err)) from err


class Exchange:
    """One request and its answer. `path` is what follows the base URL, `sent` the body's JSON."""

    def __init__(self, method, path, status, headers, raw, sent=None):
        self.method = method
        self.status = status
        self.headers = headers
        self.raw = raw
        self.sent = sent if isinstance(sent, dict) else {}
        url = urllib.parse.urlsplit(path)
        self.path = url.path
        self.query = {}
        for name, value in urllib.parse.parse_qsl(url.query, keep_blank_values=True):
            self.query.setdefault(name.lower(), value)

    def names(self, parameter):
        """The attribute names of a parameter, in lower case, or None."""
        value = self.query.get(parameter.lower())
        if value is None and self.path.endswith("/.search"):
            value = self.sent.get(parameter)
        if isinstance(value, list):
            value = ",".join(value)
        names = [n.strip().lower() for n in (value or "").split(",") if n.strip()]
        return names or None

    def by_cursor(self):
        """Whether a page by cursor was asked for (RFC 9865)."""
        return "cursor" in self.query or (self.path.endswith("/.search") and "cursor" in self.sent)

    def segments(self):
        return [s for s in self.path.split("/") if s]


class View:
    """Which attributes the request wants to see (RFC 7644 section 3.9)."""

    def __init__(self, exchange):
        self.wanted = exchange.names("attributes")
        self.unwanted = exchange.names("excludedAttributes")
        self.full = not self.wanted and not self.unwanted

    @staticmethod
    def _spellings(urn, attr, sub, core):
        plain = attr + ("." + sub if sub else "")
        out = {urn + ":" + plain} if urn else set()
        return {s.lower() for s in (out | {plain} if core or not urn else out)}

    def _names(self, given, urn, attr, sub, core):
        """Whether a list names this attribute itself."""
        return bool(self._spellings(urn, attr, sub, core) & set(given))

    def allowed(self, urn, attr, sub=None, core=True):
        """Whether an attribute of `returned: default` may be shown."""
        if self.unwanted:
            if self._names(self.unwanted, urn, attr, None, core) or (
                    sub and self._names(self.unwanted, urn, attr, sub, core)):
                return False
            if not core and urn.lower() in self.unwanted:
                return False
        if not self.wanted:
            return True
        if self._names(self.wanted, urn, attr, None, core) or (
                urn and urn.lower() in self.wanted):
            return True
        if sub:
            return self._names(self.wanted, urn, attr, sub, core)
        starts = {s + "." for s in self._spellings(urn, attr, None, core)}
        return any(n.startswith(tuple(starts)) for n in self.wanted)


class Validator:
    """
    @param base    the tenant's base URL
    @param schemas Schema resources as /Schemas lists them
    @param types   ResourceType resources as /ResourceTypes lists them
    """

    def __init__(self, base, schemas, types):
        self.base = base.rstrip("/")
        self.schemas = {s["id"]: s for s in schemas}
        self.types = {t["name"]: t for t in types}
        self.problems = []

    # ---- the answer ----

    def check(self, exchange):
        """Everything that is wrong with an answer, as sentences; empty if it is right."""
        self.problems = []
        self._headers(exchange)
        if exchange.status in (204, 304) or exchange.method == "HEAD":
            self._need(not exchange.raw, "", "a body where none may be")
            return self.problems
        try:
            body = parse(exchange.raw)
        except Broken as err:
            return self.problems + ["the body is not strict JSON: %s" % err]
        if not isinstance(body, dict):
            return self.problems + ["the body is no JSON object"]
        self._body(exchange, body)
        return self.problems

    def _need(self, condition, where, text):
        if not condition:
            self.problems.append("%s: %s" % (where or "answer", text))
        return bool(condition)

    def _headers(self, exchange):
        headers = exchange.headers
        if exchange.status not in (204, 304):
            self._need(headers.get("Content-Type") == MEDIA, "Content-Type",
                       "%r instead of %s" % (headers.get("Content-Type"), MEDIA))
        if exchange.status == 401:
            self._need(headers.get("WWW-Authenticate"), "WWW-Authenticate", "missing with 401")
        if exchange.status == 201:
            self._need(headers.get("Location"), "Location", "missing with 201")
        etag = headers.get("ETag")
        if etag is not None:
            self._need(ETAG.fullmatch(etag), "ETag", "%r is no entity tag" % etag)

    def _body(self, exchange, body):
        urns = self._urns(body, "")
        if exchange.status >= 400:
            self._need(urns == [URN_ERROR], "schemas", "%r of an error" % urns)
            self._error(body, exchange.status, "")
        elif URN_ERROR in urns:
            self._need(False, "", "an error with status %d" % exchange.status)
        elif URN_LIST in urns:
            self._need(urns == [URN_LIST], "schemas", "%r of a list" % urns)
            self._list(exchange, body)
        elif URN_BULK_RESPONSE in urns:
            self._need(urns == [URN_BULK_RESPONSE], "schemas", "%r of a bulk response" % urns)
            self._bulk(body)
        else:
            self._single(exchange, body, urns)

    def _urns(self, body, where):
        """`schemas`: a non-empty array of unique URIs (RFC 7643 section 3)."""
        urns = body.get("schemas")
        where = where + "schemas"
        if not self._need(isinstance(urns, list) and urns, where, "no array with a value"):
            return []
        for urn in urns:
            self._need(isinstance(urn, str) and URI.fullmatch(urn), where, "%r is no URI" % (urn,))
        urns = [u for u in urns if isinstance(u, str)]
        self._need(len({u.lower() for u in urns}) == len(urns), where, "a value twice")
        return urns

    # ---- messages ----

    def _error(self, body, status, where):
        for name in body:
            self._need(name in ("schemas", "status", "scimType", "detail"), where + name,
                       "not defined in an error")
        self._need(body.get("status") == str(status), where + "status",
                   "%r is not the string %d" % (body.get("status"), status))
        detail = body.get("detail")
        self._need(isinstance(detail, str) and detail.strip(), where + "detail",
                   "no human-readable text")
        if "scimType" in body:
            kind = body["scimType"]
            if self._need(isinstance(kind, str) and kind in SCIM_TYPES, where + "scimType",
                          "%r is not of the RFCs" % (kind,)):
                self._need(status in SCIM_TYPES[kind], where + "scimType",
                           "%s with status %d" % (kind, status))

    def _count(self, body, name, where=""):
        value = body.get(name)
        return self._need(type(value) is int and value >= 0, where + name,
                          "%r is no non-negative integer" % (value,))

    def _list(self, exchange, body):
        known = ("schemas", "totalResults", "Resources", "startIndex", "itemsPerPage",
                 "nextCursor", "previousCursor")
        for name in body:
            self._need(name in known, name, "not defined in a list")
        rows = body.get("Resources", [])
        if not self._need(isinstance(rows, list), "Resources", "no array"):
            return
        # RFC 9865 has a page by cursor without startIndex.
        by_cursor = exchange.by_cursor() or "nextCursor" in body
        if self._count(body, "totalResults"):
            self._need(body["totalResults"] >= len(rows), "totalResults", "less than Resources")
            self._need("Resources" in body or not body["totalResults"], "Resources",
                       "missing although totalResults is not 0")
            if body["totalResults"] > len(rows):
                self._need("startIndex" in body or by_cursor, "startIndex",
                           "missing in a part of the results")
                self._need("itemsPerPage" in body, "itemsPerPage",
                           "missing in a part of the results")
        if "startIndex" in body and self._count(body, "startIndex"):
            self._need(body["startIndex"] >= 1, "startIndex", "less than 1")
        if "itemsPerPage" in body and self._count(body, "itemsPerPage"):
            self._need(body["itemsPerPage"] == len(rows), "itemsPerPage",
                       "%d for %d resources" % (body["itemsPerPage"], len(rows)))
        for name in ("nextCursor", "previousCursor"):
            if name in body:
                self._need(isinstance(body[name], str) and CURSOR.fullmatch(body[name]), name,
                           "%r has other than unreserved characters" % (body[name],))
        for i, row in enumerate(rows):
            where = "Resources[%d]." % i
            if self._need(isinstance(row, dict), where, "no object"):
                self._resource(exchange, row, self._urns(row, where), where)
        ids = [row.get("id") for row in rows if isinstance(row, dict)]
        self._need(len({str(i) for i in ids}) == len(ids), "Resources", "an id twice")

    def _bulk(self, body):
        for name in body:
            self._need(name in ("schemas", "Operations"), name, "not defined in a bulk response")
        operations = body.get("Operations")
        if not self._need(isinstance(operations, list), "Operations", "no array"):
            return
        for i, operation in enumerate(operations):
            where = "Operations[%d]." % i
            if self._need(isinstance(operation, dict), where, "no object"):
                self._operation(operation, where)

    def _operation(self, operation, where):
        known = ("method", "bulkId", "version", "location", "response", "status")
        for name, value in operation.items():
            self._need(name in known, where + name, "not defined in a bulk response")
            if name != "response":
                self._need(isinstance(value, str) and value, where + name, "no string")
        method, status = operation.get("method"), operation.get("status")
        if not self._need(isinstance(status, str) and re.fullmatch(r"[1-5]\d\d", status),
                          where + "status", "%r is no status as a string" % (status,)):
            return
        failed = not status.startswith("2")
        self._need(failed or method in ("POST", "PUT", "PATCH", "DELETE"), where + "method",
                   "%r" % (method,))
        if method == "POST":
            self._need(operation.get("bulkId"), where + "bulkId", "missing with POST")
        if not (failed and method == "POST"):
            location = operation.get("location")
            self._need(isinstance(location, str) and location.startswith(self.base + "/"),
                       where + "location", "%r is no URL of this tenant" % (location,))
        if "version" in operation:
            self._need(ETAG.fullmatch(str(operation["version"])), where + "version",
                       "no entity tag")
        if failed:
            error = operation.get("response")
            if self._need(isinstance(error, dict), where + "response", "missing with an error"):
                self._need(self._urns(error, where + "response.") == [URN_ERROR],
                           where + "response.schemas", "not the Error schema")
                self._error(error, int(status), where + "response.")

    # ---- resources ----

    def _single(self, exchange, body, urns):
        self._resource(exchange, body, urns, "")
        meta = body.get("meta") if isinstance(body.get("meta"), dict) else {}
        headers = exchange.headers
        if "version" in meta:
            self._need(headers.get("ETag") == meta["version"], "ETag",
                       "%r is not meta.version %r" % (headers.get("ETag"), meta["version"]))
        for name in ("Location", "Content-Location"):
            if name in headers and "location" in meta:
                self._need(headers[name] == meta["location"], name,
                           "%r is not meta.location %r" % (headers[name], meta["location"]))
        segments = exchange.segments()
        if segments == ["Me"]:
            self._need(headers.get("Location"), "Location", "missing with /Me")
        elif exchange.status == 200 and len(segments) == 2 and "location" in meta:
            asked = self.base + exchange.path.rstrip("/")
            self._need(urllib.parse.unquote(meta["location"]).lower()
                       == urllib.parse.unquote(asked).lower(), "meta.location",
                       "%r is not what was asked for, %r" % (meta["location"], asked))

    def _resource(self, exchange, body, urns, where):
        discovery = {URN_CONFIG: self._config, URN_SCHEMA: self._schema,
                     URN_RESOURCE_TYPE: self._resource_type}
        for urn, check in discovery.items():
            if urn in urns:
                self._need(urns == [urn], where + "schemas", "more than %s" % urn)
                check(body, where)
                return
        kind = self._type_of(exchange, body, urns, where)
        if kind:
            self._typed(exchange, body, urns, kind, where)

    def _type_of(self, exchange, body, urns, where):
        """The resource's type: by meta, else by the endpoint, else by its base schema."""
        meta = body.get("meta")
        if isinstance(meta, dict) and "resourceType" in meta:
            kind = self.types.get(meta["resourceType"])
            self._need(kind, where + "meta.resourceType",
                       "%r is no resource type" % (meta["resourceType"],))
            return kind
        segments = exchange.segments()
        for kind in self.types.values():
            if segments and segments[0] == kind["endpoint"].strip("/"):
                return kind
        for kind in self.types.values():
            if kind["schema"] in urns:
                return kind
        self._need(False, where, "a resource of no known type")
        return None

    def _typed(self, exchange, body, urns, kind, where):
        view = View(exchange)
        extensions = {e["schema"]: e for e in kind.get("schemaExtensions", [])}
        # The RFC's own words on common attributes go before a schema's (RFC 7643 section 3.1).
        core = {a["name"]: a for a in self.schemas[kind["schema"]]["attributes"] + COMMON}
        self._need(kind["schema"] in urns, where + "schemas", "without " + kind["schema"])
        for urn in urns:
            self._need(urn == kind["schema"] or urn in extensions, where + "schemas",
                       "%s is no schema of a %s" % (urn, kind["name"]))
        for urn, extension in extensions.items():
            present = urn in body
            if view.full or present:
                self._need(present == (urn in urns), where + "schemas",
                           "%s is %slisted and %spresent" % (urn, "" if urn in urns else "not ",
                                                             "" if present else "not "))
            self._need(present or not extension["required"] or not view.full, where + urn,
                       "missing, but required")
        for name, value in body.items():
            if name in extensions:
                self._extension(exchange, view, name, value, where)
            elif name in core:
                self._attribute(core[name], value, where, (exchange, view, kind["schema"], True))
            else:
                self._need(False, where + name, self._unknown(name, list(core) + list(extensions)))
        self._presence(core.values(), body, view, where)
        self._meta(body, kind, where, view)

    @staticmethod
    def _unknown(name, known):
        for other in known:
            if other.lower() == name.lower():
                return "not in its own spelling, %s" % other
        return "defined by no schema of the resource"

    def _extension(self, exchange, view, urn, value, where):
        attrs = {a["name"]: a for a in self.schemas[urn]["attributes"]}
        where = "%s%s:" % (where, urn)
        if not self._need(isinstance(value, dict) and value, where, "no object with a value"):
            return
        for name, one in value.items():
            if name in attrs:
                self._attribute(attrs[name], one, where, (exchange, view, urn, False))
            else:
                self._need(False, where + name, self._unknown(name, attrs))
        self._presence(attrs.values(), value, view, where)

    def _presence(self, attrs, values, view, where):
        for attr in attrs:
            present = attr["name"] in values
            if attr["returned"] == "always":
                self._need(present, where + attr["name"], "missing, but always returned")
            hidden = attr["returned"] in ("never", "request") or attr["mutability"] == "writeOnly"
            if attr["required"] and view.full and not hidden:
                self._need(present, where + attr["name"], "missing, but required")

    def _meta(self, body, kind, where, view):
        meta = body.get("meta")
        if not isinstance(meta, dict):
            return
        where += "meta."
        if view.full:
            for name in ("resourceType", "created", "lastModified", "location"):
                self._need(name in meta, where + name, "missing")
        if "location" in meta and isinstance(body.get("id"), str):
            want = "%s/%s/%s" % (self.base, kind["endpoint"].strip("/"),
                                 urllib.parse.quote(body["id"], safe="-._~"))
            self._need(meta["location"] == want, where + "location",
                       "%r instead of %r" % (meta["location"], want))
        if "version" in meta:
            self._need(ETAG.fullmatch(str(meta["version"])), where + "version", "no entity tag")
        if isinstance(meta.get("created"), str) and isinstance(meta.get("lastModified"), str):
            self._need(meta["created"] <= meta["lastModified"], where + "lastModified",
                       "before created")
        identifier = body.get("id")
        self._need(isinstance(identifier, str) and "bulkid" not in identifier.lower(), "id",
                   "the reserved word bulkId in it")

    # ---- attributes ----

    def _attribute(self, attr, value, where, context):
        """One attribute's value: shown at all, one or many, and of its type."""
        exchange, view, urn, core = context
        label = where + attr["name"]
        common = attr in COMMON
        if not self._may_show(attr, exchange):
            self._need(False, label, "shown, but it is %s, returned %s" % (
                attr["mutability"], attr["returned"]))
        if attr["returned"] != "always":
            self._need(view.allowed("" if common else urn, attr["name"], None, core), label,
                       "shown, but not asked for")
        if not attr["multiValued"]:
            self._value(attr, value, label, context)
            return
        if not self._need(isinstance(value, list), label, "no array, but multi-valued"):
            return
        self._need(value, label, "an empty array")
        for i, one in enumerate(value):
            self._value(attr, one, "%s[%d]" % (label, i), context)
        rows = [one for one in value if isinstance(one, dict)]
        self._need(sum(one.get("primary") is True for one in rows) <= 1, label,
                   "primary is true more than once")

    @staticmethod
    def _may_show(attr, exchange):
        if attr["returned"] == "never" or attr["mutability"] == "writeOnly":
            return False
        if attr["returned"] != "request":
            return True
        return exchange.method in ("POST", "PUT", "PATCH") or bool(exchange.names("attributes"))

    def _value(self, attr, value, label, context):
        kind = attr["type"]
        if not self._need(value is not None, label, "null"):
            return
        if kind == "complex":
            self._complex(attr, value, label, context)
        elif kind == "boolean":
            self._need(isinstance(value, bool), label, "%r is no boolean" % (value,))
        elif kind == "integer":
            self._need(type(value) is int, label, "%r is no integer" % (value,))
        elif kind == "decimal":
            self._need(type(value) in (int, Float), label, "%r is no number" % (value,))
        elif self._need(isinstance(value, str), label, "%r is no string" % (value,)):
            self._text(attr, value, label)

    def _text(self, attr, value, label):
        kind = attr["type"]
        if attr["required"] or attr["name"] in ("id", "externalId"):
            self._need(value, label, "empty")
        if kind == "dateTime":
            self._need(DATETIME.fullmatch(value), label, "%r is no xsd:dateTime" % value)
        elif kind == "binary":
            self._need(is_base64(value), label, "no base64")
        elif kind == "reference":
            self._need(URI.fullmatch(value), label, "%r is no URI" % value)
            self._reference(attr, value, label)

    def _reference(self, attr, value, label):
        """A reference that can only be to resources here is the URL of one of their type."""
        kinds = attr.get("referenceTypes") or []
        if not kinds or not set(kinds) <= set(self.types):
            return
        endpoints = [self.types[kind]["endpoint"].strip("/") for kind in kinds]
        # RFC 7643 resolves a relative one against the base URL in section 2.3.7, and against the
        # resource's own in the examples of 8.2 and 8.3 ("../Users/2611...").
        read = [urllib.parse.urljoin(self.base + way, value) for way in ("/", "/Endpoint/")]
        self._need(any(re.fullmatch(r"%s/%s/[^/?#]+" % (re.escape(self.base), e), target)
                       for e in endpoints for target in read), label,
                   "%r is no URL of a %s" % (value, " or ".join(kinds)))

    def _complex(self, attr, value, label, context):
        exchange, view, urn, core = context
        if not self._need(isinstance(value, dict) and value, label, "no object with a value"):
            return
        subs = {s["name"]: s for s in attr["subAttributes"]}
        for name, one in value.items():
            sub = subs.get(name)
            if not self._need(sub, "%s.%s" % (label, name), self._unknown(name, subs)):
                continue
            where = "%s.%s" % (label, name)
            self._need(self._may_show(sub, exchange), where, "shown, but never returned")
            if sub["returned"] != "always" and attr not in COMMON:
                self._need(view.allowed(urn, attr["name"], name, core), where,
                           "shown, but not asked for")
            for item in one if sub["multiValued"] and isinstance(one, list) else [one]:
                self._value(sub, item, where, context)
            self._need(isinstance(one, list) == sub["multiValued"], where, "array or none")
        for sub in subs.values():
            if sub["required"] and view.full:
                self._need(sub["name"] in value, "%s.%s" % (label, sub["name"]),
                           "missing, but required")

    # ---- discovery (RFC 7643 sections 5, 6 and 7) ----

    def _table(self, table, body, where, extra=()):
        """An object against one of the RFC's own descriptions."""
        for name, value in body.items():
            if name in table:
                self._cell(table[name], value, where + name)
            else:
                self._need(name in extra, where + name, "not defined")
        for name, (_, required) in table.items():
            self._need(name in body or not required, where + name, "missing, but required")

    def _cell(self, cell, value, label):
        kind, _ = cell
        if isinstance(kind, list):
            if self._need(isinstance(value, list), label, "no array"):
                for i, one in enumerate(value):
                    self._cell((kind[0], True), one, "%s[%d]" % (label, i))
        elif isinstance(kind, dict):
            if self._need(isinstance(value, dict), label, "no object"):
                self._table(kind, value, label + ".")
        elif isinstance(kind, tuple):
            self._need(value in kind, label, "%r is none of %s" % (value, ", ".join(kind)))
        elif kind == "uri":
            self._need(isinstance(value, str) and URI.fullmatch(value), label,
                       "%r is no URI" % (value,))
        else:
            self._need(type(value) is kind and value != "", label,
                       "%r is no %s" % (value, kind.__name__))

    def _config(self, body, where):
        self._table(CONFIG, body, where, CONFIG_EXTRA)
        for name, cell in CONFIG_EXTRA.items():
            if name in body:
                self._cell((cell, True), body[name], where + name)
        self._need(body.get("authenticationSchemes"), where + "authenticationSchemes", "empty")
        self._discovery_meta(body, "ServiceProviderConfig", "/ServiceProviderConfig", where)

    def _resource_type(self, body, where):
        self._table(RESOURCE_TYPE, body, where)
        self._discovery_meta(body, "ResourceType", "/ResourceTypes/" + str(body.get("name")), where)

    def _discovery_meta(self, body, kind, path, where):
        meta = body.get("meta")
        if isinstance(meta, dict):
            self._need(meta.get("resourceType") == kind, where + "meta.resourceType",
                       "%r instead of %s" % (meta.get("resourceType"), kind))
            self._need(meta.get("location") == self.base + path, where + "meta.location",
                       "%r instead of %r" % (meta.get("location"), self.base + path))

    def _schema(self, body, where):
        self._table(SCHEMA, body, where)
        urn = str(body.get("id"))
        self._need(not urn.lower().startswith(MESSAGES), where + "id", "a message's URI")
        for attr in body.get("attributes") or []:
            if isinstance(attr, dict):
                self._definition(attr, where + str(attr.get("name")), True)
        self._discovery_meta(body, "Schema", "/Schemas/" + urn, where)

    def _definition(self, attr, where, top):
        self._table(SCHEMA_ATTRIBUTE, attr, where + ".")
        kind = attr.get("type")
        self._need(ATTRNAME.fullmatch(str(attr.get("name"))), where, "no attribute name")
        self._need(kind in TYPES, where + ".type", "%r is no data type" % (kind,))
        subs = attr.get("subAttributes")
        self._need((kind == "complex") == bool(subs), where + ".subAttributes",
                   "complex has some, others none")
        self._need(top or kind != "complex", where + ".type", "complex within complex")
        self._need((kind == "reference") == bool(attr.get("referenceTypes")),
                   where + ".referenceTypes", "references have some, others none")
        if kind == "string":
            self._need("caseExact" in attr, where + ".caseExact", "missing")
        if kind in ("reference", "binary"):
            self._need(attr.get("caseExact") is not False, where + ".caseExact",
                       "false for a %s" % kind)
        for sub in subs if isinstance(subs, list) else []:
            self._definition(sub, "%s.%s" % (where, sub.get("name")), False)


def is_base64(text):
    """Base64 of RFC 4648 section 4; padding may be left out (RFC 7643 section 2.3.6)."""
    if not BASE64.fullmatch(text):
        return False
    bare = text.rstrip("=")
    if len(bare) != len(text) and len(text) % 4:
        return False
    try:
        base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        return False
    return True
