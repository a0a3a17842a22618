-- The Merkle log over all events: tiles of 256 hashes or entries, and every head that was signed.
-- Only the integrator writes here, and it writes nowhere else; the signing key is in no database.

CREATE SCHEMA evidence;

CREATE TABLE evidence.tiles (
    level   smallint NOT NULL,      -- 0 are the leaves' hashes; -1 the entries they are hashes of
    number  bigint   NOT NULL,
    width   smallint NOT NULL,      -- how many of its 256 a tile holds yet
    content bytea    NOT NULL,
    PRIMARY KEY (level, number),
    CHECK (level BETWEEN -1 AND 63 AND number >= 0 AND width BETWEEN 1 AND 256)
);
-- Hashes do not get smaller.
ALTER TABLE evidence.tiles ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE evidence.checkpoints (
    size      bigint PRIMARY KEY,
    note      text        NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A tile only grows: what it held it holds for ever, at the same place.
CREATE FUNCTION evidence.refuse_rewriting() RETURNS trigger
    LANGUAGE plpgsql SET search_path = evidence, pg_temp AS $$
BEGIN
    IF NEW.level <> OLD.level OR NEW.number <> OLD.number OR NEW.width <= OLD.width
       OR substring(NEW.content FOR length(OLD.content)) <> OLD.content THEN
        RAISE EXCEPTION 'a tile only grows' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER only_grows BEFORE UPDATE ON evidence.tiles
    FOR EACH ROW EXECUTE FUNCTION evidence.refuse_rewriting();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON evidence.tiles
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON evidence.checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
ALTER TABLE evidence.tiles ENABLE ALWAYS TRIGGER only_grows;
ALTER TABLE evidence.tiles ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE evidence.checkpoints ENABLE ALWAYS TRIGGER append_only;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA evidence FROM PUBLIC;
GRANT USAGE ON SCHEMA log, evidence TO sochung_integrator;
GRANT SELECT ON log.events TO sochung_integrator;
GRANT SELECT, INSERT, UPDATE ON evidence.tiles TO sochung_integrator;
GRANT SELECT, INSERT ON evidence.checkpoints TO sochung_integrator;
GRANT USAGE ON SCHEMA evidence TO sochung_app;
GRANT SELECT ON evidence.tiles, evidence.checkpoints TO sochung_app;
