-- What is published: which installs count, one snapshot for each complete day, what the operator hides.

-- The day of an install's third report on a day of its own; it counts from then on.
ALTER TABLE installs ADD COLUMN third_day INTEGER;

-- What the rules of publication leave of a day's reports, see publish/snapshot.rs. The part '' stands for reports as a
-- whole and is there for each day that has a snapshot. A report that is removed takes its day's snapshot along, which
-- is then made anew.
CREATE TABLE snapshots (
    part TEXT NOT NULL,
    day  INTEGER NOT NULL,
    mark TEXT NOT NULL, -- of the rules
    body BLOB NOT NULL,
    PRIMARY KEY (part, day)
) STRICT, WITHOUT ROWID;
CREATE INDEX snapshots_by_day ON snapshots (day);

-- What the operator hides, by a digest of its texts, which are not kept here.
CREATE TABLE hidden (
    label BLOB PRIMARY KEY CHECK (length(label) = 16)
) STRICT, WITHOUT ROWID;

-- Who hid what, and when: rows are only ever added.
CREATE TABLE hidden_log (
    id     INTEGER PRIMARY KEY,
    at     TEXT NOT NULL, -- RFC 3339, UTC
    action TEXT NOT NULL CHECK (action IN ('hide', 'unhide')),
    label  BLOB NOT NULL,
    actor  TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

-- Counters: `generation` changes with all that is published, `removals` with each report that is removed.
CREATE TABLE publication (
    only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
    generation INTEGER NOT NULL,
    removals   INTEGER NOT NULL
) STRICT;
INSERT INTO publication (only_row, generation, removals) VALUES (1, 1, 0);
