-- Forgetting: keys can be destroyed and are remembered only by their commitments; the master key is
-- changed by epochs, and a key wrapped for an epoch that is over is refused.

-- Which master key wraps the keys: known by its commitment, a hash of 32 random bytes.
CREATE TABLE keys.epochs (
    epoch      integer     PRIMARY KEY,
    commitment bytea       NOT NULL,
    begun_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- What was sealed under one of these is gone for ever, also when its subject has a newer key.
CREATE TABLE keys.destroyed (
    number       bigint      PRIMARY KEY,
    subject      uuid        NOT NULL,
    purpose      text        NOT NULL,
    commitment   bytea       NOT NULL UNIQUE,
    destroyed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Under the lock the order of numbers is the order of commits: whoever has seen a number has seen
-- all before it.
CREATE FUNCTION keys.destroy(subjects uuid[], purposes text[], commitments bytea[]) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = keys, pg_temp AS $$
BEGIN
    LOCK TABLE destroyed IN EXCLUSIVE MODE;
    INSERT INTO destroyed (number, subject, purpose, commitment)
        SELECT (SELECT coalesce(max(number), 0) FROM destroyed) + n, subject, purpose, commitment
        FROM unnest(subjects, purposes, commitments)
             WITH ORDINALITY AS these(subject, purpose, commitment, n)
        ON CONFLICT DO NOTHING;
    DELETE FROM data_keys WHERE commitment = ANY (commitments);
END $$;

-- The first epoch begins with the first key.
CREATE FUNCTION keys.begin_first_epoch(master bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = keys, pg_temp AS $$
    INSERT INTO epochs (epoch, commitment)
        SELECT 1, master WHERE NOT EXISTS (SELECT FROM epochs) ON CONFLICT DO NOTHING
$$;

-- Re-wrapping: nobody adds or destroys a key from `hold_still` to the end of the transaction, and
-- either all keys are wrapped for the new epoch or none is.
CREATE FUNCTION keys.hold_still() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = keys, pg_temp AS $$
BEGIN
    LOCK TABLE data_keys IN SHARE ROW EXCLUSIVE MODE;
END $$;

CREATE FUNCTION keys.begin_epoch(master bytea, subjects uuid[], purposes text[], rewrapped bytea[])
    RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = keys, pg_temp AS $$
DECLARE
    new_epoch integer;
BEGIN
    LOCK TABLE data_keys IN SHARE ROW EXCLUSIVE MODE;
    INSERT INTO epochs (epoch, commitment) SELECT max(epoch) + 1, master FROM epochs
        RETURNING epoch INTO new_epoch;
    UPDATE data_keys k SET wrapped = w.wrapped, epoch = new_epoch
        FROM unnest(subjects, purposes, rewrapped) AS w(subject, purpose, wrapped)
        WHERE k.subject = w.subject AND k.purpose = w.purpose;
    IF EXISTS (SELECT FROM data_keys WHERE epoch <> new_epoch) THEN
        RAISE EXCEPTION 'a key was left behind' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN new_epoch;
END $$;

-- Raises SC003 for a key wrapped for an epoch that is over: nobody could open it.
CREATE FUNCTION keys.refuse_old_epoch() RETURNS trigger
    LANGUAGE plpgsql SET search_path = keys, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM made
               WHERE made.epoch IS DISTINCT FROM (SELECT max(e.epoch) FROM keys.epochs e)) THEN
        RAISE EXCEPTION 'old epoch' USING ERRCODE = 'SC003';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER of_this_epoch AFTER INSERT ON keys.data_keys
    REFERENCING NEW TABLE AS made
    FOR EACH STATEMENT EXECUTE FUNCTION keys.refuse_old_epoch();

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA keys FROM PUBLIC;
GRANT SELECT ON keys.epochs, keys.destroyed TO sochung_app;
GRANT EXECUTE ON FUNCTION keys.destroy, keys.begin_first_epoch, keys.hold_still, keys.begin_epoch
    TO sochung_app;
