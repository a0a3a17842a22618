-- Whoever gave somebody the code by which they come in could have come in as them, and so could
-- whoever had given the giver theirs. Of what takes two hands such two are not both, until somebody
-- else gives a code: nothing but that ends what the first could know.
ALTER TABLE access.accounts ADD COLUMN code_by uuid[];  -- who gave the code of the password
ALTER TABLE access.reset_codes ADD COLUMN given_by uuid[];

-- What was given before: by whom alone, not who stood behind them. By each account's own history,
-- so that nobody who logs in waits for a look through the whole log.
UPDATE access.accounts a SET code_by = nullif(ARRAY[(
    SELECT (convert_from(state, 'UTF8')::json ->> 'given_by')::uuid FROM log.events e
    WHERE e.originator_id = a.account_id AND topic = 'accounts.ResetCodeGiven'
      AND recorded_at <= a.changed_at
    ORDER BY originator_version DESC LIMIT 1)], '{NULL}')
WHERE password IS NOT NULL;
UPDATE access.reset_codes c SET given_by = nullif(ARRAY[(
    SELECT (convert_from(state, 'UTF8')::json ->> 'given_by')::uuid FROM log.events e
    WHERE e.originator_id = c.account_id AND topic = 'accounts.ResetCodeGiven'
    ORDER BY originator_version DESC LIMIT 1)], '{NULL}');

-- Whether one of some people could have come in as one of others, or one of those as one of these.
CREATE FUNCTION log.one_log_in(these uuid[], those uuid[]) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = log, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM (VALUES (these, those), (those, these)) AS side(came, gave)
             CROSS JOIN unnest(side.came) AS hand
             CROSS JOIN unnest(log.entries_of(hand::text)) AS entry(id)
             JOIN access.accounts a ON a.person_id = entry.id
             CROSS JOIN unnest(a.code_by) AS giver
        WHERE log.entries_of(giver::text) && ARRAY(
            SELECT also FROM unnest(side.gave) AS one
                 CROSS JOIN unnest(log.entries_of(one::text)) AS also)) $$;
REVOKE EXECUTE ON FUNCTION log.one_log_in(uuid[], uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION log.one_log_in(uuid[], uuid[]) TO sochung_app;

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
       OR clerk && (approver || proposer || gains)
       OR log.one_log_in(array_remove(approver, NULL), array_remove(proposer, NULL)) THEN
        RAISE EXCEPTION '% needs two people', topic USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;
