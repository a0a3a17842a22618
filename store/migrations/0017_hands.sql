-- Four eyes go by human beings: two entries of one person, merged since, are one pair of eyes, and
-- whoever types for one of the two hands is not the other, nor whom the thing is given to.

-- Every id under which somebody goes on since their entries were merged, the given one first.
CREATE FUNCTION log.entries_of(person text) RETURNS uuid[]
    LANGUAGE sql STABLE SET search_path = log, pg_temp AS $$
    WITH RECURSIVE entry(id) AS (
        SELECT person::uuid
        UNION
        SELECT (convert_from(merged.state, 'UTF8')::json ->> 'into_id')::uuid
        FROM entry JOIN log.events merged
             ON merged.originator_id = entry.id AND merged.topic = 'clubs.MergedInto'
    )
    SELECT array_agg(id) FROM entry $$;

CREATE OR REPLACE FUNCTION log.refuse_one_hand(topic text, state bytea) RETURNS void
    LANGUAGE plpgsql SET search_path = log, pg_temp AS $$
DECLARE
    said     json := convert_from(state, 'UTF8')::json;
    approver uuid[] := log.entries_of(said ->> 'approved_by');
    proposer uuid[] := log.entries_of(coalesce(
        said ->> 'proposed_by', said ->> 'closed_by', said ->> 'settled_by',
        CASE topic WHEN 'loans.CapitalReturned' THEN said ->> 'paid_by' END));
    gains    uuid[] := log.entries_of(
        CASE WHEN topic = 'accounts.RoleGranted' THEN said ->> 'person_id'
             ELSE said ->> 'borrower_id' END);
    giver    uuid[] := coalesce(nullif(approver, '{NULL}'), log.entries_of(said ->> 'paid_by'));
    clerk    uuid[] := log.entries_of(said ->> 'recorded_by');
BEGIN
    IF (approver = '{NULL}') <> (proposer = '{NULL}') AND topic <> 'loans.LoanDisbursed'
       -- The first administrators are named at the machine itself.
       OR topic = 'accounts.RoleGranted' AND approver = '{NULL}'
          AND said -> 'grant' ->> 'role' IS DISTINCT FROM 'administrator'
       -- Nobody is in `{NULL}`: what is not named overlaps with nothing.
       OR approver && proposer OR giver && gains
       OR clerk && (approver || proposer || gains) THEN
        RAISE EXCEPTION '% needs two people', topic USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION log.entries_of(text), log.refuse_one_hand(text, bytea) FROM PUBLIC;

-- Whether a photo can still be seen is asked of the keys themselves, which may lie elsewhere.
REVOKE SELECT (subject, purpose) ON keys.data_keys FROM sochung_read;
