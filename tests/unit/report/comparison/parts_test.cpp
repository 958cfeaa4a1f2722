#include "comparison/parts.h"

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/testing/text.h"
#include "made_report.h"
#include "page/html.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::made_report;
using ds::testing::occurrences;

namespace {

ModelReport model(const std::string& name, double ap) {
  ModelReport made;
  made.entry.evaluation.model.name = name;
  made.entry.evaluation.precision.numbers.values[0] = ap;
  return made;
}

}  // namespace

TEST_CASE("the Pareto front: who is beaten in neither number") {
  ComparisonReport report;
  report.models = {model("slow and good", 0.6), model("beaten", 0.4),    model("quick", 0.3),
                   model("unknown cost", 0.9),  model("no objects", -1), model("as good, slower", 0.6)};
  const std::vector<std::optional<double>> costs = {30, 20, 5, std::nullopt, 1, 31};
  // "beaten" has no rival: 20 ms for .4 lies between. A model of .5 for 20 ms beats it.
  REQUIRE(detail::pareto_front(report, costs) == std::vector<std::size_t>{2, 1, 0});
  report.models[5] = model("better at once", 0.5);
  auto cheaper = costs;
  cheaper[5] = 20;
  REQUIRE(detail::pareto_front(report, cheaper) == std::vector<std::size_t>{2, 5, 0});
  // Equal in both: none beats the other.
  report.models = {model("a", 0.5), model("b", 0.5)};
  REQUIRE(detail::pareto_front(report, {{10, 10}}) == std::vector<std::size_t>{0, 1});
}

TEST_CASE("verdicts say what is proven and what is not") {
  ComparisonReport report;
  report.models = {model("a", 0.5), model("b", 0.6), model("c", 0.2)};
  REQUIRE(detail::verdicts(report) ==
          std::vector<std::string>{"b has the highest AP, 0.600.",
                                   "No intervals were computed, so small differences may "
                                   "be chance."});
  PairComparison ab{0, 1, 0.1}, ac{0, 2, -0.3}, bc{1, 2, -0.4};
  ab.p_adjusted = 0.2;
  ac.p_adjusted = bc.p_adjusted = 0.01;
  report.pairwise.pairs = {ab, ac, bc};
  report.pairwise.smallest_difference = 0.05;
  report.pairwise.groups = 40;
  report.pairwise.resamples = 1000;
  REQUIRE(detail::verdicts(report) ==
          std::vector<std::string>{
              "b has the highest AP, 0.600. This data cannot tell it from a.", "Proven worse than it: c.",
              "Differences of AP under about 0.050 cannot be told here (40 groups of images, 1000 "
              "resamples)."});
  report.pairwise.pairs[0].p_adjusted = 0.04;
  report.pairwise.groups = 9;
  const auto all = detail::verdicts(report);
  REQUIRE(all.front() == "b has the highest AP, 0.600, and is proven better than every other model.");
  REQUIRE(all.back() == "9 groups of images are too few for intervals that mean much: label more images.");
  report.models = {model("a", -1), model("b", -1)};
  REQUIRE(detail::verdicts(report) ==
          std::vector<std::string>{"There are no objects to find, so no model has an AP."});
}

TEST_CASE("confusions by falling count, with their share of the true objects") {
  Evaluation e;
  e.class_names = {"cat", "dog", "cow"};
  // cat: 6 right, 1 as dog, 3 missed; dog: 2 as cat, 2 as cow.
  e.confusion = {3, {6, 1, 0, 3, 2, 0, 2, 0, 0, 0, 0, 0, 4, 0, 0, 0}};
  const auto list = detail::confusion_list(e, 2);
  REQUIRE(list.rows.size() == 2);
  REQUIRE(list.rows[0][0].text == "dog");
  REQUIRE(list.rows[0][1].text == "cat");
  REQUIRE(list.rows[0][3].text == "50.0 %");
  REQUIRE(list.rows[1][1].text == "cow");
  REQUIRE(list.notes == std::vector<std::string>{"The 2 most frequent of 3 kinds."});
  const auto map = detail::confusion_map(e);
  REQUIRE(map.values[0] == 6);
  REQUIRE(map.strengths[0] == 0.6);
  REQUIRE(map.strengths[8] == 0);  // a class without objects and detections
  REQUIRE(map.rows.back() == "(background)");
}

TEST_CASE("figures of many models have one scale") {
  ComparisonReport report;
  for (int m = 0; m < 7; ++m) report.models.push_back(model("m" + std::to_string(m), 0.5));
  report.models[6].errors.gain = {0.43, 0, 0, 0, 0, -0.01};
  const auto charts = detail::error_charts(report);
  REQUIRE(charts.size() == 2);
  REQUIRE(charts[1].labels == std::vector<std::string>{"m5", "m6"});
  REQUIRE(charts[0].x_max == 50);
  REQUIRE(charts[0].x_max == charts[1].x_max);
  REQUIRE(charts[0].x_min <= -1);
  report.models.resize(2);
  REQUIRE_FALSE(detail::error_charts(report)[0].x_max.has_value());
}

