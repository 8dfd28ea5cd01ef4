CREATE TABLE public._sqlx_migrations (
    version bigint NOT NULL,
    description text NOT NULL,
    installed_on timestamp with time zone DEFAULT now() NOT NULL,
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);
CREATE TABLE public.aggregates (
    day integer NOT NULL,
    label bigint NOT NULL,
    installs bigint NOT NULL,
    total bigint NOT NULL
)
PARTITION BY RANGE (day);
CREATE TABLE public.aggregates_19997 (
    day integer NOT NULL,
    label bigint NOT NULL,
    installs bigint NOT NULL,
    total bigint NOT NULL
);
CREATE TABLE public.aggregates_19998 (
    day integer NOT NULL,
    label bigint NOT NULL,
    installs bigint NOT NULL,
    total bigint NOT NULL
);
CREATE TABLE public.aggregates_19999 (
    day integer NOT NULL,
    label bigint NOT NULL,
    installs bigint NOT NULL,
    total bigint NOT NULL
);
CREATE TABLE public.aggregates_20000 (
    day integer NOT NULL,
    label bigint NOT NULL,
    installs bigint NOT NULL,
    total bigint NOT NULL
);
CREATE TABLE public.blocked (
    install bytea NOT NULL,
    CONSTRAINT blocked_install_check CHECK ((length(install) = 32))
);
CREATE TABLE public.blocked_networks (
    network bytea NOT NULL,
    bits smallint NOT NULL,
    CONSTRAINT blocked_networks_network_check CHECK ((length(network) = 32))
);
CREATE TABLE public.changes (
    number bigint NOT NULL,
    day integer NOT NULL,
    sign smallint NOT NULL,
    entries bytea NOT NULL,
    CONSTRAINT changes_sign_check CHECK ((sign = ANY (ARRAY['-1'::integer, 1])))
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='2000');
ALTER TABLE public.changes ALTER COLUMN number ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.changes_number_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.groups (
    id integer NOT NULL,
    name text NOT NULL
);
ALTER TABLE public.groups ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.hidden (
    label bytea NOT NULL,
    CONSTRAINT hidden_label_check CHECK ((length(label) = 16))
);
CREATE TABLE public.hidden_log (
    id bigint NOT NULL,
    at text NOT NULL,
    hide boolean NOT NULL,
    label bytea NOT NULL,
    actor text NOT NULL,
    reason text NOT NULL
);
ALTER TABLE public.hidden_log ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.hidden_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.installs (
    install bytea NOT NULL,
    last_day integer NOT NULL,
    secret bytea,
    secret_reads boolean NOT NULL,
    third_day integer,
    CONSTRAINT installs_install_check CHECK ((length(install) = 32)),
    CONSTRAINT installs_secret_check CHECK ((length(secret) = 32))
);
CREATE SEQUENCE public.label_numbers
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    MAXVALUE 4294967295
    CACHE 1;
