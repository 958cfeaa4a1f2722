#include "ds/labeling/review.h"

#include "ds/labeling/annotate.h"
#include "ds/labeling/proposals.h"
#include "labeling_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::LabelingProject;
using ds::testing::refusal;

namespace {

std::vector<Annotation> one_label_two_proposals() {
  return {LabelingProject::label(0, {1, 1, 9, 9}), LabelingProject::proposal(1, {20, 20, 30, 30}, .9),
          LabelingProject::proposal(1, {40, 20, 50, 30}, .3)};
}

ProjectSettings reviewed(int needed) {
  ProjectSettings settings;
  settings.review_required = true;
  settings.reviews_needed = needed;
  return settings;
}

AnnotationFields disc(const std::string& box) {
  AnnotationFields fields;
  fields.class_name = "disc";
  fields.shape.box = box;
  return fields;
}

}  // namespace

TEST_CASE("accepting turns proposals into labels and the image is done") {
  LabelingProject folder;
  auto project = folder.as("ada");
  project.images().add({LabelingProject::image("a.jpg", ImageState::review, one_label_two_proposals())});
  auto result = accept_image(project, "a.jpg", {});
  REQUIRE(result.accepted == 2);
  REQUIRE(result.dropped == 0);
  auto image = project.images().find("a.jpg");
  REQUIRE(image.state == ImageState::done);
  REQUIRE(proposal_count(image) == 0);
  REQUIRE(image.annotations[1].source == Source::automatic);
  REQUIRE(image.annotations[1].score == .9);
  REQUIRE(!accept_image(project, "a.jpg", {}).changed);
  REQUIRE(project.images().find("a.jpg").revision == image.revision);
}

TEST_CASE("only some proposals are accepted") {
  LabelingProject folder;
  auto project = folder.as("ada");
  project.images().add({LabelingProject::image("a.jpg", ImageState::review, one_label_two_proposals()),
                        LabelingProject::image("b.jpg", ImageState::review, one_label_two_proposals())});
  ReviewOptions above;
  above.min_score = .5;
  auto by_score = accept_image(project, "a.jpg", above);
  REQUIRE(by_score.accepted == 1);
  REQUIRE(by_score.dropped == 1);
  REQUIRE(by_score.image.annotations.size() == 2);

  auto before = project.images().find("b.jpg");
  ReviewOptions only;
  only.only = {before.annotations[2].id};
  auto by_id = accept_image(project, "b.jpg", only);
  REQUIRE(by_id.image.annotations.size() == 2);
  REQUIRE(by_id.image.annotations[1].score == .3);
}

TEST_CASE("an image that is not under review cannot be accepted") {
  LabelingProject folder;
  auto project = folder.as("ada");
  project.images().add(
      {LabelingProject::image("a.jpg"), LabelingProject::image("b.jpg", ImageState::working)});
  REQUIRE(refusal([&] { accept_image(project, "a.jpg", {}); }) == "a.jpg is unlabelled, not under review");
  REQUIRE(refusal([&] { accept_image(project, "b.jpg", {}); }) ==
          "b.jpg is working, not under review | ds-label files set-status review b.jpg");
}

TEST_CASE("where a review is required, somebody else does it") {
  LabelingProject folder(reviewed(1));
  auto ada = folder.as("ada");
  auto bob = folder.as("bob");
  ada.images().add({LabelingProject::image("a.jpg")});
  add_annotation(ada, "a.jpg", disc("1,1,5,5"));
  ImageEdit to_review;
  to_review.action = "status";
  to_review.state = ImageState::review;
  auto id = ada.images().find("a.jpg").id;
  ada.images().edit(id, to_review);
  REQUIRE(annotators_of(ada, id) == std::vector<std::string>{"ada"});
  REQUIRE(refusal([&] { accept_image(ada, "a.jpg", {}); }) ==
          "ada has labelled a.jpg, so somebody else has to review it | project.yaml requires a review "
          "(review: required: true)");
  QueueInput input{ada, 0, no_progress(), 0};
  REQUIRE(review_queue(ada, "ada", "", "name", input).empty());
  REQUIRE(review_queue(bob, "bob", "", "name", {bob, 0, no_progress(), 0}).size() == 1);
  REQUIRE(accept_image(bob, "a.jpg", {}).image.state == ImageState::done);
}

