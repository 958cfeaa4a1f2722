#include "ds/retrain/collect.h"

#include <filesystem>
#include <opencv2/core.hpp>

#include "ds/media/image_io.h"
#include "ds/retrain/forget.h"
#include "ds/retrain/project_stages.h"
#include "project_fixture.h"

#include <catch2/catch.hpp>

using ds::ImageState;
using ds::Split;

TEST_CASE("A capture becomes an image under review with the model's detections as proposals") {
  ProjectFixture fixture;
  auto sha256 = fixture.capture(0, false, "", R"({"class":"disc","score":0.8,"box":[10,10,40,40]},
      {"class":"disc","score":0.1,"box":[1,1,9,9]},{"class":"zeppelin","score":0.9,"box":[1,1,9,9]})");
  auto report = fixture.collect();
  REQUIRE(report.captures == 1);
  REQUIRE(report.new_images == 1);
  auto image = fixture.image(sha256);
  REQUIRE(image.name == "captures/cells/20261122-100000-" + sha256.substr(0, 12) + ".jpg");
  REQUIRE(image.state == ImageState::review);
  REQUIRE((image.split == Split::train || image.split == Split::val));
  REQUIRE(image.origin == "capture:cells");
  REQUIRE(image.group == "capture/cells/" + sha256);
  REQUIRE(image.width == 160);
  // Of three detections one is below the score and one of a class the project does not have.
  REQUIRE(image.annotations.size() == 1);
  REQUIRE(image.annotations[0].proposal);
  REQUIRE(image.annotations[0].model_id == "m-1");
  REQUIRE(*image.annotations[0].score == 0.8);
  REQUIRE(image.annotations[0].box() == ds::Box{10, 10, 40, 40});
}

TEST_CASE("Collecting twice adds nothing twice") {
  ProjectFixture fixture;
  fixture.capture(0);
  fixture.capture(1);
  REQUIRE(ds::uncollected_captures(fixture.project(), "cells") == 2);
  REQUIRE(fixture.collect().new_images == 2);
  REQUIRE(ds::uncollected_captures(fixture.project(), "cells") == 0);
  auto again = fixture.collect();
  REQUIRE(again.captures == 0);
  REQUIRE(fixture.project().images().count() == 2);
}

TEST_CASE("A crash between adding the image and recording it is healed by the next run") {
  ProjectFixture fixture;
  auto sha256 = fixture.capture(0);
  fixture.collect();
  // As if the process had died before the last write: the record knows no image yet.
  fixture.project().captures().set_image(sha256, "cells", 0);
  auto report = fixture.collect();
  REQUIRE(report.new_images == 0);
  REQUIRE(fixture.project().images().count() == 1);
  REQUIRE(fixture.project().captures().list("cells").at(0).image_id == fixture.image(sha256).id);
}

TEST_CASE("Holdout captures come blind, in split test") {
  ProjectFixture fixture;
  auto sha256 = fixture.capture(0, true);
  auto report = fixture.collect();
  REQUIRE(report.holdout == 1);
  auto image = fixture.image(sha256);
  REQUIRE(image.split == Split::test);
  REQUIRE(image.state == ImageState::unlabelled);
  REQUIRE(image.annotations.empty());
  REQUIRE(image.origin == "capture:cells:holdout");
}

TEST_CASE("Bytes that the project has already are recorded, not added") {
  ProjectFixture fixture;
  auto id = fixture.add_labelled(0, Split::train);
  auto sha256 = fixture.capture(0);
  auto report = fixture.collect();
  REQUIRE(report.duplicates == 1);
  REQUIRE(report.new_images == 0);
  REQUIRE(fixture.project().images().count() == 1);
  REQUIRE(fixture.project().captures().list("cells").at(0).image_id == id);
  REQUIRE(fixture.image(sha256).split == Split::train);
}

TEST_CASE("A near-duplicate of a test image stays out of training") {
  ProjectFixture fixture;
  fixture.add_labelled(0, Split::test);
  auto recompressed = ds::encode_jpeg(ds::decode_image(fixture.bytes(0), "scene"), 60);
  auto sha256 = fixture.capture_bytes(recompressed, false, "", "");
  auto other = fixture.capture(1);
  auto report = fixture.collect();
  REQUIRE(report.near_test == 1);
  REQUIRE(fixture.image(sha256).split == Split::test);
  REQUIRE(fixture.image(sha256).origin == "capture:cells:near-test");
  REQUIRE(fixture.image(other).origin == "capture:cells");
}

