-- One report for each install and day, as numbers that refer to labels; labels are stored once. An install is known by
-- a keyed hash of its pseudonym only; no address is kept. Days are days since 1970-01-01, UTC.

CREATE TABLE installs (
    id           INTEGER PRIMARY KEY,
    install      BLOB NOT NULL UNIQUE CHECK (length(install) = 32), -- keyed hash of the pseudonym
    last_day     INTEGER NOT NULL, -- of its newest report
    secret       BLOB CHECK (length(secret) = 32), -- keyed hash of the secret, if it has registered one
    secret_reads INTEGER NOT NULL DEFAULT 0 -- whether the secret came with the very first report, and so may read
) STRICT;
CREATE INDEX installs_by_last_day ON installs (last_day);

-- Numbers are never used twice: the daily aggregates count all reports up to one number.
CREATE TABLE reports (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    install        INTEGER NOT NULL REFERENCES installs (id),
    day            INTEGER NOT NULL,
    payload_sha256 BLOB NOT NULL, -- of the bytes that came in
    module_sha256  BLOB, -- what the sender says built them
    entries        BLOB NOT NULL -- labels with totals, see store/encoding.rs
) STRICT;
CREATE UNIQUE INDEX reports_by_install ON reports (install, day);
CREATE INDEX reports_by_day ON reports (day);

-- Groups, and `info` for pairs.
CREATE TABLE groups (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

-- What is counted. The upper 32 bits of a number are the group's.
CREATE TABLE labels (
    id            INTEGER PRIMARY KEY,
    digest        BLOB NOT NULL UNIQUE CHECK (length(digest) = 16), -- of group and texts, to find it by
    label         TEXT, -- a pair's sysDescr; nothing for NULL and where a group has no label
    os            TEXT, -- of a pair
    sys_object_id TEXT, -- of a pair
    last_day      INTEGER NOT NULL -- the newest that has it
) STRICT;
CREATE INDEX labels_by_last_day ON labels (last_day);

-- Daily aggregates. Label 0 counts reports; a label whose lower 32 bits are 0 is its group as a whole.
CREATE TABLE aggregates (
    day      INTEGER NOT NULL,
    label    INTEGER NOT NULL,
    installs INTEGER NOT NULL,
    total    INTEGER NOT NULL,
    PRIMARY KEY (day, label)
) STRICT, WITHOUT ROWID;

-- That an install was cleared, under a keyed hash of its own, so that a restored backup does not bring it back.
CREATE TABLE tombstones (
    tombstone   BLOB PRIMARY KEY CHECK (length(tombstone) = 32),
    last_report INTEGER NOT NULL, -- all its reports up to this number were removed
    day         INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Installs that the operator blocked, by their keyed hash.
CREATE TABLE blocked (
    install BLOB PRIMARY KEY CHECK (length(install) = 32)
) STRICT, WITHOUT ROWID;

-- Single values: the key's check value, up to which report the aggregates count, before which day all is forgotten.
CREATE TABLE state (
    only_row        INTEGER PRIMARY KEY CHECK (only_row = 1),
    key_check       BLOB NOT NULL,
    counted         INTEGER NOT NULL DEFAULT 0,
    first_kept      INTEGER NOT NULL DEFAULT 0
) STRICT;
