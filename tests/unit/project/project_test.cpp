#include "ds/project/project.h"

#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>

#include "ds/base/process.h"
#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;

namespace {

/// As a person with the sqlite3 shell.
void meddle(const fs::path& index, const char* sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(index.c_str(), &handle) == SQLITE_OK);
  REQUIRE(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(handle);
}

}  // namespace

TEST_CASE("init makes a project once, in a new or empty folder") {
  TemporaryFolder temporary;
  auto folder = temporary.path() / "deep" / "down";
  Project::init(folder, {.description = "d"}, {"a", "b"});
  Project project(folder);
  REQUIRE(project.settings().name == "down");
  REQUIRE(project.settings().split_key.size() == 32);
  REQUIRE(project.classes().list().names() == std::vector<std::string>{"a", "b"});
  REQUIRE(message_of<UsageError>([&] { Project::init(folder, {}, {}); }) ==
          folder.string() + " holds a project already");
  auto full = temporary.path() / "full";
  write_file_atomically(full / "notes.txt", "mine");
  REQUIRE(message_of<UsageError>([&] { Project::init(full, {}, {}); }) ==
          full.string() + " is not empty: it holds notes.txt");
  REQUIRE(!fs::exists(full / "project.yaml"));
}

TEST_CASE("init goes on where a killed one stopped") {
  TemporaryFolder temporary;
  auto folder = temporary.path() / "p";
  Project::init(folder, {.name = "x"}, {"a"});
  fs::remove(folder / "project.yaml");  // it is written last
  Project::init(folder, {.name = "x"}, {"b"});
  REQUIRE(Project(folder).classes().list().names() == std::vector<std::string>{"b"});
}

TEST_CASE("a duplicate class name makes no project") {
  TemporaryFolder temporary;
  auto folder = temporary.path() / "p";
  REQUIRE(message_of<UsageError>([&] {
            Project::init(folder, {}, {"a", "a"});
          }) == "class 'a' is there already");
  REQUIRE(!fs::exists(folder / "project.yaml"));
  Project::init(folder, {}, {"a"});
}

TEST_CASE("the project is found by name, by DS_PROJECT, and from inside") {
  ProjectFixture fixture;
  TemporaryFolder elsewhere;
  auto before = fs::current_path();
  unsetenv("DS_PROJECT");
  REQUIRE(Project::find(fixture.folder()) == fixture.folder());
  REQUIRE(message_of<UsageError>([&] { Project::find(elsewhere.path()); }) ==
          elsewhere.path().string() + " is not a project: it has no project.yaml");
  fs::current_path(fixture.folder() / "media");
  REQUIRE(fs::equivalent(Project::find(), fixture.folder()));
  fs::current_path(elsewhere.path());
  auto here = fs::current_path().string();
  REQUIRE(message_of<UsageError>([&] { Project::find(); }) ==
          "there is no project: no --project, no DS_PROJECT, and no project.yaml in " + here +
              " or its parents");
  setenv("DS_PROJECT", fixture.folder().c_str(), 1);
  REQUIRE(Project::find() == fixture.folder());
  setenv("DS_PROJECT", elsewhere.path().c_str(), 1);
  REQUIRE(message_of<UsageError>([&] { Project::find(); }) ==
          "DS_PROJECT names " + elsewhere.path().string() +
              ", which is not a project: it has no project.yaml");
  unsetenv("DS_PROJECT");
  fs::current_path(before);
}

TEST_CASE("a newer or damaged index is refused with advice") {
  ProjectFixture fixture;
  auto index = fixture.folder() / "index.sqlite";
  auto open = [&] { fixture.open(); };
  meddle(index, "PRAGMA user_version = 3");
  REQUIRE(message_of<DataError>(open) ==
          index.string() + " has format 3; this version of ds reads format 2 and older");
  REQUIRE(advice_of<DataError>(open) == "update ds, or work with the ds that wrote it");
  meddle(index, "PRAGMA user_version = 0");
  REQUIRE(message_of<DataError>(open) ==
          index.string() + " has format 0; this version of ds reads format 2 and older");
  write_file_atomically(index,
                        "this is no index, but it is long enough to be taken for the header of one, as "
                        "a file of a hundred bytes and more is");
  fs::remove(fixture.folder() / "index.sqlite-wal");
  REQUIRE(message_of<DataError>(open) == index.string() + " is damaged: file is not a database");
  REQUIRE(advice_of<DataError>(open) ==
          "keep a copy of the project folder; then try `sqlite3 index.sqlite .recover`, or restore a backup");
  fs::remove(index);
  REQUIRE(message_of<DataError>(open) == "cannot open " + index.string() + ": No such file or directory");
}

