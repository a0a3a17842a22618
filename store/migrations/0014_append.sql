-- Four eyes move from a trigger into the append itself, the only way in: a trigger's condition is
-- read from the catalogue and planned again for each insert, which cost a fifth of it. And the head
-- and the history's last version are looked up by one query.

DROP TRIGGER four_eyes ON log.events;
DROP FUNCTION log.refuse_one_hand();

-- What no event may say by one hand alone.
CREATE FUNCTION log.of_two_hands() RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY[
        'accounts.RoleGranted', 'clubs.PersonsMerged', 'clubs.EntryWithdrawn',
        'clubs.AssociationEntryWithdrawn', 'care.EntryWithdrawn', 'loans.EntryReversed',
        'loans.LoanDisbursed', 'loans.LoanExtended', 'loans.LoanFrozen', 'loans.LoanUnfrozen',
        'loans.InterestWaived', 'loans.DebtTakenOver', 'loans.LoanWrittenOff',
        'loans.LossBorneByCapital', 'loans.CashDifferenceSettled', 'loans.CapitalReturned',
        'loans.PeriodClosed'] $$;

-- An event that names both hands names two people, and nobody is given a role, or money, by their
-- own hand.
CREATE FUNCTION log.refuse_one_hand(topic text, state bytea) RETURNS void
    LANGUAGE plpgsql SET search_path = log, pg_temp AS $$
DECLARE
    said     json := convert_from(state, 'UTF8')::json;
    approver text := said ->> 'approved_by';
    proposer text := coalesce(said ->> 'proposed_by', said ->> 'closed_by', said ->> 'settled_by',
                              CASE topic WHEN 'loans.CapitalReturned' THEN said ->> 'paid_by' END);
    gains    text := CASE WHEN topic = 'accounts.RoleGranted' THEN said ->> 'person_id'
                          ELSE said ->> 'borrower_id' END;
    giver    text := coalesce(approver, said ->> 'paid_by');
BEGIN
    IF (approver IS NULL) <> (proposer IS NULL) AND topic <> 'loans.LoanDisbursed'
       -- The first administrators are named at the machine itself.
       OR topic = 'accounts.RoleGranted' AND approver IS NULL
          AND said -> 'grant' ->> 'role' IS DISTINCT FROM 'administrator'
       OR lower(approver) = lower(proposer) OR lower(giver) = lower(gains) THEN
        RAISE EXCEPTION '% needs two people', topic USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;
REVOKE EXECUTE ON FUNCTION log.of_two_hands(), log.refuse_one_hand(text, bytea) FROM PUBLIC;

-- Appends one event, or one and more, of one or several histories in one transaction. Returns the
-- position of the first. Raises SC001 when a history has moved on or a thing has been noted,
-- SC002 when a commit would not be flushed, and a unique violation of `commands_one_key` when a
-- command of this key took effect.
CREATE OR REPLACE FUNCTION log.append(
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
    done bool;
    newest bigint;
    moved_on bool;
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
    IF by_actor = '' THEN
        RAISE EXCEPTION 'an event has an actor' USING ERRCODE = 'check_violation';
    END IF;
    IF topic = ANY (log.of_two_hands()) THEN
        done := log.refuse_one_hand(topic, state) IS NULL;
    END IF;
    IF more_topics && log.of_two_hands() THEN
        PERFORM log.refuse_one_hand(t, s) FROM unnest(more_topics, more_states) AS more(t, s)
        WHERE t = ANY (log.of_two_hands());
    END IF;

    done := pg_advisory_xact_lock(5059571) IS NULL;

    IF command_key IS NOT NULL THEN
        INSERT INTO log.commands
        VALUES (by_caller, command_key, command_body, command_reply,
                event_id, 1 + coalesce(cardinality(more_ids), 0));
    END IF;

    -- Versions go on without a gap from where the writer believed each history to be. The lower bound
    -- changes no answer: it saves reading a page full of older versions.
    SELECT head.notification_id, head.recorded_at,
           (SELECT e.originator_version FROM log.events e
            WHERE e.originator_id = id AND e.originator_version >= version - 1
            ORDER BY e.originator_version DESC LIMIT 1)
        INTO first_position, instant, newest
        FROM log.events head ORDER BY head.notification_id DESC LIMIT 1;
    IF more_ids IS NULL THEN
        IF version <> 1 + coalesce(newest, 0) THEN
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

    IF read_ids IS NOT NULL THEN
        FOR n IN 1..cardinality(read_ids) LOOP
            IF read_versions[n] < 0 THEN
                moved_on := EXISTS (
                    SELECT FROM log.entities noted WHERE noted.entity_id = read_ids[n]);
            ELSE
                moved_on := read_versions[n] <> coalesce(
                    (SELECT e.originator_version FROM log.events e
                     WHERE e.originator_id = read_ids[n] AND e.originator_version >= read_versions[n]
                     ORDER BY e.originator_version DESC LIMIT 1), 0);
            END IF;
            IF moved_on THEN
                RAISE EXCEPTION 'stale' USING ERRCODE = 'SC001';
            END IF;
        END LOOP;
    END IF;

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

    done := pg_notify('sochung_log', '') IS NULL;
    RETURN first_position;
END $$;