TEST_CASE("a reliability curve leaves empty ranges out; the columns count right and wrong") {
  ComparisonReport report;
  report.models = {model("a", 0.5)};
  report.models[0].calibration.bins = {{0, 0.5, 0, 0, 0, {}}, {0.5, 1, 8, 0.7, 0.75, 0.8}};
  const auto curve = detail::reliability_chart(report);
  REQUIRE(curve.series[0].points.size() == 1);
  REQUIRE(curve.series[0].points[0].x == 0.7);
  REQUIRE(curve.series[0].points[0].y == 0.75);
  REQUIRE(curve.series[1].reference);
  const auto columns = detail::score_chart(report.models[0]);
  REQUIRE(columns.labels == std::vector<std::string>{"0.00-0.50", "0.50-1.00"});
  REQUIRE(columns.series[0].values[1] == 6.0);
  REQUIRE(columns.series[1].values[1] == 2.0);
}

TEST_CASE("a picture says in words what is drawn on it") {
  MarkedPicture picture{.caption = "a <b>", .jpeg = "\xff\xd8\xff", .width = 100, .height = 50};
  picture.boxes = {{MarkedBox::Role::truth_missed, 1, 2, 30, 40, "cat & dog"},
                   {MarkedBox::Role::detection_wrong, 50, 2, 30, 40, "cow 0.51"}};
  const auto html = detail::marked_picture_html(picture);
  REQUIRE(html.find("alt=\"a &lt;b&gt;. Labelled: cat &amp; dog (missed). Predicted: cow 0.51 (wrong).\"") !=
          html.npos);
  REQUIRE(html.find("<svg viewBox=\"0 0 100 50\"") != html.npos);
  REQUIRE(html.find("<g class=\"truth missed\"><title>cat &amp; dog (missed)</title><rect class=\"under\" "
                    "x=\"1.0\" y=\"2.0\" width=\"30.0\" "
                    "height=\"40.0\"/>") != html.npos);
  REQUIRE(html.find("class=\"names predicted wrong\"") != html.npos);
  REQUIRE(html.find("data:image/jpeg;base64,/9j/") != html.npos);
  const auto legend = detail::legend_html({picture}, 3, "in question");
  REQUIRE(legend.find("id=\"g3-truth\"") != legend.npos);
  REQUIRE(legend.find("in question") != legend.npos);
  REQUIRE(legend.find("labelled, found") == legend.npos);
  REQUIRE(occurrences(legend, "<input ") == 3);
}

TEST_CASE("names on a picture stand inside it and beside each other") {
  MarkedPicture picture{.caption = "p", .jpeg = "x", .width = 330, .height = 200};
  // Two boxes at the same place, and a name that is longer than the picture.
  picture.boxes = {{MarkedBox::Role::truth_found, 10, 100, 60, 40, "cat"},
                   {MarkedBox::Role::detection_right, 10, 100, 60, 40, "cat 0.9"},
                   {MarkedBox::Role::truth_missed, 300, 0, 30, 20, std::string(200, 'w')}};
  const auto html = detail::marked_picture_html(picture);
  // 11 pixels of text: 13.75 high. The first above its box, the second below.
  REQUIRE(html.find("<rect x=\"10.0\" y=\"86.2\"") != html.npos);
  REQUIRE(html.find("<rect x=\"10.0\" y=\"140.0\"") != html.npos);
  // 24 columns are 11 * (.6 * 24 + .5) = 163.9 wide, moved to the left until they fit into 330.
  REQUIRE(html.find("<rect x=\"166.1\" y=\"0.0\"") != html.npos);
  REQUIRE(html.find("w\xe2\x80\xa6</text>") != html.npos);
}

TEST_CASE("a crowded picture names what has room, errors first, and everything for the pointer") {
  MarkedPicture picture{.caption = "p", .jpeg = "x", .width = 330, .height = 200};
  for (int i = 0; i < 20; ++i)
    picture.boxes.push_back({MarkedBox::Role::truth_found, 100, 100, 20, 20, "found"});
  picture.boxes.push_back({MarkedBox::Role::truth_missed, 100, 100, 30, 30, "missed"});
  const auto html = detail::marked_picture_html(picture);
  const auto coarse = html.substr(html.find("<g class=\"coarse\""),
                                  html.find("<g class=\"fine\"") - html.find("<g class=\"coarse\""));
  REQUIRE(occurrences(coarse, ">missed</text>") == 1);
  REQUIRE(occurrences(coarse, ">found</text>") > 1);
  REQUIRE(occurrences(coarse, ">found</text>") < 8);
  REQUIRE(occurrences(html, "<title>found (found)</title>") == 20);
  // The larger box lies below the others.
  REQUIRE(html.find("<title>missed (missed)</title>") < html.find("<title>found (found)</title>"));
}
