// Figures for people, not a test: scripts/bench/project.sh runs it. CPU seconds count, the
// machine may be shared.
#include <ctime>
#include <iostream>

#include "ds/base/clock.h"
#include "ds/project/snapshot_diff.h"
#include "ds/project/snapshot_restore.h"
#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

template <typename Work>
void timed(const char* what, Work work) {
  Stopwatch watch;
  auto begin = std::clock();
  work();
  auto cpu_s = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  std::cout << what << ": " << cpu_s << " CPU s, " << watch.seconds() << " s\n";
}

/// 100,000 images with 860,000 boxes of 80 classes, as COCO has.
std::vector<Image> coco_like() {
  std::vector<Image> images;
  for (int i = 0; i < 100'000; ++i) {
    auto image = plain_image("folder/img_" + std::to_string(i) + ".jpg");
    for (int k = 0; k < (i % 5 < 3 ? 9 : 8); ++k)
      image.annotations.push_back(box_annotation((i * 7 + k) % 80, {1.5 + k, 2.25, 100.125 + i % 100, 200}));
    image.split = i % 10 != 0 ? Split::train : Split::test;
    images.push_back(std::move(image));
  }
  return images;
}

}  // namespace

TEST_CASE("how fast a project of 100,000 images is", "[.bench]") {
  ProjectFixture fixture;
  auto project = fixture.open();
  for (int c = 3; c < 80; ++c) project.classes().add("c" + std::to_string(c));
  {
    auto images = coco_like();
    timed("add all", [&] { project.images().add(images); });
    timed("add all again", [&] { project.images().add(images); });
  }
  auto& store = project.images();
  timed("counts", [&] { store.counts(); });
  for (const char* filter : {"class=c3", "status=done and class=c3 and split=test", "status=review",
                             "split=test and objects>8", "name~\"*777*\"", "not class=c3 and width>600"}) {
    std::cout << "list " << filter << ": " << store.count(Filter::parse(filter)) << " images; ";
    timed("", [&] { store.list(Filter::parse(filter)); });
  }
  timed("list first 100 done", [&] { store.list(Filter::parse("status=done"), WithAnnotations::no, 100); });
  timed("list all", [&] { store.list(); });
  timed("list all with annotations", [&] { store.list({}, WithAnnotations::yes); });
  timed("find by ending", [&] { store.find("g_77777.jpg"); });
  SnapshotRecord record;
  timed("snapshot", [&] { record = project.snapshots().create({}); });
  auto& snapshots = project.snapshots();
  timed("load", [&] { project.snapshots().load(record.id); });
  timed("load test", [&] { project.snapshots().load(record.id, Split::test); });
  timed("fingerprint of test", [&] { project.snapshots().fingerprint(record.id, Split::test); });
  timed("diff to the present, nothing changed", [&] { REQUIRE(snapshots.diff(record.id, "now").empty()); });
  timed("merge two classes", [&] { project.classes().merge("c3", "c4"); });
  SnapshotRecord merged;
  timed("snapshot", [&] { merged = snapshots.create({}); });
  timed("diff of two snapshots, every image read", [&] {
    auto diff = snapshots.diff(record.id, merged.id);
    std::cout << diff.images.changed << " images changed, " << diff.objects.to_other << " objects; ";
  });
  timed("restore", [&] { snapshots.restore(record.id, {}); });
  timed("snapshot", [&] { REQUIRE(snapshots.create({}).id == record.id); });
  timed("verify", [&] { project.verify([](const std::string&) {}); });
  std::cout << "index "
            << static_cast<double>(std::filesystem::file_size(fixture.folder() / "index.sqlite")) / 1e6
            << " MB, manifest "
            << static_cast<double>(std::filesystem::file_size(record.folder / "manifest.jsonl")) / 1e6
            << " MB\n";
}
