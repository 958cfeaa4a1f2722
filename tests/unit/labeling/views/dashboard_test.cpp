#include "ds/labeling/dashboard.h"

#include <nlohmann/json.hpp>

#include "ds/labeling/annotate.h"
#include "ds/labeling/review.h"
#include "labeling_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::LabelingProject;
using ds::testing::refusal;

namespace {

struct Seen {
  LabelingProject folder;
  Project project = folder.as("ada");
  Seen() {
    auto mine = LabelingProject::image("a.jpg", ImageState::done, {LabelingProject::label(0, {1, 1, 5, 5})});
    mine.assignee = "ada";
    auto open =
        LabelingProject::image("b.jpg", ImageState::review, {LabelingProject::proposal(1, {1, 1, 5, 5}, .5)});
    open.assignee = "ada";
    project.images().add(
        {mine, open, LabelingProject::image("c.jpg", ImageState::done), LabelingProject::image("d.jpg")});
    AnnotationFields fields;
    fields.class_name = "disc";
    fields.shape.box = "1,1,9,9";
    add_annotation(project, "d.jpg", fields);
    auto bob = folder.as("bob");
    accept_image(bob, "b.jpg", {});
    project.events().add({"2026-01-02T03:04:05.000Z", "run-done", "<b>nano</b> is trained", {}});
  }
};

}  // namespace

TEST_CASE("the dashboard counts images, labels and people") {
  Seen f;
  auto board = read_dashboard(f.project);
  REQUIRE(board.counts.images == 4);
  REQUIRE(board.finished == 3);
  REQUIRE(board.progress() == .75);
  REQUIRE(board.counts.annotations == 3);
  REQUIRE(board.counts.proposals == 0);
  REQUIRE(board.counts.negatives == 1);
  REQUIRE(board.workers.size() == 2);
  REQUIRE(board.workers[0].name == "ada");
  REQUIRE(board.workers[0].assigned == 2);
  REQUIRE(board.workers[0].open == 0);
  REQUIRE(board.workers[0].done == 2);
  REQUIRE(board.workers[0].edits == 1);
  REQUIRE(board.workers[1].name == "bob");
  REQUIRE(board.workers[1].accepted == 1);
  auto json = dashboard_json(board);
  REQUIRE(json["states"]["done"] == 3);
  REQUIRE(json["states"]["queued"] == 0);
  REQUIRE(json["classes"][0]["annotations"] == 2);
  REQUIRE(json["events"][0]["kind"] == "run-done");
}

TEST_CASE("an empty project has no progress") {
  LabelingProject folder;
  auto project = folder.as("ada");
  auto board = read_dashboard(project);
  REQUIRE(board.progress() == 0);
  REQUIRE(dashboard_html(board).find("Nothing has happened yet.") != std::string::npos);
}

TEST_CASE("the page is self-contained and escapes what people wrote") {
  Seen f;
  auto page = dashboard_html(read_dashboard(f.project));
  REQUIRE(page.starts_with("<!doctype html>"));
  REQUIRE(page.find("prefers-color-scheme:dark") != std::string::npos);
  REQUIRE(page.find("<svg") != std::string::npos);
  REQUIRE(page.find("http") == std::string::npos);
  REQUIRE(page.find("<script") == std::string::npos);
  REQUIRE(page.find("&lt;b&gt;nano&lt;/b&gt; is trained") != std::string::npos);
  REQUIRE(page.find("<b>nano") == std::string::npos);
}

TEST_CASE("activity by worker and by day") {
  Seen f;
  auto workers = activity(f.project, "worker");
  REQUIRE(workers.size() == 2);
  REQUIRE(workers[0].key == "ada");
  REQUIRE(workers[0].edits == 1);
  REQUIRE(workers[0].other == 4);  // four images added
  REQUIRE(workers[1].accepted == 1);
  REQUIRE(activity(f.project, "day").size() == 1);
  f.project.images().undo(f.project.images().find("d.jpg").id);
  REQUIRE(activity(f.project, "worker")[0].edits == 0);
  REQUIRE(refusal([&] { activity(f.project, "week"); }) == "unknown grouping 'week'; known: worker, day");
}
