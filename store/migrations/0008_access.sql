-- Log-in: secrets as hashes only, and what changes too often or too quietly for the log. Nothing
-- here is history; who has an account and which roles stands in the log (accounts.*).

CREATE SCHEMA access;

CREATE TABLE access.accounts (
    account_id  uuid PRIMARY KEY,
    person_id   uuid NOT NULL UNIQUE,
    password    text,                   -- argon2id; none until a reset code was used
    pin         text,                   -- argon2id, of the PIN with the master key's pepper
    totp        text,                   -- the second factor's secret, sealed as a text in an event
    totp_step   bigint NOT NULL DEFAULT 0,  -- the last step a code was taken of: each code once
    changed_at  timestamptz NOT NULL    -- of the password
);

-- User name and phone number, as keyed fingerprints: from the table alone nobody's is guessed.
CREATE TABLE access.names (
    fingerprint bytea PRIMARY KEY,
    account_id  uuid NOT NULL REFERENCES access.accounts ON DELETE CASCADE
);
CREATE INDEX names_of_account ON access.names (account_id);

-- A session, or an account's turn on the phone of another's session (by_pin, `host`).
CREATE TABLE access.sessions (
    session_id      uuid PRIMARY KEY,
    token           bytea NOT NULL UNIQUE,      -- sha256 of 256 random bits
    account_id      uuid NOT NULL REFERENCES access.accounts ON DELETE CASCADE,
    host            uuid REFERENCES access.sessions ON DELETE CASCADE,
    device          text NOT NULL,
    made_at         timestamptz NOT NULL,
    seen_at         timestamptz NOT NULL,
    ends_at         timestamptz NOT NULL,
    fresh_factor_at timestamptz
);
CREATE INDEX sessions_of_account ON access.sessions (account_id);
CREATE INDEX sessions_of_host ON access.sessions (host) WHERE host IS NOT NULL;

CREATE TABLE access.tokens (
    token_id   uuid PRIMARY KEY,
    token      bytea NOT NULL UNIQUE,           -- sha256 of 256 random bits
    account_id uuid NOT NULL REFERENCES access.accounts ON DELETE CASCADE,
    name       text NOT NULL,
    scopes     text[] NOT NULL,
    made_at    timestamptz NOT NULL,
    ends_at    timestamptz NOT NULL,
    used_at    timestamptz
);
CREATE INDEX tokens_of_account ON access.tokens (account_id);

CREATE TABLE access.reset_codes (
    account_id uuid PRIMARY KEY REFERENCES access.accounts ON DELETE CASCADE,
    code       bytea NOT NULL,                  -- keyed fingerprint
    ends_at    timestamptz NOT NULL
);

-- Tries of a secret by what they are counted under: an account, an address, both. Keyed
-- fingerprints again; a row lives for a day.
CREATE TABLE access.tries (
    try_id   uuid NOT NULL,
    bucket   bytea NOT NULL,
    tried_at timestamptz NOT NULL,
    PRIMARY KEY (bucket, tried_at, try_id)
);
CREATE INDEX tries_by_age ON access.tries (tried_at);

GRANT USAGE ON SCHEMA access TO sochung_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA access TO sochung_app;

-- Four eyes, whoever appends: an event that names both hands names two people, and nobody is given
-- a role, or money, by their own hand. Only events of these topics pay for it.
CREATE FUNCTION log.refuse_one_hand() RETURNS trigger
    LANGUAGE plpgsql SET search_path = log, pg_temp AS $$
DECLARE
    said     json := convert_from(NEW.state, 'UTF8')::json;
    approver text := said ->> 'approved_by';
    proposer text := coalesce(said ->> 'proposed_by', said ->> 'closed_by', said ->> 'settled_by',
                              CASE NEW.topic WHEN 'loans.CapitalReturned' THEN said ->> 'paid_by' END);
    gains    text := CASE WHEN NEW.topic = 'accounts.RoleGranted' THEN said ->> 'person_id'
                          ELSE said ->> 'borrower_id' END;
    giver    text := coalesce(approver, said ->> 'paid_by');
BEGIN
    IF (approver IS NULL) <> (proposer IS NULL) AND NEW.topic <> 'loans.LoanDisbursed'
       -- The first administrators are named at the machine itself.
       OR NEW.topic = 'accounts.RoleGranted' AND approver IS NULL
          AND said -> 'grant' ->> 'role' IS DISTINCT FROM 'administrator'
       OR lower(approver) = lower(proposer) OR lower(giver) = lower(gains) THEN
        RAISE EXCEPTION '% needs two people', NEW.topic USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
REVOKE EXECUTE ON FUNCTION log.refuse_one_hand() FROM PUBLIC;

CREATE TRIGGER four_eyes BEFORE INSERT ON log.events FOR EACH ROW
    WHEN (NEW.topic = ANY (ARRAY[
        'accounts.RoleGranted', 'clubs.PersonsMerged', 'clubs.EntryWithdrawn',
        'clubs.AssociationEntryWithdrawn', 'care.EntryWithdrawn', 'loans.EntryReversed',
        'loans.LoanDisbursed', 'loans.LoanExtended', 'loans.LoanFrozen', 'loans.LoanUnfrozen',
        'loans.InterestWaived', 'loans.DebtTakenOver', 'loans.LoanWrittenOff',
        'loans.LossBorneByCapital', 'loans.CashDifferenceSettled', 'loans.CapitalReturned',
        'loans.PeriodClosed']))
    EXECUTE FUNCTION log.refuse_one_hand();
ALTER TABLE log.events ENABLE ALWAYS TRIGGER four_eyes;
