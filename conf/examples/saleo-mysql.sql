-- The application tables of conf/examples/saleo.conf, with what was there before SCIM.
CREATE TABLE saleo_user (
    user_id    INT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
    email      VARCHAR(255) NOT NULL UNIQUE,
    first_name VARCHAR(64)  NULL,
    last_name  VARCHAR(64)  NULL,
    seat       ENUM('ADMIN', 'CREATOR', 'VIEWER') NOT NULL,
    enabled    TINYINT      NOT NULL DEFAULT 1,
    theme      VARCHAR(16)  NOT NULL DEFAULT 'light' -- the application's own
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE saleo_team (
    team_id INT          NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name    VARCHAR(100) NOT NULL UNIQUE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE saleo_team_member (
    team_id INT NOT NULL,
    user_id INT NOT NULL,
    PRIMARY KEY (team_id, user_id),
    FOREIGN KEY (team_id) REFERENCES saleo_team (team_id),
    FOREIGN KEY (user_id) REFERENCES saleo_user (user_id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

-- A SAML sign-in of last week, and the team that sales had made by hand.
INSERT INTO saleo_user (email, first_name, last_name, seat) VALUES
    ('grace@saleo.example', 'Grace', 'Hopper', 'CREATOR');
INSERT INTO saleo_team (name) VALUES ('Field Sales');
INSERT INTO saleo_team_member SELECT t.team_id, u.user_id FROM saleo_team t, saleo_user u;
