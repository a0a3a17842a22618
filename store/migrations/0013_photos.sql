-- Who reads may see that a key is there, of whom and for what, never the key: of a photo whose key
-- was destroyed it is told that it was.
GRANT USAGE ON SCHEMA keys TO sochung_read;
GRANT SELECT (subject, purpose) ON keys.data_keys TO sochung_read;
