#include "ds/report/comparison_page.h"

#include "ds/report/page.h"
#include "ds/testing/text.h"
#include "made_report.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::made_report;
using ds::testing::occurrences;

namespace {

/// What stands between the heading of a section and the next one.
std::string section(const std::string& page, const std::string& title) {
  const auto at = page.find(">" + title + "</h2>");
  REQUIRE(at != page.npos);
  return page.substr(at, page.find("<h2 ", at) - at);
}

}  // namespace

TEST_CASE("a page about several models has a section for everything that is known") {
  const auto page = comparison_page(made_report());
  for (const auto* title :
       {"Leaderboard", "What this data can tell", "Speed and size", "Precision over recall",
        "Classes and sizes", "Confusion", "Error types", "oLRP", "Calibration", "Slices", "Worst images",
        "Where models disagree", "Likely label errors", "Models", "Definitions"})
    section(page, title);
  // Two fronts; two curves and one a class; bars and columns; errors; reliability and scores a model;
  // training a model.
  REQUIRE(occurrences(page, "<canvas ") == 2 + 2 + 3 + 2 + 1 + 1 + 3 + 3);
  REQUIRE(occurrences(page, "class=\"heat large\"") == 3);
  // Pictures: four worst of three models, four disagreements, four suspects.
  REQUIRE(occurrences(page, "<figure class=\"marked\">") == 3 * 4 + 4 + 4);
  REQUIRE(section(page, "Worst images").find("labelled, missed") != page.npos);
  REQUIRE(section(page, "Where models disagree").find("labelled, not found by all") != page.npos);
  for (const auto& text : definitions()) REQUIRE(page.find(html_escaped(text)) != page.npos);
  for (const auto* source :
       {"Bolya et al. 2020", "Oksuz et al. 2021", "Kueppers et al. 2020", "Cohen 1960", "Holm 1979"})
    REQUIRE(page.find(source) != page.npos);
  REQUIRE(page == comparison_page(made_report()));
}

TEST_CASE("menus choose among models and classes, and one hides models in the charts") {
  const auto page = comparison_page(made_report());
  REQUIRE(occurrences(page, "data-key=\"class\"") == 1);
  // Confusion, oLRP, scores, slices, worst images, cards.
  REQUIRE(occurrences(page, "data-key=\"model\"") == 6);
  REQUIRE(occurrences(page, "<option>model 2</option>") == 6);
  REQUIRE(occurrences(page, "data-series=\"model 2\"") == 1);
}

TEST_CASE("a model keeps its colour where others are left out of a chart") {
  auto report = made_report({.pictures = 0});
  report.models[0].entry.evaluation.latency.reset();
  const auto speed = section(comparison_page(report), "Speed and size");
  const auto latency =
      speed.substr(speed.find("\"chart-1\">"), speed.find("</script>") - speed.find("\"chart-1\">"));
  REQUIRE(latency.find("\"label\":\"model 0\"") == latency.npos);
  REQUIRE(latency.find("\"label\":\"model 1\"") != latency.npos);
  REQUIRE(latency.find("\"--s1\"") != latency.npos);
  REQUIRE(latency.find("\"--s0\"") == latency.npos);
}

TEST_CASE("no name leaves its place") {
  const auto page =
      comparison_page(made_report({.name_suffix = " <img src=x onerror=alert(1)>&\"'</script>"}));
  REQUIRE(page.find("<img src=x") == page.npos);
  REQUIRE(page.find("'</script>") == page.npos);
  REQUIRE(page.find("&lt;img src=x onerror=alert(1)&gt;&amp;&quot;&#39;&lt;/script&gt;") != page.npos);
  // Scripts: one a chart, Chart.js, the page's own.
  REQUIRE(occurrences(page, "<script") == occurrences(page, "<canvas ") + 2);
  REQUIRE(occurrences(page, "</script>") == occurrences(page, "<script"));
}

TEST_CASE("what is not known is said, not drawn") {
  const auto page =
      comparison_page(made_report({.models = 2, .pictures = 0, .measured = false, .intervals = false}));
  REQUIRE(section(page, "What this data can tell").find("needs resamples") != page.npos);
  const auto costs = section(page, "Speed and size");
  REQUIRE(costs.find("Neither latency nor size is known") != page.npos);
  REQUIRE(costs.find("<canvas ") == page.npos);
  REQUIRE(section(page, "Worst images").find("No pictures") != page.npos);
  REQUIRE(section(page, "Likely label errors").find("No label is contradicted") != page.npos);
  REQUIRE(page.find("No intervals were computed") != page.npos);
  REQUIRE(comparison_page({.title = "t"}).find("<p>No evaluations.</p>") != page.npos);
}

TEST_CASE("a page about one model speaks of no other") {
  const auto page = model_page(made_report(), 1);
  REQUIRE(page.find("<title>model 1</title>") != page.npos);
  REQUIRE(page.find("model 0") == page.npos);
  REQUIRE(page.find("class=\"choice\" data-key=\"model\"") == page.npos);
  REQUIRE(occurrences(page, "<figure class=\"marked\">") == 4);
  REQUIRE(section(page, "Model").find("snapshot s-20260101-1") != page.npos);
  REQUIRE(section(page, "Model").find("something to know about this model") != page.npos);
  REQUIRE_THROWS_AS(model_page(made_report({.models = 1, .pictures = 0}), 1), std::out_of_range);
}
