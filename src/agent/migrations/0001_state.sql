-- What the agent remembers. Published migrations are never edited; a change is a new file.

-- Pseudonyms, by the install that they stand for.
CREATE TABLE installs (
    install TEXT PRIMARY KEY, -- SHA-256 of where its database is
    uuid    TEXT,             -- version 4; made at the first preview, or LibreNMS's own; nothing once it was cleared
    seen    TEXT              -- the uuid that LibreNMS's table `callback` had when it was last looked at
) STRICT;

-- What the admin said last, as JSON: see src/agent/consent/record.rs.
CREATE TABLE consent (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    record   TEXT NOT NULL
) STRICT;

-- A clear that has not been confirmed yet. A record of its own: that the row is there is what counts.
CREATE TABLE clear_pending (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    record   TEXT NOT NULL
) STRICT;

-- Who holds data of which pseudonym. A row is made before anything is sent, and goes when a clear is confirmed.
CREATE TABLE held (
    receiver  TEXT NOT NULL, -- address that reports go to
    kind      TEXT NOT NULL, -- 'stock' or 'callback-stats'
    clear_url TEXT NOT NULL,
    uuid      TEXT NOT NULL,
    secret    TEXT,          -- 64 hexadecimal digits; only for a receiver of ours
    since     TEXT NOT NULL, -- day
    last_sent TEXT,          -- day of the newest report that may have arrived
    PRIMARY KEY (receiver, uuid)
) STRICT;

-- Pseudonyms that were cleared, so that one which LibreNMS's database still has is not used again.
CREATE TABLE forgotten (
    uuid_sha256 TEXT PRIMARY KEY
) STRICT;

-- The ledger: what happened, in order, each event with the hash of the one before.
CREATE TABLE events (
    id     INTEGER PRIMARY KEY,
    entry  INTEGER NOT NULL, -- the event that began it; its own id where it stands alone
    what   TEXT NOT NULL,
    moment TEXT NOT NULL,    -- RFC 3339, UTC
    body   TEXT NOT NULL,    -- JSON
    hash   TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_entry ON events (entry);

-- Payloads of the ledger, compressed with zstd.
CREATE TABLE payloads (
    entry      INTEGER PRIMARY KEY,
    uuid       TEXT NOT NULL, -- whose they are, to find them at a clear
    compressed BLOB NOT NULL
) STRICT;

-- Where the chain of events starts (what was before it is pruned) and ends.
CREATE TABLE chain (
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    anchor_id   INTEGER NOT NULL,
    anchor_hash TEXT NOT NULL,
    last_id     INTEGER NOT NULL,
    last_hash   TEXT NOT NULL
) STRICT;
INSERT INTO chain VALUES (1, 0, '', 0, '');

-- What a receiver asked for or published last: 'not-before' (RFC 3339), 'policy' and
-- 'policy-accepted' (SHA-256).
CREATE TABLE notes (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