CREATE TABLE public.labels (
    id bigint NOT NULL,
    digest bytea NOT NULL,
    label text,
    os text,
    sys_object_id text,
    last_day integer NOT NULL,
    CONSTRAINT labels_digest_check CHECK ((length(digest) = 16))
);
CREATE TABLE public.publication (
    only_row boolean DEFAULT true NOT NULL,
    generation bigint NOT NULL,
    removals bigint NOT NULL,
    CONSTRAINT publication_only_row_check CHECK (only_row)
);
CREATE SEQUENCE public.report_numbers
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
CREATE TABLE public.reports (
    install bytea NOT NULL,
    day integer NOT NULL,
    number bigint DEFAULT nextval('public.report_numbers'::regclass) NOT NULL,
    payload_sha256 bytea NOT NULL,
    module_sha256 bytea,
    entries bytea NOT NULL
)
PARTITION BY RANGE (day);
CREATE TABLE public.reports_19997 (
    install bytea NOT NULL,
    day integer NOT NULL,
    number bigint DEFAULT nextval('public.report_numbers'::regclass) NOT NULL,
    payload_sha256 bytea NOT NULL,
    module_sha256 bytea,
    entries bytea NOT NULL
);
CREATE TABLE public.reports_19998 (
    install bytea NOT NULL,
    day integer NOT NULL,
    number bigint DEFAULT nextval('public.report_numbers'::regclass) NOT NULL,
    payload_sha256 bytea NOT NULL,
    module_sha256 bytea,
    entries bytea NOT NULL
);
CREATE TABLE public.reports_19999 (
    install bytea NOT NULL,
    day integer NOT NULL,
    number bigint DEFAULT nextval('public.report_numbers'::regclass) NOT NULL,
    payload_sha256 bytea NOT NULL,
    module_sha256 bytea,
    entries bytea NOT NULL
);
CREATE TABLE public.reports_20000 (
    install bytea NOT NULL,
    day integer NOT NULL,
    number bigint DEFAULT nextval('public.report_numbers'::regclass) NOT NULL,
    payload_sha256 bytea NOT NULL,
    module_sha256 bytea,
    entries bytea NOT NULL
);
CREATE TABLE public.snapshots (
    part text NOT NULL,
    day integer NOT NULL,
    mark text NOT NULL,
    body bytea NOT NULL
);
CREATE TABLE public.state (
    only_row boolean DEFAULT true NOT NULL,
    key_check bytea NOT NULL,
    first_kept integer DEFAULT 0 NOT NULL,
    seen_day integer DEFAULT 0 NOT NULL,
    labels_epoch bigint DEFAULT 0 NOT NULL,
    CONSTRAINT state_only_row_check CHECK (only_row)
);
CREATE TABLE public.tombstones (
    tombstone bytea NOT NULL,
    last_report bigint NOT NULL,
    day integer NOT NULL,
    CONSTRAINT tombstones_tombstone_check CHECK ((length(tombstone) = 32))
);
ALTER TABLE ONLY public.aggregates ATTACH PARTITION public.aggregates_19997 FOR VALUES FROM (19997) TO (19998);
ALTER TABLE ONLY public.aggregates ATTACH PARTITION public.aggregates_19998 FOR VALUES FROM (19998) TO (19999);
ALTER TABLE ONLY public.aggregates ATTACH PARTITION public.aggregates_19999 FOR VALUES FROM (19999) TO (20000);
ALTER TABLE ONLY public.aggregates ATTACH PARTITION public.aggregates_20000 FOR VALUES FROM (20000) TO (20001);
ALTER TABLE ONLY public.reports ATTACH PARTITION public.reports_19997 FOR VALUES FROM (19997) TO (19998);
ALTER TABLE ONLY public.reports ATTACH PARTITION public.reports_19998 FOR VALUES FROM (19998) TO (19999);
ALTER TABLE ONLY public.reports ATTACH PARTITION public.reports_19999 FOR VALUES FROM (19999) TO (20000);
ALTER TABLE ONLY public.reports ATTACH PARTITION public.reports_20000 FOR VALUES FROM (20000) TO (20001);
INSERT INTO public._sqlx_migrations VALUES (1, 'reports', '2026-11-29 13:40:19.406141+00', true, '\x199533ce24cf1bb21d059ae8e980e9bb3daccb56a2679cf587fed07ccca8b439aad644488eb4e5f4954d82aa8e6295dd', 14036739);
INSERT INTO public._sqlx_migrations VALUES (10, 'publication', '2026-11-29 13:40:19.420495+00', true, '\x0faa09d1a271d1716aa90a0b0d06480e68c39a486c8c40e45a9b75e98cf56b9a183ddf42ef26ec9e193ba29036917c4c', 3301397);
INSERT INTO public.aggregates_19997 VALUES (19997, 0, 1, 0);
INSERT INTO public.aggregates_19997 VALUES (19997, 34359738368, 1, 4);
INSERT INTO public.aggregates_19997 VALUES (19997, 34359738370, 1, 4);
INSERT INTO public.aggregates_19997 VALUES (19997, 51539607552, 1, 5);
INSERT INTO public.aggregates_19997 VALUES (19997, 51539607555, 1, 5);
INSERT INTO public.aggregates_19997 VALUES (19997, 219043332096, 1, 2);
INSERT INTO public.aggregates_19997 VALUES (19997, 219043332097, 1, 2);
INSERT INTO public.aggregates_19998 VALUES (19998, 51539607555, 1, 5);
INSERT INTO public.aggregates_19998 VALUES (19998, 51539607557, 1, 2);
INSERT INTO public.aggregates_19998 VALUES (19998, 219043332097, 1, 2);
INSERT INTO public.aggregates_19998 VALUES (19998, 219043332100, 1, 2);
INSERT INTO public.aggregates_19998 VALUES (19998, 0, 2, 0);
INSERT INTO public.aggregates_19998 VALUES (19998, 34359738368, 2, 8);
INSERT INTO public.aggregates_19998 VALUES (19998, 34359738370, 2, 8);
INSERT INTO public.aggregates_19998 VALUES (19998, 51539607552, 2, 7);
INSERT INTO public.aggregates_19998 VALUES (19998, 219043332096, 2, 4);
INSERT INTO public.aggregates_19999 VALUES (19999, 51539607555, 1, 5);
INSERT INTO public.aggregates_19999 VALUES (19999, 51539607557, 1, 2);
INSERT INTO public.aggregates_19999 VALUES (19999, 219043332097, 1, 2);
INSERT INTO public.aggregates_19999 VALUES (19999, 219043332100, 1, 2);
INSERT INTO public.aggregates_19999 VALUES (19999, 0, 2, 0);
INSERT INTO public.aggregates_19999 VALUES (19999, 34359738368, 2, 8);
INSERT INTO public.aggregates_19999 VALUES (19999, 34359738370, 2, 8);
INSERT INTO public.aggregates_19999 VALUES (19999, 51539607552, 2, 7);
INSERT INTO public.aggregates_19999 VALUES (19999, 219043332096, 2, 4);
INSERT INTO public.aggregates_20000 VALUES (20000, 51539607555, 1, 5);
INSERT INTO public.aggregates_20000 VALUES (20000, 219043332097, 1, 2);
INSERT INTO public.aggregates_20000 VALUES (20000, 0, 3, 0);
INSERT INTO public.aggregates_20000 VALUES (20000, 34359738368, 3, 12);
INSERT INTO public.aggregates_20000 VALUES (20000, 34359738370, 3, 12);
INSERT INTO public.aggregates_20000 VALUES (20000, 51539607552, 3, 10);
INSERT INTO public.aggregates_20000 VALUES (20000, 51539607557, 2, 5);
INSERT INTO public.aggregates_20000 VALUES (20000, 219043332096, 3, 6);
INSERT INTO public.aggregates_20000 VALUES (20000, 219043332100, 2, 4);
INSERT INTO public.blocked VALUES ('\x8c66032eba022acb0ff79cb4ad32509a6d78be5f9f6ae157bf3245ea577b107d');
INSERT INTO public.blocked_networks VALUES ('\x0606060606060606060606060606060606060606060606060606060606060606', 24);
INSERT INTO public.changes OVERRIDING SYSTEM VALUE VALUES (12, 20000, -1, '\x080102040401050227010402');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (1, 'alert_rules');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (2, 'alert_templates');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (3, 'api_tokens');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (4, 'applications');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (5, 'bgppeer_state');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (6, 'bgppeer_status');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (7, 'bills');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (8, 'cef');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (9, 'mempool');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (10, 'dbschema');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (11, 'snmp_version');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (12, 'os');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (13, 'type');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (14, 'hardware');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (15, 'ipsec');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (16, 'ipv4_addresses');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (17, 'ipv4_macaddress');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (18, 'ipv4_networks');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (19, 'ipv6_addresses');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (20, 'ipv6_networks');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (21, 'xdp');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (22, 'ospf');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (23, 'ospf_links');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (24, 'ospfv3');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (25, 'ospfv3_links');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (26, 'arch');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (27, 'pollers');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (28, 'port_assoc');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (29, 'port_type');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (30, 'port_ifspeed');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (31, 'port_vlans');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (32, 'processes');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (33, 'processors');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (34, 'pseudowires');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (35, 'sensors');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (36, 'sla');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (37, 'wireless');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (38, 'storage');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (39, 'toner');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (40, 'vlans');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (41, 'vminfo');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (42, 'vmware');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (43, 'vrfs');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (44, 'database_version');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (45, 'php_version');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (46, 'python_version');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (47, 'rrdtool_version');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (48, 'netsnmp_version');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (49, 'os_version');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (50, 'librenms_release');
INSERT INTO public.groups OVERRIDING SYSTEM VALUE VALUES (51, 'info');
INSERT INTO public.hidden VALUES ('\x02020202020202020202020202020202');
INSERT INTO public.hidden_log OVERRIDING SYSTEM VALUE VALUES (1, '2024-10-04T00:00:01.000000Z', true, '\x01010101010101010101010101010101', 'operator', 'ünsafe ''quoted''');
INSERT INTO public.hidden_log OVERRIDING SYSTEM VALUE VALUES (2, '2024-10-04T00:00:02.000000Z', true, '\x02020202020202020202020202020202', 'operator', 'ünsafe ''quoted''');
INSERT INTO public.hidden_log OVERRIDING SYSTEM VALUE VALUES (3, '2024-10-04T00:00:03.000000Z', false, '\x01010101010101010101010101010101', 'operator', 'ünsafe ''quoted''');
INSERT INTO public.installs VALUES ('\x4d45d7ebb1ac8326e728ac608852f7e05e3e852440a57decd3689d886a51a688', 20000, NULL, false, 20000);
INSERT INTO public.installs VALUES ('\xc8f558e4748c024d8d5464af37344e3b4d0e1d96ff130a266e2ecd4b8133c449', 20000, '\x8ab9e6ed2bbab8b17ccfbda74d92430d87c16f09f5e808ec83dde9657f98dd9e', true, 19999);
INSERT INTO public.labels VALUES (219043332097, '\x8667bdef1d7880ffa27faf3185d88c4d', 'Ünïcode "linux" 1.0', 'linux', '.1.3.6.1.4.1.9', 20000);
INSERT INTO public.labels VALUES (51539607555, '\xcfaede4d7816d18ca688256de1d5fbe0', 'linux', NULL, NULL, 20000);
INSERT INTO public.labels VALUES (219043332100, '\x41a956eedde5745c8f9771b178be2d36', 'Ünïcode "ios" 1.0', 'ios', '.1.3.6.1.4.1.9', 20000);
INSERT INTO public.labels VALUES (51539607557, '\x6324baf63a73d3e3840a1e54086db9d7', 'ios', NULL, NULL, 20000);
INSERT INTO public.labels VALUES (34359738370, '\x965d31c25e2cadf64393ec2c28b71288', NULL, NULL, NULL, 20000);
INSERT INTO public.publication VALUES (true, 6, 1);
INSERT INTO public.reports_19997 VALUES ('\xc8f558e4748c024d8d5464af37344e3b4d0e1d96ff130a266e2ecd4b8133c449', 19997, 1, '\x0707070707070707070707070707070707070707070707070707070707070707', '\x0808080808080808080808080808080808080808080808080808080808080808', '\x080102040401030527010102');
INSERT INTO public.reports_19998 VALUES ('\xc8f558e4748c024d8d5464af37344e3b4d0e1d96ff130a266e2ecd4b8133c449', 19998, 2, '\x0707070707070707070707070707070707070707070707070707070707070707', '\x0808080808080808080808080808080808080808080808080808080808080808', '\x080102040401030527010102');
INSERT INTO public.reports_19998 VALUES ('\x4d45d7ebb1ac8326e728ac608852f7e05e3e852440a57decd3689d886a51a688', 19998, 5, '\x0707070707070707070707070707070707070707070707070707070707070707', NULL, '\x080102040401050227010402');
INSERT INTO public.reports_19999 VALUES ('\xc8f558e4748c024d8d5464af37344e3b4d0e1d96ff130a266e2ecd4b8133c449', 19999, 3, '\x0707070707070707070707070707070707070707070707070707070707070707', '\x0808080808080808080808080808080808080808080808080808080808080808', '\x080102040401030527010102');
INSERT INTO public.reports_19999 VALUES ('\x4d45d7ebb1ac8326e728ac608852f7e05e3e852440a57decd3689d886a51a688', 19999, 7, '\x0707070707070707070707070707070707070707070707070707070707070707', NULL, '\x080102040401050227010402');
INSERT INTO public.reports_20000 VALUES ('\xc8f558e4748c024d8d5464af37344e3b4d0e1d96ff130a266e2ecd4b8133c449', 20000, 4, '\x0707070707070707070707070707070707070707070707070707070707070707', '\x0808080808080808080808080808080808080808080808080808080808080808', '\x080102040401030527010102');
INSERT INTO public.reports_20000 VALUES ('\x4d45d7ebb1ac8326e728ac608852f7e05e3e852440a57decd3689d886a51a688', 20000, 11, '\x0707070707070707070707070707070707070707070707070707070707070707', NULL, '\x080102040401050327010402');
INSERT INTO public.snapshots VALUES ('', 19999, 'rules', '\x77686f6c65');
INSERT INTO public.snapshots VALUES ('os', 19999, 'rules', '\x00ff');
INSERT INTO public.state VALUES (true, '\x08019691ad9bc3fe87b82c2b13466e471fe8ecd5907819d537a836edc7b756a3', 19910, 20000, 1);
INSERT INTO public.tombstones VALUES ('\xcdc82d74699b25b5f329fa424f8aadd2cdc80b52297e7dd778387e80c3642377', 10, 20000);
SELECT pg_catalog.setval('public.changes_number_seq', 12, true);
SELECT pg_catalog.setval('public.groups_id_seq', 51, true);
SELECT pg_catalog.setval('public.hidden_log_id_seq', 3, true);
SELECT pg_catalog.setval('public.label_numbers', 7, true);
SELECT pg_catalog.setval('public.report_numbers', 11, true);
ALTER TABLE ONLY public._sqlx_migrations
    ADD CONSTRAINT _sqlx_migrations_pkey PRIMARY KEY (version);
