-- What the agent remembers of its install. One row each: an agent serves one install.
CREATE TABLE install (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    uuid     TEXT NOT NULL -- version 4, made at the first preview; used where LibreNMS has none of its own
) STRICT;

CREATE TABLE consent (
    only_row       INTEGER PRIMARY KEY CHECK (only_row = 1),
    state          TEXT NOT NULL CHECK (state IN ('on', 'off')),
    changed        TEXT NOT NULL, -- RFC 3339, UTC
    payload_schema INTEGER NOT NULL, -- the newest schema that was accepted
    module_sha256  TEXT NOT NULL -- the module that made what was shown
) STRICT;
