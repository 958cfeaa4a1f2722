#include "database/schema.h"

namespace ds::detail {

// application_id is "dsp1": `file index.sqlite` tells it from other SQLite files.
const char* const kSchema = R"sql(
PRAGMA application_id = 1685287985;
PRAGMA user_version = 2;

CREATE TABLE sequences(
  name TEXT PRIMARY KEY,
  last INTEGER NOT NULL
) WITHOUT ROWID;

-- position NULL: gone; the row stays because the journal speaks of its id. merged_into: where it went.
CREATE TABLE classes(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name TEXT NOT NULL,
  color TEXT NOT NULL,
  supercategory TEXT NOT NULL DEFAULT '',
  position INTEGER,
  merged_into INTEGER REFERENCES classes(id),
  key_points TEXT,
  skeleton TEXT
);
CREATE UNIQUE INDEX classes_name ON classes(name) WHERE position IS NOT NULL;

CREATE TABLE images(
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  sort_key BLOB NOT NULL,
  sha256 TEXT NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  raw_width INTEGER NOT NULL,
  raw_height INTEGER NOT NULL,
  orientation INTEGER NOT NULL,
  grp TEXT NOT NULL DEFAULT '',
  origin TEXT NOT NULL DEFAULT '',
  time_s REAL,
  split TEXT NOT NULL CHECK(split IN ('none', 'train', 'val', 'test')),
  state TEXT NOT NULL CHECK(state IN ('unlabelled', 'queued', 'working', 'review', 'done', 'rejected')),
  assignee TEXT NOT NULL DEFAULT '',
  revision INTEGER NOT NULL,
  objects INTEGER NOT NULL,
  proposals INTEGER NOT NULL,
  attributes TEXT
);
CREATE INDEX images_order ON images(sort_key, name);
CREATE INDEX images_sha256 ON images(sha256);
CREATE INDEX images_group ON images(grp, split) WHERE grp <> '';
CREATE INDEX images_state ON images(state, split, assignee, objects, proposals);
CREATE INDEX images_unsplit ON images(id) WHERE split = 'none';

-- shape NULL: a plain box, which the four numbers are already.
CREATE TABLE annotations(
  image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
  id INTEGER NOT NULL,
  class_id INTEGER NOT NULL REFERENCES classes(id),
  x0 REAL NOT NULL,
  y0 REAL NOT NULL,
  x1 REAL NOT NULL,
  y1 REAL NOT NULL,
  shape TEXT,
  crowd INTEGER NOT NULL,
  difficult INTEGER NOT NULL,
  ignore INTEGER NOT NULL,
  truncated REAL,
  occluded REAL,
  score REAL,
  area REAL,
  track_id INTEGER,
  group_id INTEGER,
  z INTEGER NOT NULL,
  source TEXT NOT NULL CHECK(source IN ('manual', 'automatic', 'import', 'capture')),
  model_id TEXT NOT NULL,
  proposal INTEGER NOT NULL,
  attributes TEXT,
  file TEXT NOT NULL,
  place TEXT NOT NULL,
  original_id TEXT NOT NULL,
  PRIMARY KEY(image_id, id)
) WITHOUT ROWID;
CREATE INDEX annotations_class ON annotations(class_id, image_id, proposal);

-- What is said about an image as a whole: the class is on it (present 1), or was looked for and is not (0).
CREATE TABLE image_tags(
  image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
  class_id INTEGER NOT NULL REFERENCES classes(id),
  present INTEGER NOT NULL,
  PRIMARY KEY(image_id, class_id)
) WITHOUT ROWID;
CREATE INDEX image_tags_class ON image_tags(class_id, present, image_id);

-- Counts per class, kept with every change: 860,000 annotations are too many to count for a dashboard.
CREATE TABLE class_tallies(
  class_id INTEGER PRIMARY KEY REFERENCES classes(id),
  annotations INTEGER NOT NULL,
  images INTEGER NOT NULL,
  proposals INTEGER NOT NULL
);

CREATE TABLE journal(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time TEXT NOT NULL,
  user TEXT NOT NULL,
  tool TEXT NOT NULL,
  action TEXT NOT NULL,
  image_id INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  before TEXT NOT NULL,
  after TEXT NOT NULL,
  comment TEXT NOT NULL,
  undoes INTEGER REFERENCES journal(id)
);
CREATE INDEX journal_image ON journal(image_id, id);
CREATE INDEX journal_undoes ON journal(undoes) WHERE undoes IS NOT NULL;

CREATE TABLE media_references(
  sha256 TEXT PRIMARY KEY,
  path TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE snapshots(
  id TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  name TEXT NOT NULL,
  created_at TEXT NOT NULL,
  created_by TEXT NOT NULL,
  filter TEXT NOT NULL,
  images INTEGER NOT NULL,
  annotations INTEGER NOT NULL,
  classes INTEGER NOT NULL,
  train INTEGER NOT NULL,
  val INTEGER NOT NULL,
  test INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE runs(
  id TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  grp TEXT NOT NULL,
  architecture TEXT NOT NULL,
  snapshot_id TEXT NOT NULL,
  model_id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  finished_at TEXT NOT NULL,
  state TEXT NOT NULL CHECK(state IN ('queued', 'running', 'done', 'failed', 'stopped')),
  message TEXT NOT NULL,
  metrics TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE models(
  id TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  name TEXT NOT NULL UNIQUE,
  architecture TEXT NOT NULL,
  run_id TEXT NOT NULL,
  snapshot_id TEXT NOT NULL,
  parent_id TEXT NOT NULL,
  created_at TEXT NOT NULL,
  metrics TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE aliases(
  alias TEXT PRIMARY KEY,
  model_id TEXT NOT NULL REFERENCES models(id)
) WITHOUT ROWID;

CREATE TABLE alias_history(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time TEXT NOT NULL,
  user TEXT NOT NULL,
  alias TEXT NOT NULL,
  from_model TEXT NOT NULL,
  to_model TEXT NOT NULL
);
CREATE INDEX alias_history_alias ON alias_history(alias, id);

CREATE TABLE evaluations(
  id TEXT PRIMARY KEY,
  sequence INTEGER NOT NULL,
  model_id TEXT NOT NULL,
  snapshot_id TEXT NOT NULL,
  split TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  settings TEXT NOT NULL,
  created_at TEXT NOT NULL,
  metrics TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX evaluations_model ON evaluations(model_id);

CREATE TABLE deployments(
  name TEXT PRIMARY KEY,
  model_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  state TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  admin_port INTEGER NOT NULL,
  pid INTEGER NOT NULL,
  options TEXT NOT NULL,
  created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE captures(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  sha256 TEXT NOT NULL,
  deployment TEXT NOT NULL,
  model_id TEXT NOT NULL,
  generation INTEGER NOT NULL,
  lane TEXT NOT NULL,
  probability REAL NOT NULL,
  reason TEXT NOT NULL,
  holdout INTEGER NOT NULL,
  captured_at TEXT NOT NULL,
  detections TEXT NOT NULL,
  image_id INTEGER NOT NULL,
  UNIQUE(sha256, deployment)
);
CREATE INDEX captures_deployment ON captures(deployment, captured_at);
)sql";

const char* const kUpgradeFrom1 = R"sql(
ALTER TABLE classes ADD COLUMN key_points TEXT;
ALTER TABLE classes ADD COLUMN skeleton TEXT;
ALTER TABLE images ADD COLUMN attributes TEXT;
CREATE TABLE image_tags(
  image_id INTEGER NOT NULL REFERENCES images(id) ON DELETE CASCADE,
  class_id INTEGER NOT NULL REFERENCES classes(id),
  present INTEGER NOT NULL,
  PRIMARY KEY(image_id, class_id)
) WITHOUT ROWID;
CREATE INDEX image_tags_class ON image_tags(class_id, present, image_id);
PRAGMA user_version = 2;
)sql";

}  // namespace ds::detail
