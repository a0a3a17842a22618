-- Who reads may see that a key is there, of whom and for what, never the key: of a photo whose key
-- was destroyed it is told that it was.
GRANT USAGE ON SCHEMA keys TO sochung_read;
GRANT SELECT (subject, purpose) ON keys.data_keys TO sochung_read;

-- An account is a history of its own; whose it is stands in its events. Their story tells of it.
ALTER POLICY of_clubs ON log.events USING (
    (SELECT access.sees_all())
    OR club_id = ANY ((SELECT access.clubs())::uuid[])
    OR club_id IS NULL AND (originator_id = ANY ((SELECT access.clubs())::uuid[])
                            OR originator_id IN (SELECT access.people())
                            OR topic LIKE 'accounts.%'
                               AND (convert_from(state, 'UTF8')::json ->> 'person_id')::uuid
                                   IN (SELECT access.people())));
