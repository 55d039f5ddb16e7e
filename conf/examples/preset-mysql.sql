-- The application tables of conf/examples/preset.conf, with what was there before SCIM.
CREATE TABLE preset_account ( -- global: one for all teams
    account_id VARCHAR(100) NOT NULL PRIMARY KEY,
    email      VARCHAR(255) NOT NULL UNIQUE,
    first_name VARCHAR(64)  NULL,
    last_name  VARCHAR(64)  NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE preset_team_member (
    team       VARCHAR(64)  NOT NULL,
    account_id VARCHAR(100) NOT NULL,
    role       VARCHAR(16)  NOT NULL DEFAULT 'User',
    PRIMARY KEY (team, account_id),
    FOREIGN KEY (account_id) REFERENCES preset_account (account_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE preset_group (
    group_id VARCHAR(100) NOT NULL PRIMARY KEY,
    team     VARCHAR(64)  NOT NULL,
    name     VARCHAR(100) NOT NULL,
    UNIQUE (team, name)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE preset_group_member (
    group_id   VARCHAR(100) NOT NULL,
    account_id VARCHAR(100) NOT NULL,
    PRIMARY KEY (group_id, account_id),
    FOREIGN KEY (group_id) REFERENCES preset_group (group_id),
    FOREIGN KEY (account_id) REFERENCES preset_account (account_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE preset_grant ( -- what a group may in a workspace; the application's own
    group_id  VARCHAR(100) NOT NULL,
    workspace VARCHAR(64)  NOT NULL,
    role      VARCHAR(32)  NOT NULL,
    PRIMARY KEY (group_id, workspace),
    FOREIGN KEY (group_id) REFERENCES preset_group (group_id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- Who signed in by SAML before, two of them in the team.
INSERT INTO preset_account VALUES
    ('samlp|acme|ada@preset.example', 'ada@preset.example', 'Ada', 'Admin'),
    ('samlp|acme|bob@preset.example', 'bob@preset.example', 'Bob', 'Before'),
    ('auth0|4711', 'carol@preset.example', 'Carol', 'Elsewhere');
INSERT INTO preset_team_member VALUES
    ('acme', 'samlp|acme|ada@preset.example', 'Admin'),
    ('acme', 'samlp|acme|bob@preset.example', 'User'),
    ('other', 'auth0|4711', 'User');
