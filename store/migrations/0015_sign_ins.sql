-- Who came in, who could not, who went, and what was refused to whom, in the access log too. A try
-- that failed has nobody who (that is what failed); the account's person is whom it was aimed at.

ALTER TABLE access.log DROP CONSTRAINT log_kind_check;
ALTER TABLE access.log ADD CONSTRAINT log_kind_check
    CHECK (kind IN ('read', 'sign-in', 'sign-out', 'refusal', 'export'));

-- Few among many reads: of everybody, and of one person (store/readings.py, at_the_door).
CREATE INDEX log_door ON access.log (id) WHERE kind IN ('sign-in', 'sign-out', 'refusal');
CREATE INDEX log_door_of ON access.log ((coalesce(person_id, subject_ids[1])), id)
    WHERE kind IN ('sign-in', 'sign-out', 'refusal');

-- What happened at the door to whom a request names there: oneself, or whom one administers.
CREATE FUNCTION access.named_at_the_door() RETURNS uuid[] LANGUAGE sql STABLE AS
    $$ SELECT string_to_array(current_setting('sochung.door', true), ',')::uuid[] $$;
REVOKE EXECUTE ON FUNCTION access.named_at_the_door() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access.named_at_the_door() TO sochung_read;

CREATE POLICY at_the_door ON access.log FOR SELECT TO sochung_read USING (
    kind IN ('sign-in', 'sign-out', 'refusal')
    AND coalesce(person_id, subject_ids[1]) = ANY ((SELECT access.named_at_the_door())::uuid[]));

-- Where every club lies, by name: which of them are the caller's is worked out from it, also by
-- whoever may then see those alone. Found when called, because a rebuild drops and swaps tables.
CREATE FUNCTION access.all_places()
    RETURNS TABLE (club_id uuid, commune text, province text) LANGUAGE plpgsql STABLE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT DISTINCT ON (p.club_id) p.club_id, p.commune, p.province
                 FROM read.club_places p ORDER BY p.club_id, p.position DESC;
END $$;
REVOKE EXECUTE ON FUNCTION access.all_places() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION access.all_places() TO sochung_app, sochung_read;