ALTER TABLE ONLY public.aggregates
    ADD CONSTRAINT aggregates_pkey PRIMARY KEY (day, label);
ALTER TABLE ONLY public.aggregates_19997
    ADD CONSTRAINT aggregates_19997_pkey PRIMARY KEY (day, label);
ALTER TABLE ONLY public.aggregates_19998
    ADD CONSTRAINT aggregates_19998_pkey PRIMARY KEY (day, label);
ALTER TABLE ONLY public.aggregates_19999
    ADD CONSTRAINT aggregates_19999_pkey PRIMARY KEY (day, label);
ALTER TABLE ONLY public.aggregates_20000
    ADD CONSTRAINT aggregates_20000_pkey PRIMARY KEY (day, label);
ALTER TABLE ONLY public.blocked_networks
    ADD CONSTRAINT blocked_networks_pkey PRIMARY KEY (network);
ALTER TABLE ONLY public.blocked
    ADD CONSTRAINT blocked_pkey PRIMARY KEY (install);
ALTER TABLE ONLY public.changes
    ADD CONSTRAINT changes_pkey PRIMARY KEY (number);
ALTER TABLE ONLY public.groups
    ADD CONSTRAINT groups_name_key UNIQUE (name);
ALTER TABLE ONLY public.groups
    ADD CONSTRAINT groups_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hidden_log
    ADD CONSTRAINT hidden_log_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.hidden
    ADD CONSTRAINT hidden_pkey PRIMARY KEY (label);
