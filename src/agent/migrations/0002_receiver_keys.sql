-- Keys by which a receiver of ours is known, oldest first: its receipts must be signed by one of them.
CREATE TABLE receiver_keys (
    id         INTEGER PRIMARY KEY,
    receiver   TEXT NOT NULL, -- address that reports go to
    public_key TEXT NOT NULL, -- Ed25519, base64
    since      TEXT NOT NULL, -- day
    how        TEXT NOT NULL, -- 'first', 'vouched' (by the one before) or 'accepted' (by the admin)
    UNIQUE (receiver, public_key)
) STRICT;

-- Besides those of 0001, notes are: 'refused-receipt' (address of the receiver whose last receipt was not signed by a known
-- key) and 'splay' (random, so that installs whose databases have the same address wait differently).
