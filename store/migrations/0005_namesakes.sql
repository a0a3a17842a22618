-- People of one given name (the last word) are looked up whenever somebody is registered: they may
-- be the same person, entered twice.

CREATE INDEX people_given ON keys.people ((regexp_replace(folded, '^.* ', '')));
