-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_scim authors
--
-- mod_scim schema, version 1, for MariaDB 10.6 or later and MySQL 8. See sql/README.md.
--
-- Keys are VARBINARY: they compare byte by byte whatever collation the database has, and keep
-- trailing spaces apart (utf8mb4_bin does not).

CREATE TABLE scim_schema_version (
    version INT NOT NULL PRIMARY KEY,
    applied TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- One row per resource. rid is the order of creation, in which lists are answered.
CREATE TABLE scim_resource (
    rid         BIGINT         NOT NULL AUTO_INCREMENT,
    tenant      VARBINARY(64)  NOT NULL,
    type        VARBINARY(32)  NOT NULL,
    id          VARBINARY(64)  NOT NULL,
    ukey        VARBINARY(1020) NOT NULL, -- userName …, case folded; else id
    external_id VARBINARY(1020) NULL,
    display     VARCHAR(255)   NULL,      -- what members and groups show of it
    active      TINYINT        NULL,      -- NULL: the document has no `active`
    tombstone   BIGINT         NULL,      -- since when only a tombstone is left; NULL: it is none
    version     BIGINT         NOT NULL,
    created     BIGINT         NOT NULL,  -- milliseconds since 1970
    modified    BIGINT         NOT NULL,
    write_id    VARBINARY(32)  NOT NULL,  -- random mark of the last write
    members     INT            NOT NULL DEFAULT 0, -- of a group: rows of scim_member
    indexed     VARBINARY(32)  NOT NULL DEFAULT '', -- what of it is in scim_value, by name
    doc         MEDIUMTEXT     NOT NULL,  -- JSON without meta, members and groups
    member_of   MEDIUMTEXT     NULL,      -- a user's groups, ready to be shown; see scim_member. Of a
                                          -- group: 'i' it is in a group, 'h' it holds groups
    PRIMARY KEY (rid),
    UNIQUE KEY scim_resource_ukey (tenant, type, ukey),
    UNIQUE KEY scim_resource_id (tenant, id),
    KEY scim_resource_external (tenant, type, external_id),
    KEY scim_resource_created (tenant, type, created),
    KEY scim_resource_modified (tenant, type, modified),
    KEY scim_resource_list (tenant, type, rid),
    KEY scim_resource_indexed (tenant, type, indexed)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Group membership. No foreign keys: they would lock the rows of group and member with the first
-- member that comes, and in no order. The write that adds a member changes the member's own row too
-- and fails if it is gone; the write that deletes a resource deletes these rows.
-- scim_resource.member_of repeats it for each user, written in the same transaction: users are
-- read far more often than groups change, and a join would more than double what a read costs.
CREATE TABLE scim_member (
    tenant     VARBINARY(64) NOT NULL,
    group_rid  BIGINT        NOT NULL,
    member_rid BIGINT        NOT NULL,
    PRIMARY KEY (group_rid, member_rid),
    KEY scim_member_of (member_rid, group_rid)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The rows of scim_member whose member is a group, once more: so walks up and down through nested
-- groups never pass by users. Kept by the writes that change scim_member.
CREATE TABLE scim_nesting (
    tenant     VARBINARY(64) NOT NULL,
    group_rid  BIGINT        NOT NULL,
    member_rid BIGINT        NOT NULL,
    PRIMARY KEY (tenant, group_rid, member_rid),
    KEY scim_nesting_in (tenant, member_rid, group_rid)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Index rows of the filterable attributes; kept by the write that changes the document. A tombstone
-- has one that says since when it is one, by which those past their life time are found.
CREATE TABLE scim_value (
    tenant VARBINARY(64)   NOT NULL,
    type   VARBINARY(32)   NOT NULL,
    attr   VARBINARY(255)  NOT NULL, -- canonical path, such as emails.value; or "#...", for sorting
    value  VARBINARY(1020) NOT NULL, -- case folded where the attribute is not caseExact
    rid    BIGINT          NOT NULL,
    PRIMARY KEY (tenant, type, attr, value, rid),
    KEY scim_value_rid (rid)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Number of resources, in 16 parts so that writes do not queue behind one row; and how many were
-- deleted: while that stays the same, the place in a list where a page ended still is the same.
-- What becomes a tombstone, or ends being one, counts in `gone` too: lists may hide tombstones.
CREATE TABLE scim_counter (
    tenant VARBINARY(64) NOT NULL,
    type   VARBINARY(32) NOT NULL,
    slot   SMALLINT      NOT NULL,
    n      BIGINT        NOT NULL,
    gone   BIGINT        NOT NULL DEFAULT 0,
    tombs  BIGINT        NOT NULL DEFAULT 0, -- tombstones among the n
    PRIMARY KEY (tenant, type, slot)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Sets of users of which there may be so many at most, or of which one must stay (ScimSeats,
-- ScimKeepOne); who is in them is in scim_value. Locked by who fills or empties one, as the last
-- thing before COMMIT.
CREATE TABLE scim_seat (
    tenant VARBINARY(64)  NOT NULL,
    name   VARBINARY(255) NOT NULL,
    used   BIGINT         NULL, -- so many users at most are in it; NULL: to be counted
    PRIMARY KEY (tenant, name)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Random keys, made when they are first needed: the one that seals the cursors of lists.
CREATE TABLE scim_secret (
    tenant VARBINARY(64) NOT NULL,
    name   VARBINARY(32) NOT NULL,
    value  VARBINARY(64) NOT NULL,
    PRIMARY KEY (tenant, name)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Tenants by name: where a path names the tenant only these are served; anywhere else a tenant may
-- be here to be switched off.
CREATE TABLE scim_tenant (
    tenant  VARBINARY(64) NOT NULL,
    state   VARBINARY(8)  NOT NULL DEFAULT 'on', -- or 'off'; scim_token repeats it
    created BIGINT        NOT NULL,
    note    VARCHAR(255)  NULL,
    PRIMARY KEY (tenant)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Tokens: only what a secret hashes to, never the secret.
CREATE TABLE scim_token (
    id       VARBINARY(64) NOT NULL,           -- public, for logs and tools
    tenant   VARBINARY(64) NOT NULL,
    hash     VARBINARY(64) NOT NULL,           -- SHA-256 in lower-case hexadecimal digits
    kind     VARBINARY(16) NOT NULL,           -- token, access, refresh, code
    label    VARCHAR(255)  NOT NULL,
    creator  VARCHAR(255)  NULL,
    owner    VARBINARY(64) NULL,               -- id of the User whose end is the token's too
    client   VARBINARY(64) NULL,               -- scim_client.id
    grant_id VARBINARY(64) NULL,               -- one for all tokens of an OAuth grant
    scope    VARCHAR(255)  NULL,
    data     TEXT          NULL,               -- what a code is bound to
    created  BIGINT        NOT NULL,           -- milliseconds since 1970
    expires  BIGINT        NULL,               -- NULL: never
    used     BIGINT        NULL,               -- to the minute
    revoked  BIGINT        NULL,               -- once set it stays
    state    VARBINARY(8)  NULL,               -- scim_tenant.state once more: a join is dear
    PRIMARY KEY (id),
    UNIQUE KEY scim_token_hash (hash),
    KEY scim_token_list (tenant, kind, created),
    KEY scim_token_grant (grant_id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Signed tokens that were revoked before they expire; see scim_jwt_revoked.h.
CREATE TABLE scim_jwt_revoked (
    tenant   VARBINARY(64) NOT NULL,
    jti_hash VARBINARY(64) NOT NULL, -- SHA-256 in lower-case hexadecimal digits
    expires  BIGINT        NULL,     -- milliseconds since 1970; NULL: not known
    PRIMARY KEY (tenant, jti_hash),
    KEY scim_jwt_revoked_expires (tenant, expires)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- OAuth 2.0 clients. Their ids are unique over all tenants: one that is for every tenant has '*'.
CREATE TABLE scim_client (
    id        VARBINARY(64)   NOT NULL, -- client_id
    tenant    VARBINARY(64)   NOT NULL,
    name      VARCHAR(255)    NOT NULL, -- what the consent page calls it
    secret    VARBINARY(64)   NULL,     -- SHA-256 in lower-case hexadecimal digits
    auth      VARBINARY(32)   NOT NULL, -- secret, private_key_jwt
    redirects TEXT            NOT NULL, -- redirect URIs, one a line
    jwks      TEXT            NULL,     -- public keys
    jwks_uri  VARBINARY(1020) NULL,
    created   BIGINT          NOT NULL,
    revoked   BIGINT          NULL,
    PRIMARY KEY (id),
    KEY scim_client_tenant (tenant)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Assertions by which clients proved who they are: each is good once (RFC 7523 section 3).
CREATE TABLE scim_jti (
    tenant  VARBINARY(64) NOT NULL,
    client  VARBINARY(64) NOT NULL,
    jti     VARBINARY(64) NOT NULL, -- SHA-256 of it
    expires BIGINT        NOT NULL, -- after that the assertion is refused anyway
    PRIMARY KEY (tenant, client, jti),
    KEY scim_jti_expires (tenant, expires)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Which row of the application's table (ScimMapTable) a resource is: by the key that it has there.
CREATE TABLE scim_link (
    tenant  VARBINARY(64)  NOT NULL,
    type    VARBINARY(32)  NOT NULL,
    rid     BIGINT         NOT NULL,
    app_key VARBINARY(255) NOT NULL,
    PRIMARY KEY (tenant, type, rid),
    UNIQUE KEY scim_link_key (tenant, type, app_key)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The audit trail: what was done and what was refused, names of attributes only. Rows are never
-- changed. Each index is for one way to list it; seq is the order in all of them.
CREATE TABLE scim_audit (
    seq       BIGINT         NOT NULL AUTO_INCREMENT,
    tenant    VARBINARY(64)  NOT NULL,
    at        BIGINT         NOT NULL, -- milliseconds since 1970
    request   VARBINARY(64)  NULL,
    actor     VARCHAR(255)   NULL,
    actor_id  VARBINARY(64)  NULL,     -- scim_token.id
    op        VARBINARY(16)  NOT NULL,
    type      VARBINARY(32)  NULL,
    id        VARBINARY(64)  NULL,     -- of the resource, which may be gone
    name      VARCHAR(255)   NULL,     -- as it was then
    name_key  VARBINARY(255) NULL,     -- case folded
    attrs     VARCHAR(1000)  NULL,
    status    SMALLINT       NOT NULL, -- of HTTP
    failed    TINYINT        NOT NULL, -- 1: it was refused
    scim_type VARBINARY(32)  NULL,
    detail    VARCHAR(1000)  NULL,
    PRIMARY KEY (tenant, seq),
    KEY scim_audit_seq (seq),
    KEY scim_audit_id (tenant, id, seq),
    KEY scim_audit_name (tenant, name_key, seq),
    KEY scim_audit_actor (tenant, actor, seq),
    KEY scim_audit_op (tenant, op, seq),
    KEY scim_audit_failed (tenant, failed, seq)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- The outbox: events of users (ScimEventURL) that wait for being delivered. A row comes with the
-- change that it tells of and goes when its receiver has it.
CREATE TABLE scim_event (
    seq     BIGINT         NOT NULL AUTO_INCREMENT, -- in the order of the changes of each user
    tenant  VARBINARY(64)  NOT NULL,
    jti     VARBINARY(64)  NOT NULL, -- what the receiver knows it by
    kind    VARBINARY(16)  NOT NULL, -- deactivate, activate, delete
    id      VARBINARY(64)  NOT NULL, -- of the user, who may be gone
    at      BIGINT         NOT NULL, -- milliseconds since 1970
    txn     VARBINARY(64)  NULL,     -- of the request
    subject VARCHAR(2000)  NOT NULL, -- who it is about, JSON
    tries   INT            NOT NULL DEFAULT 0, -- how often it was refused
    due     BIGINT         NOT NULL DEFAULT 0, -- not to be tried before; milliseconds since 1970
    PRIMARY KEY (tenant, seq),
    KEY scim_event_seq (seq),
    KEY scim_event_user (tenant, id, seq),
    KEY scim_event_due (tenant, due, seq),
    KEY scim_event_at (tenant, at)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- Who delivers a tenant's events: one process of all hosts, for as long as it has something to do.
CREATE TABLE scim_event_lease (
    tenant VARBINARY(64) NOT NULL,
    holder VARBINARY(64) NOT NULL, -- '': nobody
    beat   BIGINT        NOT NULL, -- goes up while the holder is alive
    PRIMARY KEY (tenant)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

INSERT INTO scim_schema_version (version) VALUES (1);
