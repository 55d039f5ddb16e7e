-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_scim authors
--
-- The tables of mysql.sql for SQLite, which checks only what it is told to.

CREATE TABLE people (
    id     INTEGER PRIMARY KEY,
    org    TEXT    NOT NULL,
    login  TEXT    NOT NULL,
    mail   TEXT    NULL CHECK (LENGTH(mail) <= 40),
    given  TEXT    NULL,
    family TEXT    NULL,
    role   TEXT    NOT NULL DEFAULT 'SEAT' CHECK (role IN ('ADMIN', 'CREATOR', 'SEAT', 'OWNER')),
    active INTEGER NOT NULL DEFAULT 1,
    floor  INTEGER NULL CHECK (TYPEOF(floor) IN ('integer', 'null')),
    note   TEXT    NOT NULL DEFAULT 'made by scim',
    UNIQUE (org, login),
    UNIQUE (org, mail)
);

CREATE TABLE teams (
    id   INTEGER PRIMARY KEY,
    org  TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (org, name)
);

CREATE TABLE team_people (
    team   INTEGER NOT NULL REFERENCES teams (id),
    person INTEGER NOT NULL REFERENCES people (id),
    PRIMARY KEY (team, person)
);
CREATE INDEX team_people_person ON team_people (person);

CREATE TABLE accounts (
    uid   TEXT NOT NULL PRIMARY KEY,
    email TEXT NOT NULL UNIQUE,
    given TEXT NULL
);

CREATE TABLE memberships (
    org     TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (uid),
    role    TEXT NOT NULL,
    PRIMARY KEY (org, account)
);

CREATE TABLE team_accounts (
    team    INTEGER NOT NULL REFERENCES teams (id),
    account TEXT    NOT NULL REFERENCES accounts (uid),
    PRIMARY KEY (team, account)
);

CREATE TABLE strict (
    id    INTEGER PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    given TEXT NOT NULL
);

CREATE TABLE changing (
    id    INTEGER PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    given TEXT NULL
);
