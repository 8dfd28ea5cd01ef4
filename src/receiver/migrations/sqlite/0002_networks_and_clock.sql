-- Networks that the operator blocked, by a keyed hash of family, length and prefix: no address is in it.
CREATE TABLE blocked_networks (
    network BLOB PRIMARY KEY CHECK (length(network) = 32),
    bits    INTEGER NOT NULL -- length of the prefix
) STRICT, WITHOUT ROWID;

-- The newest day on which the clock was believed: a clock that is set far forward must not forget everything.
ALTER TABLE state ADD COLUMN seen_day INTEGER NOT NULL DEFAULT 0;
