-- The entries of one person one after another, each by the key of its own history. As a join it was
-- a walk over the whole log for every payout of a log that nobody had analysed yet.
CREATE OR REPLACE FUNCTION log.entries_of(person text) RETURNS uuid[]
    LANGUAGE plpgsql STABLE SET search_path = log, pg_temp AS $$
DECLARE
    entries uuid[] := ARRAY[person::uuid];
    looked  int := 0;
    into_id uuid;
BEGIN
    WHILE looked < cardinality(entries) LOOP
        looked := looked + 1;
        FOR into_id IN
            SELECT (convert_from(merged.state, 'UTF8')::json ->> 'into_id')::uuid
            FROM log.events merged
            WHERE merged.originator_id = entries[looked] AND merged.topic = 'clubs.MergedInto'
        LOOP
            IF into_id <> ALL (entries) THEN
                entries := entries || into_id;
            END IF;
        END LOOP;
    END LOOP;
    RETURN entries;
END $$;
