-- Who may do what, once more from the ground: each role has the least it needs, and whoever reads
-- for a request sees the clubs of that request alone, also where the API forgot to ask.

CREATE SCHEMA IF NOT EXISTS access;
GRANT USAGE ON SCHEMA access TO sochung_app, sochung_follower, sochung_read;

-- Read models are disposable: they are made anew by the follower, whose room this is now. What each
-- of them lets through is said where it is made (projections/rights.py).
DROP SCHEMA read CASCADE;
CREATE SCHEMA read AUTHORIZATION sochung_follower;
GRANT USAGE ON SCHEMA read TO sochung_app, sochung_read;

GRANT USAGE ON SCHEMA log, keys TO sochung_follower, sochung_read;
GRANT SELECT ON log.events TO sochung_follower, sochung_read;
GRANT SELECT ON keys.people, keys.followed TO sochung_read;
-- Ids and hashes, which name nobody: where a loan is told, and the Merkle log.
GRANT SELECT ON log.entities TO sochung_read;
GRANT USAGE ON SCHEMA evidence TO sochung_read;
GRANT SELECT ON evidence.tiles, evidence.checkpoints TO sochung_read;
GRANT SELECT, INSERT, UPDATE, DELETE ON keys.people, keys.followed TO sochung_follower;
REVOKE INSERT, UPDATE, DELETE ON keys.people, keys.followed FROM sochung_app;
GRANT SELECT ON public.sochung_migrations TO sochung_follower;

-- What a request may see stands in `sochung.clubs`, set for its transaction: ids of clubs and
-- associations with commas between them, or * for all. Nothing set: nothing seen.
CREATE FUNCTION access.sees_all() RETURNS bool LANGUAGE sql STABLE AS
    $$ SELECT coalesce(current_setting('sochung.clubs', true) = '*', false) $$;
CREATE FUNCTION access.clubs() RETURNS uuid[] LANGUAGE sql STABLE AS
    $$ SELECT string_to_array(nullif(current_setting('sochung.clubs', true), '*'), ',')::uuid[] $$;

-- Whoever was named in anything these clubs did. Asked as the owner, because the table itself is
-- under the same net; found when called, because it comes and goes with each rebuild.
CREATE FUNCTION access.people() RETURNS SETOF uuid LANGUAGE plpgsql STABLE ROWS 200
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT k.person_id FROM read.known_in k WHERE k.club_id = ANY (access.clubs());
END $$;

REVOKE EXECUTE ON FUNCTION access.sees_all(), access.clubs(), access.people() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access.sees_all(), access.clubs(), access.people() TO sochung_read;

-- The sub-selects are asked once for a statement, not once for a row.
ALTER TABLE log.events ENABLE ROW LEVEL SECURITY;
CREATE POLICY whole ON log.events FOR SELECT
    TO sochung_app, sochung_follower, sochung_integrator USING (true);
CREATE POLICY of_clubs ON log.events FOR SELECT TO sochung_read USING (
    (SELECT access.sees_all())
    OR club_id = ANY ((SELECT access.clubs())::uuid[])
    OR club_id IS NULL AND (originator_id = ANY ((SELECT access.clubs())::uuid[])
                            OR originator_id IN (SELECT access.people())));

-- Under row-level security an index is used for plain comparisons of a column alone: so the given
-- name (the last word), by which namesakes are found, becomes one.
ALTER TABLE keys.people
    ADD COLUMN given text GENERATED ALWAYS AS (regexp_replace(folded, '^.* ', '')) STORED;
DROP INDEX keys.people_named;
CREATE INDEX people_named ON keys.people (given, folded);

ALTER TABLE keys.people ENABLE ROW LEVEL SECURITY;
CREATE POLICY whole ON keys.people FOR SELECT TO sochung_app USING (true);
CREATE POLICY follows ON keys.people TO sochung_follower USING (true) WITH CHECK (true);
CREATE POLICY of_clubs ON keys.people FOR SELECT TO sochung_read USING (
    (SELECT access.sees_all()) OR person_id IN (SELECT access.people()));
