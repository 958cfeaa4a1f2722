#include "ds/labeling/auto_label.h"

#include <opencv2/core.hpp>

#include "ds/base/stop.h"
#include "ds/labeling/render.h"
#include "labeling_fixture.h"

#include <csignal>

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::LabelingProject;
using ds::testing::refusal;

namespace {

/// One square in the middle of every picture; its score falls from picture to picture.
ProposalModel middle_square(double& score) {
  return {"m-test", {"dog", "square"}, [&score](const cv::Mat& image) {
            double w = image.cols, h = image.rows;
            score -= .1;
            return std::vector<Detection>{{1, score, {w / 4, h / 4, 3 * w / 4, 3 * h / 4}},
                                          {0, .9, {0, 0, w, h}}};
          }};
}

}  // namespace

TEST_CASE("auto-labelling proposes on open images and never touches labels") {
  LabelingProject folder;
  folder.add_scenes(4, ImageState::unlabelled, false);
  auto project = folder.as("robot");
  auto images = project.images().list();
  ImageEdit labelled, done;
  labelled.annotations = std::vector{LabelingProject::label(0, {1, 1, 20, 20})};
  labelled.state = ImageState::working;
  project.images().edit(images[0].id, labelled);
  done.state = ImageState::done;
  project.images().edit(images[1].id, done);

  double score = 1;
  auto model = middle_square(score);
  AutoLabelOptions options;
  options.selection.where = "name~\"scene_*\"";
  auto report = auto_label(project, model, options, no_progress());
  REQUIRE(report.candidates == 3);
  REQUIRE(report.skipped == 1);
  REQUIRE(report.proposals == 3);
  REQUIRE(report.unmapped_classes == std::vector<std::string>{"dog"});
  auto first = project.images().get(images[0].id);
  REQUIRE(first.state == ImageState::review);
  REQUIRE(label_count(first) == 1);
  REQUIRE(first.annotations[0].shape == Shape(Box{1, 1, 20, 20}));
  auto proposal = first.annotations.at(1);
  REQUIRE(proposal.proposal);
  REQUIRE(proposal.source == Source::automatic);
  REQUIRE(proposal.model_id == "m-test");
  REQUIRE(*proposal.score == Approx(.9));
  REQUIRE(proposal.shape == Shape(Box{24, 16, 72, 48}));
  REQUIRE(project.images().get(images[1].id).annotations.empty());
  auto event = project.events().list().at(0);
  REQUIRE(event.kind == "review-waiting");
  REQUIRE(event.message == "3 images wait for review, with proposals by m-test");
}

TEST_CASE("unreviewed proposals are not truth") {
  LabelingProject folder;
  folder.add_scenes(2, ImageState::unlabelled, false);
  auto project = folder.as("robot");
  double score = 1;
  auto model = middle_square(score);
  auto_label(project, model, {}, no_progress());
  SnapshotOptions snapshot;
  snapshot.states = {ImageState::done, ImageState::review};
  project.images().assign_splits();
  auto made = project.snapshots().create(snapshot);
  REQUIRE(made.images == 2);
  REQUIRE(made.annotations == 0);
}

TEST_CASE("the most uncertain images are chosen after the model has seen all") {
  LabelingProject folder;
  folder.add_scenes(4, ImageState::queued, false);
  auto project = folder.as("robot");
  // Scores .8 .7 .6 .5: the last picture is the least certain.
  double score = .9;
  auto model = middle_square(score);
  AutoLabelOptions options;
  options.order = "uncertainty";
  options.amount = 1;
  auto report = auto_label(project, model, options, no_progress());
  REQUIRE(report.images.size() == 1);
  REQUIRE(report.images[0].name == "scene_0003.jpg");
  REQUIRE(project.images().count(Filter::parse("status=review")) == 1);
  REQUIRE(project.images().count(Filter::parse("status=queued")) == 3);
}

TEST_CASE("a dry run says what would happen and changes nothing") {
  LabelingProject folder;
  folder.add_scenes(2, ImageState::unlabelled, false);
  auto project = folder.as("robot");
  double score = 1;
  auto model = middle_square(score);
  AutoLabelOptions options;
  options.dry_run = true;
  auto entries = project.images().history().size();
  auto report = auto_label(project, model, options, no_progress());
  REQUIRE(report.proposals == 2);
  REQUIRE(report.images[0].changed);
  REQUIRE(project.images().count(Filter::parse("status=unlabelled")) == 2);
  REQUIRE(project.images().history().size() == entries);
}

TEST_CASE("a stop signal ends auto-labelling between two images") {
  LabelingProject folder;
  folder.add_scenes(3, ImageState::unlabelled, false);
  auto project = folder.as("robot");
  ProposalModel model{"m", {"disc"}, [](const cv::Mat&) {
                        request_stop(SIGTERM);
                        return std::vector<Detection>{};
                      }};
  REQUIRE_THROWS_AS(auto_label(project, model, {}, no_progress()), Interrupted);
  request_stop(0);
  REQUIRE(project.images().count(Filter::parse("status=review")) == 1);
}

TEST_CASE("an image whose bytes are broken is named and left alone") {
  LabelingProject folder;
  auto project = folder.as("robot");
  auto image = LabelingProject::image("broken.jpg");
  image.sha256 = project.media().put("this is no picture", ".jpg");
  project.images().add({image});
  double score = 1;
  auto model = middle_square(score);
  auto report = auto_label(project, model, {}, no_progress());
  REQUIRE(report.images.empty());
  REQUIRE(report.unreadable.size() == 1);
  REQUIRE(report.unreadable[0].starts_with("broken.jpg: "));
  REQUIRE(project.images().find("broken.jpg").state == ImageState::unlabelled);
}

TEST_CASE("a model that does not work is an error, not a broken image") {
  LabelingProject folder;
  folder.add_scenes(1, ImageState::unlabelled, false);
  auto project = folder.as("robot");
  ProposalModel model{
      "m", {"disc"}, [](const cv::Mat&) -> std::vector<Detection> { throw DataError("no network"); }};
  REQUIRE(refusal<DataError>([&] { auto_label(project, model, {}, no_progress()); }) == "no network");
}

TEST_CASE("rendering writes the picture with what is drawn") {
  LabelingProject folder;
  folder.add_scenes(1, ImageState::done, true);
  auto project = folder.as("ada");
  TemporaryFolder out;
  auto plain = out.path() / "plain.png", drawn = out.path() / "drawn.png";
  auto image = project.images().list({}, WithAnnotations::yes).at(0);
  REQUIRE(render_image(project, image.name, drawn).drawn == image.annotations.size());
  ImageEdit none;
  none.annotations = std::vector<Annotation>{};
  project.images().edit(image.id, none);
  REQUIRE(render_image(project, image.name, plain).drawn == 0);
  REQUIRE(read_file(plain) != read_file(drawn));
  REQUIRE(refusal([&] { render_image(project, image.name, out.path() / "x.gif"); }) ==
          (out.path() / "x.gif").string() + " does not end in .jpg, .jpeg or .png");
}