ALTER TABLE ONLY public.installs
    ADD CONSTRAINT installs_pkey PRIMARY KEY (install);
ALTER TABLE ONLY public.labels
    ADD CONSTRAINT labels_digest_key UNIQUE (digest);
ALTER TABLE ONLY public.labels
    ADD CONSTRAINT labels_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.publication
    ADD CONSTRAINT publication_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY public.reports
    ADD CONSTRAINT reports_pkey PRIMARY KEY (install, day);
ALTER TABLE ONLY public.reports_19997
    ADD CONSTRAINT reports_19997_pkey PRIMARY KEY (install, day);
ALTER TABLE ONLY public.reports_19998
    ADD CONSTRAINT reports_19998_pkey PRIMARY KEY (install, day);
ALTER TABLE ONLY public.reports_19999
    ADD CONSTRAINT reports_19999_pkey PRIMARY KEY (install, day);
ALTER TABLE ONLY public.reports_20000
    ADD CONSTRAINT reports_20000_pkey PRIMARY KEY (install, day);
ALTER TABLE ONLY public.snapshots
    ADD CONSTRAINT snapshots_pkey PRIMARY KEY (part, day);
ALTER TABLE ONLY public.state
    ADD CONSTRAINT state_pkey PRIMARY KEY (only_row);
ALTER TABLE ONLY public.tombstones
    ADD CONSTRAINT tombstones_pkey PRIMARY KEY (tombstone);
CREATE INDEX installs_by_last_day ON public.installs USING btree (last_day);
CREATE INDEX labels_by_last_day ON public.labels USING btree (last_day);
CREATE INDEX snapshots_by_day ON public.snapshots USING btree (day);
ALTER INDEX public.aggregates_pkey ATTACH PARTITION public.aggregates_19997_pkey;
ALTER INDEX public.aggregates_pkey ATTACH PARTITION public.aggregates_19998_pkey;
ALTER INDEX public.aggregates_pkey ATTACH PARTITION public.aggregates_19999_pkey;
ALTER INDEX public.aggregates_pkey ATTACH PARTITION public.aggregates_20000_pkey;
ALTER INDEX public.reports_pkey ATTACH PARTITION public.reports_19997_pkey;
ALTER INDEX public.reports_pkey ATTACH PARTITION public.reports_19998_pkey;
ALTER INDEX public.reports_pkey ATTACH PARTITION public.reports_19999_pkey;
ALTER INDEX public.reports_pkey ATTACH PARTITION public.reports_20000_pkey;
