PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO _sqlx_migrations VALUES(1,'state','2026-11-29 11:20:44',1,X'a019f592d9f9610681bc498f491f27083e5c29ae630428706c05446586a3de04c34fec167f4b694db586eb208ba6555d',3565759);
INSERT INTO _sqlx_migrations VALUES(2,'receiver keys','2026-11-29 11:20:44',1,X'1e6aa29d1aff71b575bae85755b1dbf1c3e5a0b1d3f3ba8a677402a8a98a63fcd30ec409c4f4e2d18999fd5982db38d9',662394);
CREATE TABLE installs (
    install TEXT PRIMARY KEY, -- SHA-256 of where its database is
    uuid    TEXT,             -- version 4; made at the first preview, or LibreNMS's own; nothing once it was cleared
    seen    TEXT              -- the uuid that LibreNMS's table `callback` had when it was last looked at
) STRICT;
INSERT INTO installs VALUES('c3aa6d3c21bead7eee2d414657f4ce1d50b9e4f83545690d6c38b0b5c287fdfc','2516323b-5d80-4ccf-8579-da2d599e97d9','2516323b-5d80-4ccf-8579-da2d599e97d9');
CREATE TABLE consent (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    record   TEXT NOT NULL
) STRICT;
INSERT INTO consent VALUES(1,'{"version":1,"on":true,"changed":"2026-11-29T11:20:48Z","given":{"at":"2026-11-29T11:20:48Z","who":null,"payload_schema":1,"module_sha256":"a1b588e19cd1286e5aa24ce530450aff286e3cad009899efc72a7cec92e51c03","text_version":1,"install":"c3aa6d3c21bead7eee2d414657f4ce1d50b9e4f83545690d6c38b0b5c287fdfc","receiver":{"url":"http://127.0.0.1:18977/log.php","kind":"callback-stats","clear_url":"http://127.0.0.1:18977/clear.php"},"choices":{"categories":null,"withheld":[["os","acmeos"]],"terms":["Acme"]}}}');
CREATE TABLE clear_pending (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    record   TEXT NOT NULL
) STRICT;
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
INSERT INTO held VALUES('http://127.0.0.1:18977/log.php','callback-stats','http://127.0.0.1:18977/clear.php','2516323b-5d80-4ccf-8579-da2d599e97d9','ab2cbc410f0619dd3f00fa37d25cca82456c9f7691c584812dbfcb02559aab01','2026-11-29','2026-11-29');
CREATE TABLE forgotten (
    uuid_sha256 TEXT PRIMARY KEY
) STRICT;
CREATE TABLE events (
    id     INTEGER PRIMARY KEY,
    entry  INTEGER NOT NULL, -- the event that began it; its own id where it stands alone
    what   TEXT NOT NULL,
    moment TEXT NOT NULL,    -- RFC 3339, UTC
    body   TEXT NOT NULL,    -- JSON
    hash   TEXT NOT NULL
) STRICT;
INSERT INTO events VALUES(1,1,'consent-on','2026-11-29T11:20:48Z','{"categories":null,"module_sha256":"a1b588e19cd1286e5aa24ce530450aff286e3cad009899efc72a7cec92e51c03","payload_schema":1,"receiver":"http://127.0.0.1:18977/log.php","text_version":1,"who":"Jane"}','bcdcf33bde897436c56c2aa0e2e86a8acb10e7ddf5092cbeb8339185607f0ef0');
INSERT INTO events VALUES(2,2,'consent-off','2026-11-29T11:20:48Z','{"categories":null,"module_sha256":"a1b588e19cd1286e5aa24ce530450aff286e3cad009899efc72a7cec92e51c03","payload_schema":1,"receiver":"http://127.0.0.1:18977/log.php","text_version":1,"who":null}','862cb3c5d359fa649a50b6c82b92cbc0209ddaee94e45489a53cd19e1ce7a3e5');
INSERT INTO events VALUES(3,3,'consent-on','2026-11-29T11:20:48Z','{"categories":null,"module_sha256":"a1b588e19cd1286e5aa24ce530450aff286e3cad009899efc72a7cec92e51c03","payload_schema":1,"receiver":"http://127.0.0.1:18977/log.php","text_version":1,"who":null}','40d6942c2d521041691a6991113b43a644d1ad4eeae8d3c043197898e3bd7070');
INSERT INTO events VALUES(4,4,'begun','2026-11-29T11:20:48Z','{"subject":"report","day":"2026-11-29","receiver":"http://127.0.0.1:18977/log.php","kind":"callback-stats","payload_sha256":"db1e34fbf76274fb101fa90c20c602c63b4649da40ab29c77c813396032aee03","payload_bytes":4332,"payload_schema":1,"module_sha256":"a1b588e19cd1286e5aa24ce530450aff286e3cad009899efc72a7cec92e51c03"}','492dc5acc28df65c1bd24c020e625914282391de8d9fe39f77df2516c9030055');
INSERT INTO events VALUES(5,4,'ended','2026-11-29T11:20:48Z','{"outcome":"not-sent","status":null,"attempts":1,"said":"the receiver cannot be reached: nothing listens there; check its address, the network and any firewall; nothing was lost, the next run tries again","receipt":null,"proof":null}','cebe35eb35a26c7dec3ff4d6e9e2a349b6f33f51e2f5d6f2254be3c33c9fc365');
CREATE TABLE payloads (
    entry      INTEGER PRIMARY KEY,
    uuid       TEXT NOT NULL, -- whose they are, to find them at a clear
    compressed BLOB NOT NULL
) STRICT;
INSERT INTO payloads VALUES(4,'2516323b-5d80-4ccf-8579-da2d599e97d9',X'28b52ffd60ec0f353000da48a00d2be06c8a1ee46401ad5159abb5f30b6b3d1f4cd21ecca36e461b2700cc0b03dead3f3819da8d31c61863c001cc00c700c7005afbc43f8174063371348870c270b24fa734502c54044a905020693c6871c270aefbbeb2e13cd44c3f4ec0a00069225ce6f1e557a38e99b2e116eea7765a4116e37cf975f1f9745a5badadfbe5d6eed68b3230ea185dad25b7765779f74976b07ccbadab77cfd9c18aa033975b38cf995d6588eb96b3da1caf3fe05dd5bca5cd97efa621c25939ebae3fddc265767dcf5cbb062e9c951b6f37e1c1c269b7d857fbdd4a3761e1e496d4358ea209ca294aa25152874a480ae73267e43c05951c0b8ad004a5e8168e560c7313025a56fbdfadc5d9350dd753d144af84b5d24598f912caa00c823228db5a4e2af15b960be4565b45ebc2240c2e395b3b653addc41b7f760dcc54029c26299af282b4f6a754565196eb749deb808a810ae18b08501a0ca95d5cf19512284991f6d8e2d9de93da7604ef5a2eb4c9814921a15a4e34b50885d1667dbf6ec0bd84a02f31daad7f8580d9bb8eeffbd6cf0f8f21b65f075dd3e01bc30f2560b7dab8a77fa5db2168fc553a3c63e69954e5ebea07450b7771d5ef996ba0bc1c33b5457dcaac5b961095f838103ed0c5989dc913f4c44781c90f941ea8f9ae0b0a2aceb5b42e9f5dd995e1cbad1794a0f5f7cb46c6e68ce9f78bb7eb08464b5b203ede3a33af6311fc2ffb7ab51363a6bbfd563bc86d71f61edbf23d5fbea707813375e50582168daeff63534b3b2bc5758d29e6fa6210264ce2cad3c153d798a50b81efc3c512f156fa12e2f1a551444749708a227cce5aec56a87bd697ea1ea6b432c60bfb82750425b6bf32c8f8f3bbd266b94236011de40295507c0a77af74ca4b37b6df77ccf6ea1a28e1145f5595b00e1111ee3df079ce3dded3adc5d3b156bac528be5c03150a2a82adc240a904c0e7c4e744f1c5000d3a53a235201186c481a37214d0794f4c3c4534c96699441e0fca04db17b316385102d06ad6f21d2a7ad0798f041f897a60842f2a405141f1dac3c270401acd63301893c7a3a122e840d0581a0f0ac461792068fce2db220c94c6227944240c140803c9c381581616449ae521a13c0e581e6d72e089ef3df8c0677aa0073e6ee11c903d1d82c590ebd526914a83005a8c0f7ca2e697bc5b638c4367b46bf6c5f0744d046c0b0a0b2406da95d572c7433dd2f69b7802811fa8d12cc79442332322922405c970710444007150bab21b12a0923449821085b2cc2966464444529224593603e51d1109afefa2002aba254279c9f57d0f6e9cce2ba210fa3663a6ec51ee2fe98cab2897730fd81c4c6439c4aed616d25054e84f925e81caa2efadf15184f36bd08088b1e0d1616b58e8f6772c22627f34aec607cde87345ab063135e102430d713cd357a6e1fe6063e2f16a065b1b666bf7560226fa383e0dc5fad123904fff5a7d549067c2655a70a1b72e50ac336824088fb71801c71a8e3f38e0498cb5a6fb108af2cc80ac852c7220f5d35eebd6e6d15924e246842effd464e9ade26addac0700b36a5d39a940492eb429e768306e016d2e1e9c9902c83d8a3447547dd439aca7e09f58e077316e0d1bdd3d28e0e1f8af6aa6a22ad24df65f1e83e3438cb03fd9d55597a9b19182381783a1f1f7241802d761960189872e5678b5544c109d6ffc97c9bd8fb9136c250bdba9ecc5edfda828c260f7d7739f43e7d96f48a0eecb4cc87b5240d210309af4ffdd0f852eedd7bd17a3a002812be078cb0e1ce84224ef955437340451694310e2c91b001104db50dd11c05d59ca86b3ba48e68d65be103072ab27827b62c3658334c69d33711c4776badeb9998174bd000fcbfe8e5282cb643a859f750c6db565ea234734d31e76001ffcb455a26ba90857383b50e3c424c2ccc33ed43a832290cccd014ec305f16f19f371833dd2308e40671d3abe92a4fd9a2e37ed8a60354d11401081ec193be088a00d0a690da31ad999b36a455836980269030bdc5f20a33490744a2f12091e390c0e9ae06c06497a9751872bd7389349c12fa6d1136145221421edb3721c046abfe8f024407b5ac9c559721bc8c468e58b740b56fe9721f010717f2b30a5f012ee1f9d02a77b9e4f06401a360e76b820a39fb42e8d2a');
CREATE TABLE chain (
    only_row    INTEGER PRIMARY KEY CHECK (only_row = 1),
    anchor_id   INTEGER NOT NULL,
    anchor_hash TEXT NOT NULL,
    last_id     INTEGER NOT NULL,
    last_hash   TEXT NOT NULL
) STRICT;
INSERT INTO chain VALUES(1,0,'',5,'cebe35eb35a26c7dec3ff4d6e9e2a349b6f33f51e2f5d6f2254be3c33c9fc365');
CREATE TABLE notes (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;
INSERT INTO notes VALUES('policy','39678087ec1f48e2f23be33233b1942dba1d353685395f7aae0cc88b65e552d4');
INSERT INTO notes VALUES('policy-accepted','39678087ec1f48e2f23be33233b1942dba1d353685395f7aae0cc88b65e552d4');
CREATE TABLE receiver_keys (
    id         INTEGER PRIMARY KEY,
    receiver   TEXT NOT NULL, -- address that reports go to
    public_key TEXT NOT NULL, -- Ed25519, base64
    since      TEXT NOT NULL, -- day
    how        TEXT NOT NULL, -- 'first', 'vouched' (by the one before) or 'accepted' (by the admin)
    UNIQUE (receiver, public_key)
) STRICT;
INSERT INTO receiver_keys VALUES(1,'http://127.0.0.1:18977/log.php','X3HHF/WuCy1gXxQzYnzPeNPZaTtqb3o0muHm9GjwAlo=','2026-11-29','first');
CREATE INDEX events_by_entry ON events (entry);
COMMIT;
