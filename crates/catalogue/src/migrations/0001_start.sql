-- {ID} is a key that numbers itself, {BYTES} and {TEXT} are types. Times are Unix seconds.

CREATE TABLE site (
    name {TEXT} NOT NULL PRIMARY KEY,
    value {BYTES} NOT NULL
);

CREATE TABLE users (
    id {ID},
    name {TEXT} NOT NULL UNIQUE,
    password_hash {TEXT},
    groups_json {TEXT} NOT NULL,
    registration BIGINT NOT NULL,
    edit_count BIGINT NOT NULL
);

CREATE TABLE bot_passwords (
    user_id BIGINT NOT NULL REFERENCES users (id),
    app_id {TEXT} NOT NULL,
    password_hash {TEXT} NOT NULL,
    grants_json {TEXT} NOT NULL,
    created BIGINT NOT NULL,
    PRIMARY KEY (user_id, app_id)
);

CREATE TABLE login_failures (
    name {TEXT} NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL,
    failures BIGINT NOT NULL
);

-- Users and addresses that may not change anything. A target is a user's name, an address or a network; addresses
-- are also kept in a form whose order is theirs. Without expires a block stays.
CREATE TABLE blocks (
    id {ID},
    target {TEXT} NOT NULL,
    user_id BIGINT NOT NULL,
    first_address {TEXT},
    last_address {TEXT},
    by_id BIGINT NOT NULL,
    by_name {TEXT} NOT NULL,
    reason {TEXT} NOT NULL,
    made BIGINT NOT NULL,
    expires BIGINT,
    automatic BIGINT NOT NULL,
    parent BIGINT,
    scope_json {TEXT} NOT NULL,
    UNIQUE (target, automatic)
);
CREATE INDEX blocks_user ON blocks (user_id);
CREATE INDEX blocks_address ON blocks (first_address);
CREATE INDEX blocks_parent ON blocks (parent);
CREATE INDEX blocks_expires ON blocks (expires);

-- What was done how often in a window that is under way.
CREATE TABLE throttles (
    name {TEXT} NOT NULL PRIMARY KEY,
    ends BIGINT NOT NULL,
    hits BIGINT NOT NULL
);
CREATE INDEX throttles_ends ON throttles (ends);

-- The cookie itself is nowhere: id_hash is its SHA-256.
CREATE TABLE sessions (
    id_hash {BYTES} NOT NULL PRIMARY KEY,
    user_id BIGINT REFERENCES users (id),
    secret {BYTES} NOT NULL,
    app_id {TEXT},
    created BIGINT NOT NULL,
    last_seen BIGINT NOT NULL
);
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX sessions_seen ON sessions (last_seen);

-- A page of the wiki; files have theirs in namespace 6. The redirect is where its text sends readers.
CREATE TABLE pages (
    id {ID},
    ns BIGINT NOT NULL,
    dbkey {TEXT} NOT NULL,
    latest_revision BIGINT NOT NULL,
    length BIGINT NOT NULL,
    touched BIGINT NOT NULL,
    is_new BIGINT NOT NULL,
    redirect_ns BIGINT,
    redirect_dbkey {TEXT},
    redirect_fragment {TEXT},
    UNIQUE (ns, dbkey)
);

CREATE TABLE revisions (
    id {ID},
    page_id BIGINT NOT NULL REFERENCES pages (id),
    parent_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    user_name {TEXT} NOT NULL,
    made BIGINT NOT NULL,
    comment {TEXT} NOT NULL,
    content {TEXT} NOT NULL,
    minor BIGINT NOT NULL
);
CREATE INDEX revisions_page ON revisions (page_id, made, id);

-- What may be done to pages by some users only: kind is edit, move or upload.
CREATE TABLE page_restrictions (
    page_id BIGINT NOT NULL REFERENCES pages (id),
    kind {TEXT} NOT NULL,
    level {TEXT} NOT NULL,
    expires BIGINT,
    PRIMARY KEY (page_id, kind)
);
CREATE INDEX page_restrictions_expires ON page_restrictions (expires);

-- Titles without pages that only some users may give one.
CREATE TABLE protected_titles (
    ns BIGINT NOT NULL,
    dbkey {TEXT} NOT NULL,
    level {TEXT} NOT NULL,
    expires BIGINT,
    user_name {TEXT} NOT NULL,
    reason {TEXT} NOT NULL,
    PRIMARY KEY (ns, dbkey)
);
CREATE INDEX protected_titles_expires ON protected_titles (expires);

