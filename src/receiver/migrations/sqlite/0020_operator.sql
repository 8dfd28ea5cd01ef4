-- What the operator did to single installs, and the key that signs receipts.

-- Rows are only ever added. The hash is removed when the install's tombstone expires.
CREATE TABLE operator_log (
    id      INTEGER PRIMARY KEY,
    at      TEXT NOT NULL, -- RFC 3339, UTC
    action  TEXT NOT NULL CHECK (action IN ('clear', 'reset-secret')),
    install BLOB CHECK (length(install) = 32), -- keyed hash of the install, as in `tombstones`
    actor   TEXT NOT NULL,
    reason  TEXT NOT NULL
) STRICT;

-- ID of the key that signs receipts: all receivers of a database must have it.
ALTER TABLE state ADD COLUMN signing_key TEXT;