TEST_CASE("what was taken back does not make an annotator") {
  LabelingProject folder(reviewed(1));
  auto ada = folder.as("ada");
  ada.images().add({LabelingProject::image("a.jpg")});
  add_annotation(ada, "a.jpg", disc("1,1,5,5"));
  auto id = ada.images().find("a.jpg").id;
  ada.images().undo(id);
  REQUIRE(annotators_of(ada, id).empty());
}

TEST_CASE("two reviews need two people, and new labels start again") {
  LabelingProject folder(reviewed(2));
  auto ada = folder.as("ada");
  auto bob = folder.as("bob");
  auto eve = folder.as("eve");
  ada.images().add({LabelingProject::image("a.jpg", ImageState::review, one_label_two_proposals())});
  auto first = accept_image(ada, "a.jpg", {});
  REQUIRE(first.image.state == ImageState::review);
  REQUIRE(first.reviews == 1);
  REQUIRE(first.accepted == 2);
  REQUIRE(!accept_image(ada, "a.jpg", {}).changed);

  add_annotation(eve, "a.jpg", disc("60,1,5,5"));
  auto again = accept_image(ada, "a.jpg", {});
  REQUIRE(again.reviews == 1);
  REQUIRE(again.image.state == ImageState::review);
  auto second = accept_image(bob, "a.jpg", {});
  REQUIRE(second.reviews == 2);
  REQUIRE(second.image.state == ImageState::done);
}

TEST_CASE("rejecting keeps labels") {
  LabelingProject folder;
  auto project = folder.as("ada");
  project.images().add({LabelingProject::image("a.jpg", ImageState::review, one_label_two_proposals()),
                        LabelingProject::image("b.jpg", ImageState::review, one_label_two_proposals())});
  auto rejected = reject_image(project, "a.jpg", RejectTo::rejected, {});
  REQUIRE(rejected.image.state == ImageState::rejected);
  REQUIRE(rejected.image.annotations.size() == 3);
  REQUIRE(!reject_image(project, "a.jpg", RejectTo::rejected, {}).changed);

  REQUIRE(refusal([&] { reject_image(project, "b.jpg", RejectTo::working, {}); }) ==
          "say what has to be changed | --comment TEXT");
  ReviewOptions why;
  why.comment = "one is missing";
  REQUIRE(reject_image(project, "b.jpg", RejectTo::working, why).image.state == ImageState::working);
  auto comments = review_comments(project, project.images().find("b.jpg").id);
  REQUIRE(comments.size() == 1);
  REQUIRE(comments[0].ends_with(" ada: one is missing"));
}

TEST_CASE("single proposals are rejected, and the image stays under review") {
  LabelingProject folder;
  auto project = folder.as("ada");
  project.images().add({LabelingProject::image("a.jpg", ImageState::review, one_label_two_proposals())});
  ReviewOptions label, proposal;
  label.only = {1};
  REQUIRE(refusal([&] { reject_image(project, "a.jpg", RejectTo::rejected, label); }) ==
          "annotation 1 of a.jpg is a label, not a proposal");
  proposal.only = {3};
  auto result = reject_image(project, "a.jpg", RejectTo::rejected, proposal);
  REQUIRE(result.image.state == ImageState::review);
  REQUIRE(result.dropped == 1);
  REQUIRE(result.image.annotations.size() == 2);
}

TEST_CASE("a remark changes nothing but the history") {
  LabelingProject folder;
  auto project = folder.as("ada");
  auto id = project.images().add({LabelingProject::image("a.jpg")}).ids.at(0);
  comment_image(project, "a.jpg", "blurred?");
  REQUIRE(project.images().get(id).revision == 1);
  REQUIRE(review_comments(project, id).at(0).ends_with(" ada: blurred?"));
  REQUIRE(refusal([&] { comment_image(project, "a.jpg", "  "); }) == "the comment is empty");
}

TEST_CASE("the review queue shows mine first and leaves out others'") {
  LabelingProject folder;
  auto project = folder.as("ada");
  auto with = [](const std::string& name, const std::string& assignee) {
    auto image = LabelingProject::image(name, ImageState::review);
    image.assignee = assignee;
    return image;
  };
  project.images().add({with("a.jpg", ""), with("b.jpg", "ada"), with("c.jpg", "bob"),
                        LabelingProject::image("d.jpg", ImageState::working)});
  auto items = review_queue(project, "ada", "", "name", {project, 0, no_progress(), 0});
  REQUIRE(items.size() == 2);
  REQUIRE(items[0].image.name == "b.jpg");
  REQUIRE(items[1].image.name == "a.jpg");
  REQUIRE(review_queue(project, "ada", "", "name", {project, 0, no_progress(), 1}).size() == 1);
}