-- What users watch. A page and its talk page are there together.
CREATE TABLE watchlist (
    user_id BIGINT NOT NULL,
    ns BIGINT NOT NULL,
    dbkey {TEXT} NOT NULL,
    -- From when on it counts no more.
    expires BIGINT,
    PRIMARY KEY (user_id, ns, dbkey)
);
CREATE INDEX watchlist_title ON watchlist (ns, dbkey);
CREATE INDEX watchlist_expires ON watchlist (expires);

-- Revisions of deleted pages, with the numbers that they had.
CREATE TABLE deleted_revisions (
    id BIGINT NOT NULL PRIMARY KEY,
    page_id BIGINT NOT NULL,
    ns BIGINT NOT NULL,
    dbkey {TEXT} NOT NULL,
    parent_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    user_name {TEXT} NOT NULL,
    made BIGINT NOT NULL,
    comment {TEXT} NOT NULL,
    content {TEXT} NOT NULL,
    minor BIGINT NOT NULL
);
CREATE INDEX deleted_revisions_title ON deleted_revisions (ns, dbkey, made, id);

-- Versions of files. archive_name is null for the current one.
CREATE TABLE versions (
    id {ID},
    name {TEXT} NOT NULL,
    archive_name {TEXT},
    blob_key {TEXT} NOT NULL,
    size BIGINT NOT NULL,
    sha1 {BYTES} NOT NULL,
    sha256 {BYTES} NOT NULL,
    mime {TEXT} NOT NULL,
    info_json {TEXT} NOT NULL,
    uploaded BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    user_name {TEXT} NOT NULL,
    comment {TEXT} NOT NULL
);
CREATE UNIQUE INDEX versions_current ON versions (name) WHERE archive_name IS NULL;
CREATE UNIQUE INDEX versions_archive ON versions (archive_name) WHERE archive_name IS NOT NULL;
CREATE INDEX versions_name ON versions (name, uploaded, id);
CREATE INDEX versions_time ON versions (uploaded, name) WHERE archive_name IS NULL;
CREATE INDEX versions_user ON versions (user_name, uploaded, name) WHERE archive_name IS NULL;
CREATE INDEX versions_sha1 ON versions (sha1);
CREATE INDEX versions_content ON versions (sha256, size);
CREATE INDEX versions_blob ON versions (blob_key, id);

-- Blobs that no row named when they were condemned. None may come to name them: they are being removed.
CREATE TABLE condemned_blobs (
    condemned_key {TEXT} NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL
);
CREATE INDEX condemned_blobs_since ON condemned_blobs (since);

-- Versions that were deleted, with what they were. Their bytes are kept, and served to nobody.
CREATE TABLE deleted_versions (
    id {ID},
    version_id BIGINT NOT NULL,
    name {TEXT} NOT NULL,
    archive_name {TEXT},
    blob_key {TEXT} NOT NULL,
    size BIGINT NOT NULL,
    sha1 {BYTES} NOT NULL,
    sha256 {BYTES} NOT NULL,
    mime {TEXT} NOT NULL,
    info_json {TEXT} NOT NULL,
    uploaded BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    user_name {TEXT} NOT NULL,
    comment {TEXT} NOT NULL,
    deleted BIGINT NOT NULL
);
CREATE INDEX deleted_versions_name ON deleted_versions (name, uploaded, id);
CREATE INDEX deleted_versions_sha1 ON deleted_versions (sha1);
CREATE INDEX deleted_versions_content ON deleted_versions (sha256, size);
CREATE INDEX deleted_versions_blob ON deleted_versions (blob_key);

CREATE TABLE logs (
    id {ID},
    log_type {TEXT} NOT NULL,
    log_action {TEXT} NOT NULL,
    made BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    user_name {TEXT} NOT NULL,
    ns BIGINT NOT NULL,
    dbkey {TEXT} NOT NULL,
    page_id BIGINT NOT NULL,
    comment {TEXT} NOT NULL,
    params_json {TEXT} NOT NULL
);
CREATE INDEX logs_time ON logs (made, id);
CREATE INDEX logs_title ON logs (ns, dbkey, made, id);
CREATE INDEX logs_type ON logs (log_type, made, id);
CREATE INDEX logs_user ON logs (user_name, made, id);

