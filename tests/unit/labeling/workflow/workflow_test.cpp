#include "ds/labeling/workflow.h"

#include "labeling_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::LabelingProject;
using ds::testing::refusal;
using State = ImageState;

TEST_CASE("an untouched image may be worked on, but not reviewed") {
  auto image = LabelingProject::image("a.jpg");
  REQUIRE(allowed_moves(image, false) ==
          std::vector{State::queued, State::working, State::done, State::rejected});
  REQUIRE(
      refusal([&] { require_move(image, State::review, false); }) ==
      "a.jpg is unlabelled and cannot become review: nobody has worked on it yet; allowed: queued, working, "
      "done, rejected");
}

TEST_CASE("a done image cannot become queued or unlabelled") {
  auto image = LabelingProject::image("a.jpg", State::done);
  REQUIRE(refusal([&] { require_move(image, State::queued, false); }) ==
          "a.jpg is done and cannot become queued; allowed: working, review, rejected");
}

TEST_CASE("proposals must be reviewed before an image is done") {
  auto image =
      LabelingProject::image("a.jpg", State::review, {LabelingProject::proposal(0, {1, 1, 9, 9}, .5)});
  REQUIRE(refusal([&] { require_move(image, State::done, false); }) ==
          "a.jpg is review and cannot become done: it has unreviewed proposals (1), see ds-label review; "
          "allowed: "
          "working, rejected");
}

TEST_CASE("where a review is required, nobody sets done by hand") {
  auto image = LabelingProject::image("a.jpg", State::review);
  REQUIRE(refusal([&] { require_move(image, State::done, true); }) ==
          "a.jpg is review and cannot become done: the project requires a review, see ds-label review; "
          "allowed: working, rejected");
  require_move(image, State::done, true, MovedBy::review);
  require_move(image, State::done, false);
}

TEST_CASE("labels keep an image from becoming unlabelled or queued") {
  auto image = LabelingProject::image("a.jpg", State::working, {LabelingProject::label(0, {1, 1, 9, 9})});
  REQUIRE(allowed_moves(image, false) == std::vector{State::review, State::done, State::rejected});
  image.annotations.clear();
  REQUIRE(allowed_moves(image, false) ==
          std::vector{State::unlabelled, State::queued, State::review, State::done, State::rejected});
}

TEST_CASE("moving an image is one journal entry, and moving it there again is none") {
  LabelingProject folder;
  auto project = folder.as("ada");
  auto id = project.images().add({LabelingProject::image("a.jpg")}).ids.at(0);
  REQUIRE(move_image(project, project.images().get(id), State::done, {"empty picture", {}}));
  auto image = project.images().get(id);
  REQUIRE(image.state == State::done);
  REQUIRE(!move_image(project, image, State::done));
  auto history = project.images().history(id);
  REQUIRE(history.size() == 2);
  REQUIRE(history[0].action == "status");
  REQUIRE(history[0].user == "ada");
  REQUIRE(history[0].comment == "empty picture");
}

TEST_CASE("a revision that somebody else has changed is a conflict") {
  LabelingProject folder;
  auto project = folder.as("ada");
  auto id = project.images().add({LabelingProject::image("a.jpg")}).ids.at(0);
  auto first = project.images().get(id);
  move_image(project, first, State::working);
  auto again = project.images().get(id);
  auto text = refusal<Busy>([&] { move_image(project, again, State::done, {"", first.revision}); });
  REQUIRE(text.starts_with("image 'a.jpg' has changed: revision 1 expected, 2 found; last changed by ada"));
  REQUIRE(project.images().get(id).state == State::working);
}

TEST_CASE("labelling moves an image on") {
  auto in = [](State state) { return LabelingProject::image("a.jpg", state); };
  REQUIRE(state_after_annotating(in(State::unlabelled), false) == State::working);
  REQUIRE(state_after_annotating(in(State::queued), false) == State::working);
  REQUIRE(state_after_annotating(in(State::review), true) == State::review);
  REQUIRE(state_after_annotating(in(State::done), false) == State::done);
  REQUIRE(state_after_annotating(in(State::done), true) == State::working);
  REQUIRE(refusal([&] { state_after_annotating(in(State::rejected), false); }) ==
          "a.jpg is rejected; its labels are kept as they are | ds-label files set-status working a.jpg");
}
