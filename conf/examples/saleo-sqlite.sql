-- The application tables of conf/examples/saleo.conf, with what was there before SCIM.
CREATE TABLE saleo_user (
    user_id    INTEGER PRIMARY KEY,
    email      VARCHAR(255) NOT NULL COLLATE NOCASE UNIQUE,
    first_name VARCHAR(64)  NULL,
    last_name  VARCHAR(64)  NULL,
    seat       VARCHAR(16) NOT NULL,
    enabled    TINYINT      NOT NULL DEFAULT 1,
    theme      VARCHAR(16)  NOT NULL DEFAULT 'light' -- the application's own
);

CREATE TABLE saleo_team (
    team_id INTEGER PRIMARY KEY,
    name    VARCHAR(100) NOT NULL COLLATE NOCASE UNIQUE
);

CREATE TABLE saleo_team_member (
    team_id INT NOT NULL,
    user_id INT NOT NULL,
    PRIMARY KEY (team_id, user_id),
    FOREIGN KEY (team_id) REFERENCES saleo_team (team_id),
    FOREIGN KEY (user_id) REFERENCES saleo_user (user_id)
);

-- A SAML sign-in of last week, and the team that sales had made by hand.
INSERT INTO saleo_user (email, first_name, last_name, seat) VALUES
    ('grace@saleo.example', 'Grace', 'Hopper', 'CREATOR');
INSERT INTO saleo_team (name) VALUES ('Field Sales');
INSERT INTO saleo_team_member SELECT t.team_id, u.user_id FROM saleo_team t, saleo_user u;
