-- Who looked at what: every read of health text or of a person's identity, every sign-in, refusal
-- and export. A read writes its row in its own transaction, before anything is answered. Each day
-- is sealed by its hash into the log once it is over (domain/evidence), and checked against it.

CREATE TABLE access.log (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at          timestamptz NOT NULL,
    kind        text        NOT NULL CHECK (kind IN ('read', 'sign-in', 'refusal', 'export')),
    person_id   uuid,                   -- who; NULL while that is not known
    subject_ids uuid[]      NOT NULL,   -- at whom
    purpose     text        NOT NULL,
    what        text        NOT NULL,   -- our own name for it, never a caller's text
    request_id  uuid,
    CHECK (purpose ~ '^[a-z-]{1,40}$' AND what ~ '^[a-z0-9_.-]{1,80}$')
);
CREATE INDEX log_subjects ON access.log USING gin (subject_ids);
CREATE INDEX log_at ON access.log (at);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access.log
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
ALTER TABLE access.log ENABLE ALWAYS TRIGGER append_only;

-- The shared lock is held until the reader commits: who takes it exclusively afterwards sees every
-- row of the time before, and none can come in behind.
CREATE FUNCTION access.note(
    kind text, person uuid, subjects uuid[], purpose text, what text, request uuid
) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(5059577);
    INSERT INTO access.log (at, kind, person_id, subject_ids, purpose, what, request_id)
    VALUES (clock_timestamp(), kind, person, subjects, purpose, what, request);
END $$;

REVOKE EXECUTE ON FUNCTION access.note(text, uuid, uuid[], text, text, uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access.note(text, uuid, uuid[], text, text, uuid)
    TO sochung_app, sochung_read;
GRANT SELECT ON access.log TO sochung_app, sochung_read;

ALTER TABLE access.log ENABLE ROW LEVEL SECURITY;
CREATE POLICY whole ON access.log FOR SELECT TO sochung_app USING (true);
CREATE POLICY of_clubs ON access.log FOR SELECT TO sochung_read USING (
    (SELECT access.sees_all()) OR subject_ids && ARRAY(SELECT access.people()));
