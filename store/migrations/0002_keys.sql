-- Data keys of sealed text, wrapped by the master key, which never comes near the database.
-- One key per subject (a person; a club for memos) and purpose.

CREATE TABLE keys.data_keys (
    subject    uuid        NOT NULL,
    purpose    text        NOT NULL,
    commitment bytea       NOT NULL,
    wrapped    bytea       NOT NULL,
    epoch      integer     NOT NULL,
    made_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (subject, purpose)
);

-- Names as people search and sort them: readable, so it lives here, beside the keys, and a person
-- leaves it when their key goes. Rebuilt from the log and the keys.
CREATE TABLE keys.people (
    person_id uuid  PRIMARY KEY,
    name      text  NOT NULL,
    sort_key  bytea NOT NULL,
    folded    text  NOT NULL
);
CREATE INDEX people_sorted ON keys.people (sort_key, person_id);

CREATE TABLE keys.followed (
    name     text   PRIMARY KEY,
    position bigint NOT NULL
);

GRANT SELECT, INSERT ON keys.data_keys TO sochung_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON keys.people, keys.followed TO sochung_app;
