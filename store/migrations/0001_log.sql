-- The log: append-only by privilege and by trigger; one function writes it.
-- The application's role reads, and appends through that function; it owns nothing here.

REVOKE CREATE ON SCHEMA public FROM PUBLIC;

CREATE SCHEMA log;
CREATE SCHEMA keys;
-- Read models are disposable: the application makes, rebuilds and swaps them itself.
CREATE SCHEMA read AUTHORIZATION sochung_app;

GRANT USAGE ON SCHEMA log, keys TO sochung_app;

CREATE TABLE log.events (
    originator_id      uuid        NOT NULL,
    originator_version bigint      NOT NULL,
    notification_id    bigint      NOT NULL,
    event_id           uuid        NOT NULL,
    club_id            uuid,
    recorded_at        timestamptz NOT NULL,
    topic              text        NOT NULL,
    actor              text        NOT NULL,
    state              bytea       NOT NULL,
    CONSTRAINT events_one_version PRIMARY KEY (originator_id, originator_version),
    CONSTRAINT events_one_position UNIQUE (notification_id),
    CONSTRAINT events_one_id UNIQUE (event_id),
    CHECK (originator_version > 0 AND notification_id > 0 AND actor <> '')
) WITH (autovacuum_vacuum_insert_scale_factor = 0.05);
-- Events are stored small and read whole: keep them inline, uncompressed, where SQL folds them.
ALTER TABLE log.events ALTER COLUMN state SET STORAGE MAIN;

-- A thing (a loan) and the history that tells it: found without a projection, right after it was
-- written.
CREATE TABLE log.entities (
    entity_id     uuid PRIMARY KEY,
    originator_id uuid NOT NULL
);

