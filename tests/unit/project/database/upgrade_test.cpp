#include <sqlite3.h>

#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;

namespace {

/// Every table and index as ds wrote them in format 1.
const char* const kSchemaOfFormat1 = R"sql(
PRAGMA application_id = 1685287985;
PRAGMA user_version = 1;

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
  merged_into INTEGER REFERENCES classes(id)
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
  proposals INTEGER NOT NULL
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

/// One cat on one image, as ds wrote it in format 1.
const char* const kRowsOfFormat1 = R"sql(
INSERT INTO sequences VALUES('annotations', 7), ('images', 4);
INSERT INTO classes(id, name, color, position) VALUES(1, 'cat', '#ff0000', 0), (2, 'dog', '#00ff00', 1);
INSERT INTO images VALUES(4, 'a.jpg', x'612e6a7067', '', 640, 480, 640, 480, 1, '', '', NULL, 'train', 'done', '',
  1, 1, 0);
INSERT INTO annotations VALUES(4, 7, 1, 0, 0, 10, 20, NULL, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, 0,
  'manual', '', 0, NULL, '', '', '');
INSERT INTO class_tallies VALUES(1, 1, 1, 0);
INSERT INTO journal VALUES(1, '2026-11-22T09:30:05.123Z', 'ann', 'test', 'add-image', 4, 1, '{}',
  '{"annotation_ids":[7,7],"name":"a.jpg","sha256":"","split":"train","state":"done"}', '', NULL);
)sql";

class Connection {
 public:
  explicit Connection(const fs::path& file) { REQUIRE(sqlite3_open(file.c_str(), &handle_) == SQLITE_OK); }
  ~Connection() { sqlite3_close(handle_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  void execute(const std::string& sql) {
    REQUIRE(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  }
  /// Every value of the result, joined.
  std::string query(const std::string& sql) {
    std::string all;
    auto add = [](void* to, int columns, char** values, char**) {
      for (int i = 0; i < columns; ++i)
        *static_cast<std::string*>(to) += std::string(values[i] == nullptr ? "NULL" : values[i]) + " ";
      return 0;
    };
    REQUIRE(sqlite3_exec(handle_, sql.c_str(), add, &all, nullptr) == SQLITE_OK);
    return all;
  }

 private:
  sqlite3* handle_ = nullptr;
};

/// A project whose index is of format 1.
struct OldProject {
  ProjectFixture fixture;
  fs::path index = fixture.folder() / "index.sqlite";

  OldProject() {
    for (const char* name : {"index.sqlite", "index.sqlite-wal", "index.sqlite-shm"})
      fs::remove(fixture.folder() / name);
    Connection(index).execute(std::string("PRAGMA journal_mode = WAL;") + kSchemaOfFormat1 + kRowsOfFormat1);
  }
};

std::string columns_of(const fs::path& index) {
  Connection connection(index);
  std::string all;
  for (const char* table : {"sequences", "classes", "images", "annotations", "image_tags", "class_tallies",
                            "journal", "media_references", "snapshots", "runs", "models", "aliases",
                            "alias_history", "evaluations", "deployments", "captures"})
    all +=
        std::string(table) + ": " + connection.query("PRAGMA table_info(" + std::string(table) + ")") + "\n";
  return all + connection.query("SELECT name FROM sqlite_master ORDER BY name");
}

}  // namespace

TEST_CASE("an index of format 1 is upgraded when it is opened, and loses nothing") {
  OldProject old;
  auto project = old.fixture.open();
  auto image = project.images().find("a.jpg");
  REQUIRE(image.id == 4);
  REQUIRE(image.annotations == std::vector<Annotation>{[] {
            auto cat = box_annotation(0, {0, 0, 10, 20});
            cat.id = 7;
            return cat;
          }()});
  REQUIRE(image.tags.empty());
  REQUIRE(image.attributes.empty());
  REQUIRE(project.classes().list().names() == std::vector<std::string>{"cat", "dog"});
  project.images().edit(4, {.tags = std::vector<ImageTag>{{1, false}},
                            .attributes = std::map<std::string, std::string>{{"weather", "rain"}}});
  project.classes().set_key_points("cat", {"nose", "tail"}, {{0, 1}});
  REQUIRE(project.images().get(4).tags == std::vector<ImageTag>{{1, false}});
  REQUIRE(project.images().add({plain_image("b.jpg", {box_annotation(1, {0, 0, 1, 1})})}).ids ==
          std::vector<std::int64_t>{5});
  project.images().remove({5});
  Connection connection(old.index);
  REQUIRE(connection.query("PRAGMA user_version") == "2 ");
  REQUIRE(connection.query("PRAGMA foreign_key_check").empty());
  REQUIRE(connection.query("PRAGMA integrity_check") == "ok ");
}

TEST_CASE("an upgraded index has the tables, columns and indexes of a new one") {
  OldProject old;
  { auto project = old.fixture.open(); }
  ProjectFixture fresh;
  REQUIRE(columns_of(old.index) == columns_of(fresh.folder() / "index.sqlite"));
}

TEST_CASE("an upgrade that fails leaves the index as it was") {
  OldProject old;
  Connection(old.index).execute("CREATE TABLE image_tags(mine)");
  auto before = columns_of(old.index);
  REQUIRE(message_of<Error>([&] { old.fixture.open(); }) ==
          "cannot write " + old.index.string() + ": table image_tags already exists");
  REQUIRE(columns_of(old.index) == before);
  REQUIRE(Connection(old.index).query("PRAGMA user_version") == "1 ");
}

TEST_CASE("while somebody writes, the upgrade waits and then says who is in the way") {
  OldProject old;
  Connection writer(old.index);
  writer.execute("BEGIN IMMEDIATE");
  REQUIRE(message_of<Busy>([&] { old.fixture.open(); }) ==
          "project " + old.fixture.folder().string() + " is locked by another process");
  writer.execute("ROLLBACK");
  REQUIRE(old.fixture.open().images().count() == 1);
}