-- What changed lately, a row for each edit and each entry of the log. log_id is null for edits.
CREATE TABLE changes (
    id {ID},
    kind {TEXT} NOT NULL,
    made BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    user_name {TEXT} NOT NULL,
    ns BIGINT NOT NULL,
    dbkey {TEXT} NOT NULL,
    page_id BIGINT NOT NULL,
    comment {TEXT} NOT NULL,
    revision_id BIGINT NOT NULL,
    old_revision_id BIGINT NOT NULL,
    old_length BIGINT NOT NULL,
    new_length BIGINT NOT NULL,
    minor BIGINT NOT NULL,
    bot BIGINT NOT NULL,
    log_id BIGINT
);
CREATE INDEX changes_time ON changes (made, id);
CREATE INDEX changes_title ON changes (ns, dbkey, made, id);
CREATE INDEX changes_user ON changes (user_name, made, id);

-- Words that changes are marked with. One that isn't active can't be given any more.
CREATE TABLE tags (
    name {TEXT} NOT NULL PRIMARY KEY,
    active BIGINT NOT NULL
);

-- Changes with their tags: what of revision, entry of the log and row of changes belongs to one change.
CREATE TABLE taggings (
    id {ID},
    tag {TEXT} NOT NULL REFERENCES tags (name) ON DELETE CASCADE,
    revision_id BIGINT,
    log_id BIGINT,
    change_id BIGINT
);
CREATE INDEX taggings_tag ON taggings (tag);
CREATE INDEX taggings_revision ON taggings (revision_id, tag) WHERE revision_id IS NOT NULL;
CREATE INDEX taggings_log ON taggings (log_id, tag) WHERE log_id IS NOT NULL;
CREATE INDEX taggings_change ON taggings (change_id, tag) WHERE change_id IS NOT NULL;

-- Servers that use this catalogue together, and when each was last seen alive.
CREATE TABLE nodes (
    id {TEXT} NOT NULL PRIMARY KEY,
    seen BIGINT NOT NULL
);

-- Files that are their owner's alone, whole or still arriving in chunks.
CREATE TABLE stash (
    id {ID},
    filekey {TEXT} NOT NULL UNIQUE,
    user_id BIGINT NOT NULL REFERENCES users (id),
    status {TEXT} NOT NULL,
    created BIGINT NOT NULL,
    touched BIGINT NOT NULL,
    blob_key {TEXT} NOT NULL,
    partial {TEXT},
    filename {TEXT} NOT NULL,
    received BIGINT NOT NULL,
    chunk_start BIGINT NOT NULL,
    filesize BIGINT NOT NULL,
    hash_state {BYTES},
    size BIGINT,
    sha1 {BYTES},
    sha256 {BYTES},
    info_json {TEXT},
    attempt BIGINT NOT NULL,
    lease_until BIGINT,
    -- The server whose claim it is, where there may be several.
    holder {TEXT},
    successor {TEXT},
    published_version BIGINT
);
CREATE INDEX stash_user ON stash (user_id, id);
CREATE INDEX stash_touched ON stash (touched);
CREATE INDEX stash_blob ON stash (blob_key);

-- Chunks that arrived before those that come before them. Each has its bytes in a partial blob of its own.
CREATE TABLE stash_parts (
    filekey {TEXT} NOT NULL REFERENCES stash (filekey) ON DELETE CASCADE,
    start BIGINT NOT NULL,
    size BIGINT NOT NULL,
    blob_key {TEXT} NOT NULL,
    partial {TEXT} NOT NULL,
    PRIMARY KEY (filekey, start)
);
CREATE INDEX stash_parts_blob ON stash_parts (blob_key);

-- Work that is done after its answer. finished and outcome are null until it is over.
CREATE TABLE jobs (
    id {ID},
    kind {TEXT} NOT NULL,
    unique_key {TEXT} NOT NULL UNIQUE,
    user_id BIGINT NOT NULL,
    payload {TEXT} NOT NULL,
    created BIGINT NOT NULL,
    run_after BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    progress BIGINT NOT NULL,
    lease_owner {TEXT},
    lease_until BIGINT,
    last_error {TEXT},
    stages_json {TEXT} NOT NULL,
    finished BIGINT,
    outcome {TEXT}
);
CREATE INDEX jobs_due ON jobs (run_after, id) WHERE finished IS NULL;
CREATE INDEX jobs_finished ON jobs (finished) WHERE finished IS NOT NULL;
