#include "ds/importing/export_project.h"

#include "ds/base/error.h"
#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

TEST_CASE("import, export in every format, read back: the same objects") {
  ProjectFixture f;
  f.dataset("d", 5);
  f.add("d");
  for (const auto& format : formats_to_write()) {
    CAPTURE(format);
    auto report = export_project(
        f.project(), f.path("out-" + format),
        {.format = format, .prove = true, .writing = {.allow_loss = {"all"}, .with_images = true}});
    REQUIRE(report.proof);
    REQUIRE(report.images == 5);
    REQUIRE(report.written.image_files == 5);
  }
}

TEST_CASE("labels alone are proven too, beside the project's own pictures") {
  ProjectFixture f;
  f.dataset("d", 3);
  f.add("d");
  auto report = export_project(f.project(), f.path("out"), {.format = "yolo", .prove = true});
  REQUIRE(report.proof);
  REQUIRE(report.proof->objects == report.annotations);
  REQUIRE(report.written.image_files == 0);
  REQUIRE(export_project(f.project(), f.path("one.json"), {.format = "coco", .prove = true}).proof->images ==
          3);
}

TEST_CASE("proposals, rejected images and what the filter leaves out stay behind") {
  ProjectFixture f;
  f.dataset("d", 4);
  f.add("d");
  auto images = f.project().images().list({}, WithAnnotations::yes);
  f.project().images().edit(images[0].id, {.state = ImageState::rejected});
  auto with_proposal = images[1].annotations;
  with_proposal.push_back(
      {.class_idx = 0, .shape = Box{1, 1, 9, 9}, .source = Source::automatic, .proposal = true});
  f.project().images().edit(images[1].id, {.annotations = with_proposal});
  auto report = export_project(f.project(), f.path("out.json"), {.format = "coco"});
  REQUIRE(report.images == 3);
  REQUIRE(report.annotations ==
          images[1].annotations.size() + images[2].annotations.size() + images[3].annotations.size());
  REQUIRE(export_project(f.project(), f.path("one.json"),
                         {.format = "coco", .where = "name=train/scene_0002.jpg"})
              .images == 1);
  REQUIRE_THROWS_WITH(
      export_project(f.project(), f.path("none.json"), {.format = "coco", .where = "split=val"}),
      "there is no image to export");
}

TEST_CASE("a snapshot exports what it froze") {
  ProjectFixture f;
  f.dataset("d", 3);
  f.add("d");
  auto snapshot = f.project().snapshots().create({.name = "v1"});
  auto image = f.project().images().list()[0];
  f.project().images().edit(image.id, {.annotations = std::vector<Annotation>{}});
  auto frozen = export_project(f.project(), f.path("a.json"), {.format = "coco", .snapshot = "v1"});
  auto now = export_project(f.project(), f.path("b.json"), {.format = "coco"});
  REQUIRE(frozen.annotations == snapshot.annotations);
  REQUIRE(now.annotations < frozen.annotations);
  REQUIRE_THROWS_AS(export_project(f.project(), f.path("c.json"),
                                   {.format = "coco", .where = "split=train", .snapshot = "v1"}),
                    UsageError);
}