TEST_CASE("pages of the index that are overwritten are an error, never wrong data") {
  ProjectFixture fixture;
  {
    auto project = fixture.open();
    std::vector<Image> images;
    for (int i = 0; i < 500; ++i) images.push_back(plain_image("image" + std::to_string(i)));
    project.images().add(images);
  }
  auto index = fixture.folder() / "index.sqlite";
  auto size = fs::file_size(index);
  std::fstream file(index, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(size - 4096, '\x5A');
  file.close();
  REQUIRE(message_of<DataError>([&] {
            fixture.open().images().list();
          }).starts_with(index.string() + " is damaged: "));
}

TEST_CASE("a transaction is all or nothing, and so is what is nested in it") {
  ProjectFixture fixture;
  auto project = fixture.open();
  REQUIRE(message_of<Error>([&] {
            project.transaction([&] {
              add_with_bytes(project, plain_image("a"));
              project.classes().add("fish");
              throw Error("stop");
            });
          }) == "stop");
  REQUIRE(project.images().count() == 0);
  REQUIRE(project.classes().list().size() == 3);
  project.transaction([&] {
    add_with_bytes(project, plain_image("a"));
    // The inner one is taken back alone.
    REQUIRE(message_of<UsageError>([&] { project.classes().add("cat"); }) == "class 'cat' is there already");
    REQUIRE(message_of<DataError>([&] {
              project.images().add({plain_image("b"), plain_image("c", {box_annotation(9, {})})});
            }).starts_with("an annotation of image 'c'"));
    REQUIRE(project.images().count() == 1);
  });
  REQUIRE(project.images().count() == 1);
  REQUIRE(problems_of(project) == "");
}

TEST_CASE("a writer that finds another one says who it is") {
  setenv("DS_FAKE_NOW", "2026-11-22T09:30:05Z", 1);
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = add_with_bytes(project, plain_image("a"));
  int ready[2], done[2];
  REQUIRE(pipe(ready) == 0);
  REQUIRE(pipe(done) == 0);
  auto child = fork();
  if (child == 0) {
    auto other = Project(fixture.folder(), {.user = "bob", .tool = "ds-import"});
    char byte = 0;
    other.transaction([&] {
      other.classes().add("fish");
      if (write(ready[1], "x", 1) != 1 || read(done[0], &byte, 1) != 1) _exit(1);
    });
    _exit(0);
  }
  char byte = 0;
  REQUIRE(read(ready[0], &byte, 1) == 1);
  REQUIRE(message_of<Busy>([&] { project.images().edit(id, {.assignee = "ann"}); }) ==
          "project " + fixture.folder().string() + " is locked by ds-import pid " + std::to_string(child) +
              " (bob on " + host_name() + ") since 2026-11-22T09:30:05.000Z");
  REQUIRE(advice_of<Busy>([&] { project.images().edit(id, {.assignee = "ann"}); }) ==
          "wait for it to finish, or wait longer with --lock-wait SECONDS");
  REQUIRE(project.images().list().size() == 1);  // reading goes on
  REQUIRE(project.classes().list().size() == 3);
  auto patient = fixture.open("ann", 60);
  REQUIRE(write(done[1], "x", 1) == 1);
  REQUIRE(patient.images().edit(id, {.assignee = "ann"}).assignee == "ann");
  REQUIRE(wait_for(child) == 0);
  REQUIRE(project.classes().list().size() == 4);
  unsetenv("DS_FAKE_NOW");
}

TEST_CASE("one open project may be used by several threads") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto ids =
      project.images().add({plain_image("0"), plain_image("1"), plain_image("2"), plain_image("3")}).ids;
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (auto id : ids)
    threads.emplace_back([&, id] {
      try {
        for (int i = 0; i < 25; ++i) {
          auto image = project.images().get(id);
          image.annotations.push_back(box_annotation(i % 3, {0, 0, 1, 1}));
          project.images().edit(id, {.expected_revision = image.revision, .annotations = image.annotations});
          if (project.images().list(Filter::parse("class=cat")).empty()) ++failures;
        }
      } catch (const std::exception&) {
        ++failures;
      }
    });
  for (auto& thread : threads) thread.join();
  REQUIRE(failures == 0);
  REQUIRE(project.images().counts().annotations == 100);
  REQUIRE(project.images().get(ids[0]).revision == 26);
}

