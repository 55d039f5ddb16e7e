-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_scim authors
--
-- mod_scim schema, version 1, for SQLite 3. See sql/README.md.
--
-- The tables are those of sql/mysql/001-base.sql. Key columns are TEXT with the BINARY collation
-- (SQLite's default), which compares the bytes of their UTF-8; a type named VARBINARY would have
-- numeric affinity here. The CHECKs stand for MySQL's column lengths.

-- Readers do not block the writer; this stays with the file. (Prints "wal".)
PRAGMA journal_mode = WAL;

BEGIN;

CREATE TABLE scim_schema_version (
    version INTEGER NOT NULL PRIMARY KEY,
    applied TEXT    NOT NULL DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE scim_resource (
    rid         INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant      TEXT    NOT NULL,
    type        TEXT    NOT NULL,
    id          TEXT    NOT NULL,
    ukey        TEXT    NOT NULL CONSTRAINT too_long_ukey
                CHECK (LENGTH(CAST(ukey AS BLOB)) <= 1020),
    external_id TEXT    NULL CONSTRAINT too_long_external_id
                CHECK (LENGTH(CAST(external_id AS BLOB)) <= 1020),
    display     TEXT    NULL,
    active      INTEGER NULL,
    tombstone   INTEGER NULL,
    version     INTEGER NOT NULL,
    created     INTEGER NOT NULL,
    modified    INTEGER NOT NULL,
    write_id    TEXT    NOT NULL,
    members     INTEGER NOT NULL DEFAULT 0,
    indexed     TEXT    NOT NULL DEFAULT '',
    doc         TEXT    NOT NULL,
    member_of   TEXT    NULL
);
CREATE UNIQUE INDEX scim_resource_ukey ON scim_resource (tenant, type, ukey);
CREATE UNIQUE INDEX scim_resource_id ON scim_resource (tenant, id);
CREATE INDEX scim_resource_external ON scim_resource (tenant, type, external_id);
CREATE INDEX scim_resource_created ON scim_resource (tenant, type, created);
CREATE INDEX scim_resource_modified ON scim_resource (tenant, type, modified);
CREATE INDEX scim_resource_list ON scim_resource (tenant, type, rid);
CREATE INDEX scim_resource_indexed ON scim_resource (tenant, type, indexed);

CREATE TABLE scim_member (
    tenant     TEXT    NOT NULL,
    group_rid  INTEGER NOT NULL,
    member_rid INTEGER NOT NULL,
    PRIMARY KEY (group_rid, member_rid)
) WITHOUT ROWID;
CREATE INDEX scim_member_of ON scim_member (member_rid, group_rid);

CREATE TABLE scim_nesting (
    tenant     TEXT    NOT NULL,
    group_rid  INTEGER NOT NULL,
    member_rid INTEGER NOT NULL,
    PRIMARY KEY (tenant, group_rid, member_rid)
) WITHOUT ROWID;
CREATE INDEX scim_nesting_in ON scim_nesting (tenant, member_rid, group_rid);

CREATE TABLE scim_value (
    tenant TEXT    NOT NULL,
    type   TEXT    NOT NULL,
    attr   TEXT    NOT NULL,
    value  TEXT    NOT NULL,
    rid    INTEGER NOT NULL,
    PRIMARY KEY (tenant, type, attr, value, rid)
) WITHOUT ROWID;
CREATE INDEX scim_value_rid ON scim_value (rid);

CREATE TABLE scim_counter (
    tenant TEXT    NOT NULL,
    type   TEXT    NOT NULL,
    slot   INTEGER NOT NULL,
    n      INTEGER NOT NULL,
    gone   INTEGER NOT NULL DEFAULT 0,
    tombs  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (tenant, type, slot)
) WITHOUT ROWID;

CREATE TABLE scim_seat (
    tenant TEXT NOT NULL,
    name   TEXT NOT NULL,
    used   INTEGER NULL,
    PRIMARY KEY (tenant, name)
) WITHOUT ROWID;

CREATE TABLE scim_secret (
    tenant TEXT NOT NULL,
    name   TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (tenant, name)
) WITHOUT ROWID;

CREATE TABLE scim_tenant (
    tenant  TEXT    NOT NULL PRIMARY KEY,
    state   TEXT    NOT NULL DEFAULT 'on',
    created INTEGER NOT NULL,
    note    TEXT    NULL
) WITHOUT ROWID;

CREATE TABLE scim_token (
    id       TEXT    NOT NULL PRIMARY KEY,
    tenant   TEXT    NOT NULL,
    hash     TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    label    TEXT    NOT NULL,
    creator  TEXT    NULL,
    owner    TEXT    NULL,
    client   TEXT    NULL,
    grant_id TEXT    NULL,
    scope    TEXT    NULL,
    data     TEXT    NULL,
    created  INTEGER NOT NULL,
    expires  INTEGER NULL,
    used     INTEGER NULL,
    revoked  INTEGER NULL,
    state    TEXT    NULL
);
CREATE UNIQUE INDEX scim_token_hash ON scim_token (hash);
CREATE INDEX scim_token_list ON scim_token (tenant, kind, created);
CREATE INDEX scim_token_grant ON scim_token (grant_id);

CREATE TABLE scim_jwt_revoked (
    tenant   TEXT    NOT NULL,
    jti_hash TEXT    NOT NULL,
    expires  INTEGER NULL,
    PRIMARY KEY (tenant, jti_hash)
);
CREATE INDEX scim_jwt_revoked_expires ON scim_jwt_revoked (tenant, expires);

CREATE TABLE scim_client (
    id        TEXT    NOT NULL PRIMARY KEY,
    tenant    TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    secret    TEXT    NULL,
    auth      TEXT    NOT NULL,
    redirects TEXT    NOT NULL,
    jwks      TEXT    NULL,
    jwks_uri  TEXT    NULL,
    created   INTEGER NOT NULL,
    revoked   INTEGER NULL
);
CREATE INDEX scim_client_tenant ON scim_client (tenant);

CREATE TABLE scim_jti (
    tenant  TEXT    NOT NULL,
    client  TEXT    NOT NULL,
    jti     TEXT    NOT NULL,
    expires INTEGER NOT NULL,
    PRIMARY KEY (tenant, client, jti)
) WITHOUT ROWID;
CREATE INDEX scim_jti_expires ON scim_jti (tenant, expires);

CREATE TABLE scim_link (
    tenant  TEXT    NOT NULL,
    type    TEXT    NOT NULL,
    rid     INTEGER NOT NULL,
    app_key TEXT    NOT NULL CONSTRAINT too_long_app_key
            CHECK (LENGTH(CAST(app_key AS BLOB)) <= 255),
    PRIMARY KEY (tenant, type, rid)
) WITHOUT ROWID;
CREATE UNIQUE INDEX scim_link_key ON scim_link (tenant, type, app_key);

CREATE TABLE scim_audit (
    seq       INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant    TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    request   TEXT    NULL,
    actor     TEXT    NULL,
    actor_id  TEXT    NULL,
    op        TEXT    NOT NULL,
    type      TEXT    NULL,
    id        TEXT    NULL,
    name      TEXT    NULL,
    name_key  TEXT    NULL,
    attrs     TEXT    NULL,
    status    INTEGER NOT NULL,
    failed    INTEGER NOT NULL,
    scim_type TEXT    NULL,
    detail    TEXT    NULL
);
CREATE INDEX scim_audit_list ON scim_audit (tenant, seq);
CREATE INDEX scim_audit_id ON scim_audit (tenant, id, seq);
CREATE INDEX scim_audit_name ON scim_audit (tenant, name_key, seq);
CREATE INDEX scim_audit_actor ON scim_audit (tenant, actor, seq);
CREATE INDEX scim_audit_op ON scim_audit (tenant, op, seq);
CREATE INDEX scim_audit_failed ON scim_audit (tenant, failed, seq);

CREATE TABLE scim_event (
    seq     INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant  TEXT    NOT NULL,
    jti     TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    at      INTEGER NOT NULL,
    txn     TEXT    NULL,
    subject TEXT    NOT NULL,
    tries   INTEGER NOT NULL DEFAULT 0,
    due     INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX scim_event_user ON scim_event (tenant, id, seq);
CREATE INDEX scim_event_due ON scim_event (tenant, due, seq);
CREATE INDEX scim_event_at ON scim_event (tenant, at);

CREATE TABLE scim_event_lease (
    tenant TEXT    NOT NULL PRIMARY KEY,
    holder TEXT    NOT NULL, -- '': nobody
    beat   INTEGER NOT NULL
);

INSERT INTO scim_schema_version (version) VALUES (1);

COMMIT;
