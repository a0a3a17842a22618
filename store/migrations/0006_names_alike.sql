-- Names that read alike are few, their bearers many: so each name of a given name (the last word)
-- is found once, compared letter by letter, and only bearers of the likely ones are looked up.

CREATE INDEX people_named ON keys.people ((regexp_replace(folded, '^.* ', '')), folded);
DROP INDEX keys.people_given;
