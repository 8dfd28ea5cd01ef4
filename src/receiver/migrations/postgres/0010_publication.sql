-- What is published: which installs count, one snapshot for each complete day, what the operator hides.

-- The day of an install's third report on a day of its own; it counts from then on.
ALTER TABLE installs ADD COLUMN third_day integer;

-- What the rules of publication leave of a day's reports, see publish/snapshot.rs. The part '' stands for reports as a
-- whole and is there for each day that has a snapshot. A report that is removed takes its day's snapshot along, which
-- is then made anew.
CREATE TABLE snapshots (
    part text NOT NULL,
    day  integer NOT NULL,
    mark text NOT NULL, -- of the rules
    body bytea NOT NULL,
    PRIMARY KEY (part, day)
);
CREATE INDEX snapshots_by_day ON snapshots (day);

-- What the operator hides, by a digest of its texts, which are not kept here.
CREATE TABLE hidden (
    label bytea PRIMARY KEY CHECK (length(label) = 16)
);

-- Who hid what, and when: rows are only ever added.
CREATE TABLE hidden_log (
    id     bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at     text NOT NULL, -- RFC 3339, UTC
    hide   boolean NOT NULL,
    label  bytea NOT NULL,
    actor  text NOT NULL,
    reason text NOT NULL
);

-- Counters: `generation` changes with all that is published, `removals` with each report that is removed.
CREATE TABLE publication (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    generation bigint NOT NULL,
    removals   bigint NOT NULL
);
INSERT INTO publication (generation, removals) VALUES (1, 0);
