-- The application tables of conf/examples/condeco.conf, with what was there before SCIM.
CREATE TABLE condeco_person (
    person_id  INTEGER PRIMARY KEY,
    login      VARCHAR(100) NOT NULL UNIQUE,
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
    name     VARCHAR(100) NOT NULL UNIQUE
);

CREATE TABLE condeco_group_member (
    group_id  INT NOT NULL,
    person_id INT NOT NULL,
    PRIMARY KEY (group_id, person_id),
    FOREIGN KEY (group_id) REFERENCES condeco_group (group_id),
    FOREIGN KEY (person_id) REFERENCES condeco_person (person_id)
);
