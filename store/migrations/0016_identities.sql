-- By which identity at a provider (OpenID Connect) somebody may come in: linked by themselves, while
-- logged in, one an account. Of the provider's name for them a keyed fingerprint is kept.

CREATE TABLE access.identities (
    fingerprint bytea PRIMARY KEY,
    account_id  uuid NOT NULL UNIQUE REFERENCES access.accounts ON DELETE CASCADE,
    issuer      text NOT NULL,
    linked_at   timestamptz NOT NULL
);

GRANT SELECT, INSERT, UPDATE, DELETE ON access.identities TO sochung_app;