TEST_CASE("A group never straddles: what came first decides") {
  ProjectFixture fixture;
  auto train = fixture.capture(0, false, "cam1");
  fixture.collect();
  // The policy's holdout share was raised meanwhile; the group is in training already.
  auto late = fixture.capture(1, true, "cam1");
  auto report = fixture.collect();
  REQUIRE(report.holdout == 0);
  REQUIRE(fixture.image(late).split == fixture.image(train).split);
  REQUIRE(fixture.image(late).group == "capture/cells/cam1");
  REQUIRE(fixture.image(late).origin == "capture:cells");
}

TEST_CASE("What cannot be read is set aside once, with the rest going on") {
  ProjectFixture fixture;
  auto cut = fixture.bytes(0).substr(0, 500);
  auto broken = fixture.capture_bytes(cut, false, "", "");
  fixture.capture(1);
  auto report = fixture.collect();
  REQUIRE(report.broken == 1);
  REQUIRE(report.new_images == 1);
  REQUIRE(std::filesystem::exists(fixture.captures() / broken.substr(0, 2) / (broken + ".json.broken")));
  REQUIRE(fixture.collect().captures == 0);
}

TEST_CASE("New labels are counted against the snapshot that was learnt last") {
  ProjectFixture fixture;
  fixture.add_labelled(0, Split::train);
  auto changed = fixture.add_labelled(1, Split::val);
  fixture.add_labelled(2, Split::test);
  ds::ProjectStages stages(fixture.project(), "cells", {}, ds::retrain_folder(fixture.project(), "cells"),
                           {});
  REQUIRE(stages.count_labels("").new_images == 2);
  auto snapshot = stages.make_snapshot();
  REQUIRE(stages.count_labels(snapshot).new_images == 0);

  fixture.add_labelled(3, Split::train);
  fixture.add_labelled(4, Split::test);
  fixture.add_labelled(5, Split::train, ImageState::working);
  fixture.capture(6);
  fixture.collect();
  auto edited = fixture.project().images().get(changed);
  edited.annotations.at(0).shape = ds::Box{1, 2, 30, 40};
  fixture.project().images().edit(changed, {.annotations = edited.annotations});
  auto counts = stages.count_labels(snapshot);
  // Image 3 is new, image 1 changed; 4 measures, 5 is not done, 6 waits for its review.
  REQUIRE(counts.new_images == 2);
  REQUIRE(counts.new_labels == static_cast<std::int64_t>(fixture.scenes.images[3].annotations.size() +
                                                         fixture.scenes.images[1].annotations.size()));
  REQUIRE(counts.waiting_review == 1);
}

TEST_CASE("A holdout image that somebody moved into training stops the snapshot") {
  ProjectFixture fixture;
  fixture.add_labelled(1, Split::train);
  auto sha256 = fixture.capture(0, true);
  fixture.collect();
  auto image = fixture.image(sha256);
  fixture.project().images().edit(image.id, {.state = ImageState::done, .split = Split::train});
  ds::ProjectStages stages(fixture.project(), "cells", {}, ds::retrain_folder(fixture.project(), "cells"),
                           {});
  REQUIRE_THROWS_WITH(stages.make_snapshot(),
                      "'" + image.name + "' belongs to the production holdout, but is in split train");
}

TEST_CASE("Forgetting a capture removes its files, record, image and blob, and names the snapshots") {
  ProjectFixture fixture;
  auto sha256 = fixture.capture(0);
  fixture.capture(1);
  fixture.collect();
  auto image = fixture.image(sha256);
  fixture.project().images().edit(image.id, {.state = ImageState::done});
  auto snapshot = fixture.project().snapshots().create({});

  auto would = ds::forget_capture(fixture.project(), sha256.substr(0, 12), true);
  REQUIRE(would.files == 3);
  REQUIRE(fixture.project().images().count() == 2);
  auto report = ds::forget_capture(fixture.project(), image.name);
  REQUIRE(report.files == 3);
  REQUIRE(report.captures == 1);
  REQUIRE(report.images == 1);
  REQUIRE(report.snapshots == std::vector<std::string>{snapshot.id});
  REQUIRE(fixture.project().images().count() == 1);
  REQUIRE_FALSE(fixture.project().media().contains(sha256));
  REQUIRE_THROWS_WITH(ds::forget_capture(fixture.project(), sha256),
                      "no captured picture has the hash " + sha256);
  REQUIRE(fixture.collect().captures == 0);
}

TEST_CASE("Production is what the deployment serves, whatever another one serves") {
  ProjectFixture fixture;
  auto& project = fixture.project();
  ds::ProjectStages stages(project, "cells", {}, ds::retrain_folder(project, "cells"), {});
  REQUIRE(stages.champion() == "m-1");
  project.models().add({.id = "m-2", .name = "m-2"}, [](const std::filesystem::path& folder) {
    ds::write_file_atomically(folder / "model.yaml", "x");
  });
  project.models().set_alias("champion", "m-2");
  REQUIRE(stages.champion() == "m-1");
}