-- One row per command that took effect: its key, what was asked, what was answered, and the events
-- it made (found by the first one's id).
CREATE TABLE log.commands (
    caller      text   NOT NULL,
    key         text   NOT NULL,
    body        bytea  NOT NULL,
    reply       text   NOT NULL,
    first_event uuid   NOT NULL,
    events      bigint NOT NULL,
    CONSTRAINT commands_one_key PRIMARY KEY (caller, key)
);

-- Disposable: states of histories at a version, to be read instead of the events before it.
CREATE TABLE log.snapshots (
    originator_id      uuid   NOT NULL,
    originator_version bigint NOT NULL,
    topic              text   NOT NULL,
    state              bytea  NOT NULL,
    PRIMARY KEY (originator_id, originator_version, topic)
);

CREATE FUNCTION log.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = log, pg_temp AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only: % of %.% refused',
        TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.events
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.commands
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log.entities
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
-- ALWAYS: session_replication_role = replica does not walk past it.
ALTER TABLE log.events ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE log.commands ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE log.entities ENABLE ALWAYS TRIGGER append_only;

-- Appends one event, or one and more, of one or several histories in one transaction. Returns the
-- position of the first; NULL when a command of this key took effect before, and nothing is done.
-- Raises SC001 when a history has moved on, SC002 when a commit would not be flushed.
--
-- The transaction-scoped advisory lock makes the order of positions the order of commits: a reader
-- at position n has seen everything below n, for ever. Positions come from the head under that
-- lock, so they have no holes and there is no sequence to set. recorded_at is the database's clock
-- after the lock and never runs backwards. Everything that can be done before the lock is: only
-- one transaction at a time holds it, to the end of its flush.
--
-- Most commands say one event, so the first comes in plain parameters and the rest in arrays that
-- are NULL when there is none: an append is about 25 µs dearer with its one event in arrays.
CREATE FUNCTION log.append(
    id uuid, version bigint, event_id uuid, topic text, state bytea, club uuid, by_actor text,
    by_caller text, command_key text, command_body bytea, command_reply text,
    read_ids uuid[], read_versions bigint[],
    entities uuid[], entity_homes uuid[],
    more_ids uuid[], more_versions bigint[], more_event_ids uuid[], more_topics text[],
    more_states bytea[], more_clubs uuid[]
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = log, pg_temp AS $$
DECLARE
    first_position bigint;
    instant timestamptz;
    ill_shaped bool;
BEGIN
    -- A reply means "flushed"; an ordinary role may switch that off for itself, so it is asked here.
    IF current_setting('synchronous_commit') = 'off' THEN
        RAISE EXCEPTION 'unsafe' USING ERRCODE = 'SC002';
    END IF;

    -- What is not a JSON object could be read by nobody, and never be taken out again.
    ill_shaped := json_typeof(convert_from(state, 'UTF8')::json) <> 'object';
    IF more_states IS NOT NULL AND NOT ill_shaped THEN
        SELECT bool_or(json_typeof(convert_from(one, 'UTF8')::json) <> 'object') INTO ill_shaped
            FROM unnest(more_states) AS one;
    END IF;
    IF ill_shaped THEN
        RAISE EXCEPTION 'an event is a JSON object' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    -- The same key at the same time waits here for the first to commit.
    IF command_key IS NOT NULL THEN
        INSERT INTO log.commands
        VALUES (by_caller, command_key, command_body, command_reply,
                event_id, 1 + coalesce(cardinality(more_ids), 0))
        ON CONFLICT DO NOTHING;
        IF NOT FOUND THEN
            RETURN NULL;
        END IF;
    END IF;

    -- Versions go on without a gap from where the writer believed each history to be. A writer who
    -- is overtaken between here and the insert meets the primary key.
    IF more_ids IS NULL THEN
        IF version <> 1 + coalesce((SELECT e.originator_version FROM log.events e
                                    WHERE e.originator_id = id
                                    ORDER BY e.originator_version DESC LIMIT 1), 0) THEN
            RAISE EXCEPTION 'stale' USING ERRCODE = 'SC001';
        END IF;
    ELSIF EXISTS (
        SELECT FROM unnest(id || more_ids, version || more_versions) AS new(id, version)
        GROUP BY new.id
        HAVING min(new.version) <> 1 + coalesce((SELECT max(e.originator_version)
                                                 FROM log.events e WHERE e.originator_id = new.id), 0)
            OR max(new.version) - min(new.version) + 1 <> count(*)
    ) THEN
        RAISE EXCEPTION 'stale' USING ERRCODE = 'SC001';
    END IF;
    IF entities IS NOT NULL THEN
        INSERT INTO log.entities SELECT * FROM unnest(entities, entity_homes);
    END IF;

    PERFORM pg_advisory_xact_lock(5059571);

    IF read_ids IS NOT NULL THEN
        IF EXISTS (
            SELECT FROM unnest(read_ids, read_versions) AS seen(id, version)
            WHERE seen.version <> coalesce((SELECT max(e.originator_version) FROM log.events e
                                            WHERE e.originator_id = seen.id), 0)
        ) THEN
            RAISE EXCEPTION 'stale' USING ERRCODE = 'SC001';
        END IF;
    END IF;

    SELECT head.notification_id, head.recorded_at INTO first_position, instant
        FROM log.events head ORDER BY head.notification_id DESC LIMIT 1;
    first_position := coalesce(first_position, 0) + 1;
    instant := greatest(instant, clock_timestamp());
    INSERT INTO log.events
        (originator_id, originator_version, notification_id, event_id, club_id,
         recorded_at, topic, actor, state)
    VALUES (id, version, first_position, event_id, club, instant, topic, by_actor, state);
    IF more_ids IS NOT NULL THEN
        INSERT INTO log.events
            (originator_id, originator_version, notification_id, event_id, club_id,
             recorded_at, topic, actor, state)
        SELECT more.id, more.version, first_position + more.n, more.event_id, more.club,
               instant, more.topic, by_actor, more.state
        FROM unnest(more_ids, more_versions, more_event_ids, more_clubs, more_topics, more_states)
             WITH ORDINALITY AS more(id, version, event_id, club, topic, state, n);
    END IF;

    NOTIFY sochung_log;
    RETURN first_position;
END $$;

-- A second snapshot of one version must not fail a command that is committed.
CREATE FUNCTION log.keep_snapshot(id uuid, version bigint, kind text, content bytea) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = log, pg_temp AS $$
    INSERT INTO log.snapshots
    SELECT id, version, kind, content
    WHERE EXISTS (SELECT FROM log.events e WHERE e.originator_id = id
                  AND e.originator_version = version)
    ON CONFLICT DO NOTHING;
$$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA log FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
    log.append(uuid, bigint, uuid, text, bytea, uuid, text, text, text, bytea, text,
               uuid[], bigint[], uuid[], uuid[],
               uuid[], bigint[], uuid[], text[], bytea[], uuid[]),
    log.keep_snapshot(uuid, bigint, text, bytea)
    TO sochung_app;
GRANT SELECT ON ALL TABLES IN SCHEMA log TO sochung_app;
