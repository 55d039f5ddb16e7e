-- The application tables of conf/examples/haiilo.conf, with what was there before SCIM.
CREATE TABLE haiilo_account (
    account_id INTEGER PRIMARY KEY,
    email      VARCHAR(255) NOT NULL COLLATE NOCASE UNIQUE,
    first_name VARCHAR(64)  NOT NULL DEFAULT '', -- empty for who came back, until the profile follows
    last_name  VARCHAR(64)  NOT NULL DEFAULT '',
    shares     INT          NOT NULL DEFAULT 0 -- the application's own: gone with the account
);

CREATE TABLE haiilo_group (
    group_id INTEGER PRIMARY KEY,
    name     VARCHAR(100) NOT NULL COLLATE NOCASE UNIQUE
);

CREATE TABLE haiilo_group_member (
    group_id   INT NOT NULL,
    account_id INT NOT NULL,
    PRIMARY KEY (group_id, account_id),
    FOREIGN KEY (group_id) REFERENCES haiilo_group (group_id),
    FOREIGN KEY (account_id) REFERENCES haiilo_account (account_id)
);

-- Accounts that their owners made themselves, and the countries that the company is in.
INSERT INTO haiilo_account (email, first_name, last_name, shares) VALUES
    ('admin@haiilo.example', 'Aino', 'Admin', 3),
    ('early@haiilo.example', 'Early', 'Bird', 41),
    ('untouched@haiilo.example', 'Never', 'Named', 7);
INSERT INTO haiilo_group (name) VALUES ('Finland'), ('Germany');
