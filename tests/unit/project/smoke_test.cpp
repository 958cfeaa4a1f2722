#include <sys/stat.h>

#include <cstdlib>
#include <iostream>

#include "ds/base/clock.h"
#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

TEST_CASE("a project's life in short") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = add_with_bytes(project, plain_image("a/1.jpg", {box_annotation(0, {1, 2, 30.5, 40})}));
  add_with_bytes(project, plain_image("a/2.jpg"));
  REQUIRE(problems_of(project) == "");
  auto image = project.images().get(id);
  REQUIRE(image.annotations.size() == 1);
  auto list = image.annotations;
  list.push_back(box_annotation(2, {5, 6, 7, 8}));
  auto edited = project.images().edit(id, {.expected_revision = 1, .annotations = list});
  REQUIRE(edited.revision == 2);
  auto snapshot = project.snapshots().create({.name = "first"});
  REQUIRE(snapshot.images == 2);
  REQUIRE(project.snapshots().create({}).id == snapshot.id);
  auto dataset = project.snapshots().load("first");
  REQUIRE(dataset.images.size() == 2);
  REQUIRE(dataset.images[0].annotations.size() == 2);
  project.images().undo(id);
  REQUIRE(problems_of(project) == "");
  auto model = project.models().add({.architecture = "yolox-nano"}, [](const std::filesystem::path& folder) {
    write_file_atomically(folder / "model.yaml", "x");
  });
  project.models().set_alias("champion", model.id);
  REQUIRE(project.models().get("champion").id == model.id);
}

TEST_CASE("bench", "[.bench]") {
  ProjectFixture fixture;
  auto project = fixture.open();
  for (int c = 0; c < 77; ++c) project.classes().add("c" + std::to_string(c));
  std::vector<Image> images;
  for (int i = 0; i < 100000; ++i) {
    auto image = plain_image("folder/img_" + std::to_string(i) + ".jpg");
    for (int k = 0; k < (i % 5 < 3 ? 9 : 8); ++k)
      image.annotations.push_back(box_annotation((i * 7 + k) % 80, {1.5 + k, 2.25, 100.125 + i % 100, 200}));
    image.split = i % 10 ? Split::train : Split::test;
    images.push_back(std::move(image));
  }
  auto timed = [](const char* what, auto work) {
    Stopwatch watch;
    work();
    std::cout << what << ": " << watch.seconds() << " s\n";
  };
  timed("add", [&] { project.images().add(images); });
  timed("counts", [&] { project.images().counts(); });
  timed("count class", [&] { project.images().count(Filter::parse("class=c3")); });
  timed("list class", [&] {
    std::cout << project.images().list(Filter::parse("status=done and class=c3 and split=test")).size()
              << " ";
  });
  timed("list class 2", [&] {
    std::cout << project.images().list(Filter::parse("class=c3 and not name~\"*7*\"")).size() << " ";
  });
  timed("list state limit", [&] {
    std::cout << project.images().list(Filter::parse("status=done"), WithAnnotations::no, 100).size() << " ";
  });
  timed("list none",
        [&] { std::cout << project.images().list(Filter::parse("status=review")).size() << " "; });
  timed("list all", [&] { project.images().list(); });
  timed("list all + annotations", [&] { project.images().list({}, WithAnnotations::yes); });
  timed("find ending", [&] { project.images().find("g_77777.jpg"); });
  SnapshotRecord record;
  timed("snapshot", [&] { record = project.snapshots().create({}); });
  timed("load", [&] { project.snapshots().load(record.id); });
  timed("load test", [&] { project.snapshots().load(record.id, Split::test); });
  timed("fingerprint", [&] { project.snapshots().fingerprint(record.id, Split::test); });
  std::cout << "index MB " << std::filesystem::file_size(fixture.folder() / "index.sqlite") / 1e6
            << " manifest MB " << std::filesystem::file_size(record.folder / "manifest.jsonl") / 1e6 << "\n";
}
