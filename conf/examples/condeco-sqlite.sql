-- The application tables of conf/examples/condeco.conf, with what was there before SCIM.
CREATE TABLE condeco_person (
    person_id  INTEGER PRIMARY KEY,
    login      VARCHAR(100) NOT NULL COLLATE NOCASE UNIQUE,
    first_name VARCHAR(64)  NOT NULL,
    last_name  VARCHAR(64)  NOT NULL,
    email      VARCHAR(255) NOT NULL,
    language   VARCHAR(5)   NULL,
    department VARCHAR(100) NULL,
    status     VARCHAR(16) NOT NULL DEFAULT 'ACTIVE',
    is_admin   TINYINT      NOT NULL
);

CREATE TABLE condeco_group (
    group_id INTEGER PRIMARY KEY,
    code     VARCHAR(20)  NULL UNIQUE,
    name     VARCHAR(100) NOT NULL COLLATE NOCASE UNIQUE
);

CREATE TABLE condeco_group_member (
    group_id  INT NOT NULL,
    person_id INT NOT NULL,
    PRIMARY KEY (group_id, person_id),
    FOREIGN KEY (group_id) REFERENCES condeco_group (group_id),
    FOREIGN KEY (person_id) REFERENCES condeco_person (person_id)
);

-- Somebody who was entered by hand, and a group.
INSERT INTO condeco_person (person_id, login, first_name, last_name, email, is_admin) VALUES
    (265, 'early@condeco.example', 'Early', 'Bird', 'early@condeco.example', 0);
INSERT INTO condeco_group (code, name) VALUES ('G602', 'First floor');
