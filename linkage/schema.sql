-- The database of linked data sets.  Plain SQL: it runs on DuckDB, PostgreSQL and SQLite as it stands.
-- docs/linkage.md says what each table and view holds.

CREATE TABLE tables (
    table_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL,                 -- investment, firm, patent, grant or policy
    path TEXT NOT NULL,                 -- as the project file has it
    sha256 TEXT NOT NULL,               -- of the file's bytes; of several files, of their hashes in order
    rows BIGINT NOT NULL,
    settings TEXT NOT NULL,             -- JSON: all that decides how its rows are read
    tagged_with TEXT NOT NULL           -- versions of taxonomy, model and package; empty if nothing is tagged
);

CREATE TABLE records (
    record_id BIGINT PRIMARY KEY,       -- 1, 2, 3 ... by table and row
    table_id TEXT NOT NULL,
    row BIGINT NOT NULL,                -- 1-based, in its table
    source_id TEXT,
    kind TEXT NOT NULL,
    text TEXT,
    label TEXT,                         -- the source's own; several are joined with ' | '
    date DATE,                          -- NULL where the source names no day
    year INTEGER,
    amount DOUBLE PRECISION,            -- in units of `currency`
    currency TEXT,                      -- ISO 4217
    amount_common DOUBLE PRECISION,     -- in the project's currency; NULL where the project has none
    country TEXT,                       -- ISO 3166 alpha-2
    status TEXT NOT NULL                -- tagged, coarse, none or unreadable
);

CREATE TABLE assignments (
    record_id BIGINT NOT NULL,
    tag TEXT NOT NULL,
    rank INTEGER NOT NULL,              -- 1 is the primary tag
    score DOUBLE PRECISION,             -- calibrated probability that the tag, or one below it, applies; NULL if unknown
    basis TEXT NOT NULL                 -- text, label, both or review
);

CREATE TABLE tags (
    tag TEXT PRIMARY KEY,
    label_en TEXT NOT NULL,
    label_zh TEXT NOT NULL,
    level INTEGER NOT NULL,             -- 1 for a domain
    domain TEXT NOT NULL,
    parent TEXT                         -- NULL for a domain
);

CREATE TABLE tag_closure (
    tag TEXT NOT NULL,
    ancestor TEXT NOT NULL,
    distance INTEGER NOT NULL           -- 0 for the tag itself
);

CREATE TABLE collection_tags (
    collection TEXT NOT NULL,
    tag TEXT NOT NULL                   -- the collection's tags and all below them
);

CREATE TABLE mentions (
    mention_id BIGINT PRIMARY KEY,      -- 1, 2, 3 ... by record
    record_id BIGINT NOT NULL,
    role TEXT NOT NULL,                 -- subject, parent, investor, founder, executive, ...
    name TEXT,                          -- as written; NULL where only an id is given
    scheme TEXT,                        -- of given_id, such as uscc or lei
    given_id TEXT,
    country TEXT,
    person BOOLEAN NOT NULL
);

CREATE TABLE firms (
    firm_id BIGINT PRIMARY KEY,
    name TEXT,
    other_names TEXT,                   -- JSON list
    country TEXT
);

CREATE TABLE firm_ids (
    firm_id BIGINT NOT NULL,
    scheme TEXT NOT NULL,
    id TEXT NOT NULL
);

CREATE TABLE firm_mentions (
    mention_id BIGINT NOT NULL,
    firm_id BIGINT NOT NULL,
    how TEXT NOT NULL,                  -- id, name, splink, review or alone
    weight DOUBLE PRECISION,
    probability DOUBLE PRECISION
);

CREATE TABLE firm_relations (
    from_firm BIGINT NOT NULL,
    to_firm BIGINT NOT NULL,
    relation TEXT NOT NULL,             -- branch_of, subsidiary_of, ...
    source TEXT NOT NULL,               -- table and column, or 'name'
    weight DOUBLE PRECISION
);

CREATE TABLE firm_doubts (
    left_firm BIGINT NOT NULL,
    right_firm BIGINT NOT NULL,
    left_name TEXT,
    right_name TEXT,
    weight DOUBLE PRECISION,
    probability DOUBLE PRECISION,
    why TEXT
);

CREATE TABLE provenance (
    key TEXT PRIMARY KEY,
    value TEXT
);

-- Which firms a record is about or names, each role once.
CREATE VIEW record_firms AS
SELECT DISTINCT mentions.record_id, firm_mentions.firm_id, mentions.role
FROM mentions
JOIN firm_mentions ON firm_mentions.mention_id = mentions.mention_id;

-- Each tag of a record with itself and all above it; share is 1 / the number of the record's tags.
-- Fractional counts sum share; full counts take distinct records.
CREATE VIEW record_tags AS
SELECT assignments.record_id, assignments.tag, tag_closure.ancestor, assignments.score,
       CAST(1 AS DOUBLE PRECISION) / numbers.tags AS share
FROM assignments
JOIN (SELECT record_id, COUNT(*) AS tags FROM assignments GROUP BY record_id) AS numbers
  ON numbers.record_id = assignments.record_id
JOIN tag_closure ON tag_closure.tag = assignments.tag;