TEST_CASE("two processes that write short changes do not see each other") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto ids = project.images().add({plain_image("0"), plain_image("1")}).ids;
  auto count_up = [](Project& mine, std::int64_t id) {
    for (int i = 0; i < 40; ++i) mine.images().edit(id, {.action = "assign", .assignee = std::to_string(i)});
  };
  auto child = fork();
  if (child == 0) {
    try {
      auto other = fixture.open("bob", 30);
      count_up(other, ids[1]);
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  auto mine = fixture.open("ann", 30);
  count_up(mine, ids[0]);
  REQUIRE(wait_for(child) == 0);
  REQUIRE(project.images().get(ids[0]).revision == 41);
  REQUIRE(project.images().get(ids[1]).revision == 41);
}

TEST_CASE("a named lock keeps others out and says who holds it") {
  ProjectFixture fixture;
  auto one = fixture.open(), two = fixture.open();
  {
    auto held = one.lock("import");
    REQUIRE(message_of<Busy>([&] {
              two.lock("import");
            }).starts_with("import of project " + fixture.folder().string() + " is locked by "));
    auto other = two.lock("retrain");
  }
  auto free = two.lock("import");
  REQUIRE(message_of<UsageError>([&] { one.lock("../x"); }) == "'../x' cannot be the name of a lock");
}

TEST_CASE("verify notices counts that drifted and annotations without their image") {
  ProjectFixture fixture;
  auto project = fixture.open();
  add_with_bytes(project, plain_image("a", {box_annotation(0, {0, 0, 1, 1})}));
  meddle(
      fixture.folder() / "index.sqlite",
      "UPDATE images SET objects = 5; UPDATE class_tallies SET annotations = 7;"
      "UPDATE images SET revision = 9; INSERT INTO annotations SELECT 77, 99, class_id, x0, y0, x1, y1, "
      "shape,"
      " crowd, difficult, ignore, truncated, occluded, score, area, track_id, group_id, z, source, model_id,"
      " proposal, attributes, file, place, original_id FROM annotations");
  REQUIRE(problems_of(project) ==
          "index.sqlite: a row of annotations points at no images\n"
          "image 'a' counts 5 objects and 0 proposals, but has 1 and 0\n"
          "the counts of class 'cat' are not those of its annotations\n"
          "image 'a' is at revision 9, its journal at 1\n");
}

TEST_CASE("garbage is what nothing points at, and only that") {
  ProjectFixture fixture;
  auto project = fixture.open();
  add_with_bytes(project, plain_image("kept"));
  project.snapshots().create({});
  project.models().add({.id = "m-1"}, [](const fs::path&) {});
  auto orphan = project.media().path_of(project.media().put("orphan", "jpg"));
  auto leftover = fixture.folder() / "models" / ".m-2.1-1.tmp";
  write_file_atomically(leftover / "weights", "1234");
  auto unknown = fixture.folder() / "snapshots" / "s-000000000000";
  write_file_atomically(unknown / "manifest.jsonl", "12");
  std::string report;
  auto note = [&](const std::string& line) { report += line + "\n"; };
  REQUIRE(project.collect_garbage(note).files == 0);  // too young: an import may be at work
  auto found = project.collect_garbage(note, -1, true);
  // 6 bytes "orphan" + 2 of the manifest + 4 of the weights
  REQUIRE(found.files == 3);
  REQUIRE(found.bytes == 12);
  REQUIRE(fs::exists(orphan));
  report.clear();
  project.collect_garbage(note, -1);
  REQUIRE(report == orphan.lexically_relative(fixture.folder()).string() +
                        ": no image has these bytes\n"
                        "snapshots/s-000000000000: the index does not know it\n"
                        "models/.m-2.1-1.tmp: left by an interrupted command\n");
  REQUIRE(!fs::exists(orphan));
  REQUIRE(!fs::exists(leftover));
  REQUIRE(!fs::exists(unknown));
  REQUIRE(project.collect_garbage(note, -1).files == 0);
  REQUIRE(problems_of(project) == "");
}
