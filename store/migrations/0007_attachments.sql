-- Photos and scans of vouchers, minutes and counts: sealed, found by their hash, never changed.
-- An event names the hash; the bytes are kept before the event that needs them, so one that no
-- event names is what a refused command left behind. To erase one its key is destroyed.

CREATE TABLE log.attachments (
    digest  bytea PRIMARY KEY,
    content bytea NOT NULL,
    CHECK (digest = sha256(content) AND octet_length(content) <= 67108864)
);
-- What is sealed does not get smaller.
ALTER TABLE log.attachments ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.attachments
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
ALTER TABLE log.attachments ENABLE ALWAYS TRIGGER append_only;

CREATE FUNCTION log.keep_attachment(sealed bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = log, pg_temp AS $$
    INSERT INTO log.attachments VALUES (sha256(sealed), sealed) ON CONFLICT DO NOTHING;
$$;

REVOKE EXECUTE ON FUNCTION log.keep_attachment(bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.keep_attachment(bytea) TO sochung_app;
GRANT SELECT ON log.attachments TO sochung_app;
