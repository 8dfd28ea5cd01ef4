-- One report for each install and day, as numbers that refer to labels; labels are stored once. An install is known by
-- a keyed hash of its pseudonym only; no address is kept. Days are days since 1970-01-01, UTC. Reports and aggregates
-- have one partition a day, made by the receivers (`reports_20000`), so that a day is forgotten by dropping two tables.

CREATE TABLE installs (
    install      bytea PRIMARY KEY CHECK (length(install) = 32), -- keyed hash of the pseudonym
    last_day     integer NOT NULL, -- of its newest report
    secret       bytea CHECK (length(secret) = 32), -- keyed hash of the secret, if it has registered one
    secret_reads boolean NOT NULL -- whether the secret came with the very first report, and so may read
);
CREATE INDEX installs_by_last_day ON installs (last_day);

-- Numbers are never used twice: tombstones refer to them.
CREATE SEQUENCE report_numbers;

-- The key starts with the install, so that a distributed PostgreSQL can shard by it.
CREATE TABLE reports (
    install        bytea NOT NULL,
    day            integer NOT NULL,
    number         bigint NOT NULL DEFAULT nextval('report_numbers'),
    payload_sha256 bytea NOT NULL, -- of the bytes that came in
    module_sha256  bytea, -- what the sender says built them
    entries        bytea NOT NULL, -- labels with totals, see store/encoding.rs
    PRIMARY KEY (install, day)
) PARTITION BY RANGE (day);

-- Groups, and `info` for pairs.
CREATE TABLE groups (
    id   integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text NOT NULL UNIQUE
);

-- The lower 32 bits of the number of a label.
CREATE SEQUENCE label_numbers MAXVALUE 4294967295;

-- What is counted. The upper 32 bits of a number are the group's.
CREATE TABLE labels (
    id            bigint PRIMARY KEY,
    digest        bytea NOT NULL UNIQUE CHECK (length(digest) = 16), -- of group and texts, to find it by
    label         text, -- a pair's sysDescr; nothing for NULL and where a group has no label
    os            text, -- of a pair
    sys_object_id text, -- of a pair
    last_day      integer NOT NULL -- the newest that has it
);
CREATE INDEX labels_by_last_day ON labels (last_day);

-- Daily aggregates. Label 0 counts reports; a label whose lower 32 bits are 0 is its group as a whole.
CREATE TABLE aggregates (
    day      integer NOT NULL,
    label    bigint NOT NULL,
    installs bigint NOT NULL,
    total    bigint NOT NULL,
    PRIMARY KEY (day, label)
) PARTITION BY RANGE (day);

-- What the aggregates do not count yet. Reports only add rows here; one receiver at a time counts them, so that no two
-- ever wait for each other's rows of the aggregates.
CREATE TABLE changes (
    number  bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    day     integer NOT NULL,
    sign    smallint NOT NULL CHECK (sign IN (-1, 1)), -- a report came, or was replaced
    entries bytea NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- That an install was cleared, under a keyed hash of its own, so that a restored backup does not bring it back.
CREATE TABLE tombstones (
    tombstone   bytea PRIMARY KEY CHECK (length(tombstone) = 32),
    last_report bigint NOT NULL, -- all its reports up to this number were removed
    day         integer NOT NULL
);

-- Installs that the operator blocked, by their keyed hash.
CREATE TABLE blocked (
    install bytea PRIMARY KEY CHECK (length(install) = 32)
);

-- Networks that the operator blocked, by a keyed hash of family, length and prefix: no address is in it.
CREATE TABLE blocked_networks (
    network bytea PRIMARY KEY CHECK (length(network) = 32),
    bits    smallint NOT NULL -- length of the prefix
);

-- Single values: the key's check value; before which day all is forgotten; the newest day on which the clock was
-- believed; a number that changes when labels go, so that receivers forget the numbers which they remember.
CREATE TABLE state (
    only_row     boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    key_check    bytea NOT NULL,
    first_kept   integer NOT NULL DEFAULT 0,
    seen_day     integer NOT NULL DEFAULT 0,
    labels_epoch bigint NOT NULL DEFAULT 0
);
