-- One report per install and day. The install is known by a keyed hash of its pseudonym only; no address is kept.
CREATE TABLE reports (
    install        BLOB NOT NULL CHECK (length(install) = 32),
    day            TEXT NOT NULL, -- UTC, YYYY-MM-DD
    payload_sha256 TEXT NOT NULL, -- of the bytes that came in
    module_sha256  TEXT, -- what the sender says built them
    report         TEXT NOT NULL, -- what was kept of them: JSON, without the pseudonym
    PRIMARY KEY (install, day)
) STRICT, WITHOUT ROWID;

CREATE INDEX reports_by_day ON reports (day);

-- Tells whether the key file belongs to this data.
CREATE TABLE key_check (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    value    BLOB NOT NULL
) STRICT;
