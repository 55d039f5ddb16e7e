-- SPDX-License-Identifier: Apache-2.0
-- Copyright the mod_scim authors
--
-- Tables of an application of the end-to-end tests, which the module is mapped to. Organisations
-- share people and teams; accounts belong to nobody, and memberships say who uses them.

CREATE TABLE people (
    id     INT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
    org    VARCHAR(64)  NOT NULL,
    login  VARCHAR(100) NOT NULL,
    mail   VARCHAR(40)  NULL,
    given  VARCHAR(60)  NULL,
    family VARCHAR(60)  NULL,
    role   ENUM('ADMIN', 'CREATOR', 'SEAT', 'OWNER') NOT NULL DEFAULT 'SEAT',
    active TINYINT      NOT NULL DEFAULT 1,
    floor  INT          NULL,
    note   VARCHAR(60)  NOT NULL DEFAULT 'made by scim',
    UNIQUE KEY one_login (org, login),
    UNIQUE KEY one_mail (org, mail)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE teams (
    id   INT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
    org  VARCHAR(64)  NOT NULL,
    name VARCHAR(100) NOT NULL,
    UNIQUE KEY one_name (org, name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE team_people (
    team   INT NOT NULL,
    person INT NOT NULL,
    PRIMARY KEY (team, person),
    KEY (person),
    FOREIGN KEY (team) REFERENCES teams (id),
    FOREIGN KEY (person) REFERENCES people (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE accounts (
    uid   VARCHAR(64)  NOT NULL PRIMARY KEY,
    email VARCHAR(100) NOT NULL UNIQUE,
    given VARCHAR(60)  NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE memberships (
    org     VARCHAR(64) NOT NULL,
    account VARCHAR(64) NOT NULL,
    role    VARCHAR(20) NOT NULL,
    PRIMARY KEY (org, account),
    KEY (account),
    FOREIGN KEY (account) REFERENCES accounts (uid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE team_accounts (
    team    INT         NOT NULL,
    account VARCHAR(64) NOT NULL,
    PRIMARY KEY (team, account),
    KEY (account),
    FOREIGN KEY (team) REFERENCES teams (id),
    FOREIGN KEY (account) REFERENCES accounts (uid)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE strict (
    id    INT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
    login VARCHAR(100) NOT NULL UNIQUE,
    given VARCHAR(60)  NOT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

CREATE TABLE changing (
    id    INT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
    login VARCHAR(100) NOT NULL UNIQUE,
    given VARCHAR(60)  NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
