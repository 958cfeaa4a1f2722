#include "ds/report/page.h"

#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/testing/text.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::occurrences;

namespace {

Chart bars() {
  return {.kind = Chart::Kind::bars,
          .title = "Cats & \"dogs\"",
          .x_title = "objects",
          .y_title = "class",
          .labels = {"cat", "</script><script>alert(1)</script>"},
          .series = {{.name = "train", .values = {3, std::nullopt}}, {.name = "val", .values = {1, 2}}},
          .stacked = true};
}

}  // namespace

TEST_CASE("a page is one file that loads nothing and says what it is") {
  Page page("Data <1>");
  page.subtitle("a \"b\"").section("One").text("x < y").advice("look").list({"item & more"});
  page.facts({{"images", "3"}}).footer("Made by a test");
  const auto html = page.html();
  REQUIRE(html.starts_with("<!doctype html>\n<html lang=\"en\">"));
  REQUIRE(occurrences(html, "Data &lt;1&gt;") == 2);  // title and heading
  REQUIRE(html.find("a &quot;b&quot;") != std::string::npos);
  REQUIRE(html.find("<p>x &lt; y</p>") != std::string::npos);
  REQUIRE(html.find("<p class=\"advice\">look</p>") != std::string::npos);
  REQUIRE(html.find("<li>item &amp; more</li>") != std::string::npos);
  REQUIRE(html.find("default-src 'none'") != std::string::npos);
  REQUIRE(html.find("width=device-width") != std::string::npos);
  REQUIRE(html.find("prefers-color-scheme: dark") != std::string::npos);
  REQUIRE(html.find("/*dark*/") == std::string::npos);
  for (const auto* forbidden : {" src=\"http", "@import", "url(", "<nav"})
    REQUIRE(html.find(forbidden) == std::string::npos);
  // No chart: the library stays out.
  REQUIRE(html.find("Chart.js v3") == std::string::npos);
}

TEST_CASE("a chart brings its library, its licence and its numbers as a table") {
  const auto html = Page("t").chart(bars()).html();
  REQUIRE(html.find("Chart.js v3") != std::string::npos);
  REQUIRE(html.find("Permission is hereby granted") != std::string::npos);
  REQUIRE(occurrences(html, "<canvas ") == 1);
  REQUIRE(html.find("aria-labelledby=\"title-1\"") != std::string::npos);
  REQUIRE(html.find("<figcaption id=\"title-1\">Cats &amp; &quot;dogs&quot;</figcaption>") !=
          std::string::npos);
  // Nothing that a class is called ends a script or begins one.
  REQUIRE(html.find("<script>alert") == std::string::npos);
  REQUIRE(html.find("\\u003c/script>\\u003cscript>alert(1)") != std::string::npos);
  REQUIRE(html.find("<td class=\"left key\">cat</td><td data-n=\"3\">3</td><td data-n=\"1\">1</td>") !=
          std::string::npos);
  REQUIRE(html == Page("t").chart(bars()).html());
}

TEST_CASE("sections are reached from the top, figures stand together") {
  Page page("t");
  page.section("A").chart(bars()).chart(bars()).section("B & C").section("D");
  const auto html = page.html();
  REQUIRE(html.find("<a href=\"#section-2\">B &amp; C</a>") != std::string::npos);
  REQUIRE(html.find("<h2 id=\"section-2\">B &amp; C</h2>") != std::string::npos);
  REQUIRE(occurrences(html, "<div class=\"charts\">") == 1);
  REQUIRE(occurrences(html, "<figure>") == occurrences(html, "</figure>"));
}

TEST_CASE("a chart is data for Chart.js") {
  const auto config = chart_config(bars());
  REQUIRE(config["type"] == "bar");
  REQUIRE(config["options"]["indexAxis"] == "y");
  REQUIRE(config["options"]["scales"]["x"]["stacked"] == true);
  REQUIRE(config["options"]["scales"]["x"]["title"]["text"] == "objects");
  REQUIRE(config["data"]["datasets"][0]["data"].dump() == "[3.0,null]");
  REQUIRE(config["data"]["datasets"][1]["backgroundColor"] == "--s1");
  REQUIRE(config["options"]["plugins"]["legend"]["display"] == true);

  const auto curve =
      chart_config({.kind = Chart::Kind::curve,
                    .title = "PR",
                    .series = {{.name = "a", .points = {{0, 1}, {1, 0.5}}, .color = "#102030"}},
                    .x_max = 1});
  REQUIRE(curve["type"] == "scatter");
  REQUIRE(curve["data"]["datasets"][0]["showLine"] == true);
  REQUIRE(curve["data"]["datasets"][0]["borderColor"] == "#102030");
  REQUIRE(curve["data"]["datasets"][0]["data"].dump() == R"([{"x":0.0,"y":1.0},{"x":1.0,"y":0.5}])");
  REQUIRE(curve["options"]["scales"]["x"]["max"] == 1.0);
  REQUIRE_FALSE(curve["data"].contains("labels"));

  auto broken = bars();
  broken.series[0].values.pop_back();
  REQUIRE_THROWS_WITH(chart_config(broken),
                      "series 'train' of chart 'Cats & \"dogs\"' has 1 values for 2 labels");
}

TEST_CASE("text that is no UTF-8 does not end a page") {
  auto chart = bars();
  chart.labels[0] = "caf\xe9";
  REQUIRE(Page("t").chart(chart).html().find("\"caf\xef\xbf\xbd\"") != std::string::npos);
}

TEST_CASE("a heat map is a table whose cells are coloured by value") {
  const HeatMap map{.title = "Places", .columns = {"a", "b"}, .rows = {"1"}, .values = {0, 4}};
  const auto html = Page("t").heat_map(map).html();
  REQUIRE(html.find("<td style=\"--v:0.04\" title=\"1 / a: 0\">0</td>") != std::string::npos);
  REQUIRE(html.find("<td style=\"--v:1.00\" class=\"strong\" title=\"1 / b: 4\">4</td>") !=
          std::string::npos);
  REQUIRE_THROWS_WITH(Page("t").heat_map({.title = "Places", .columns = {"a"}, .rows = {}, .values = {1}}),
                      "heat map 'Places' has 1 values for 1 x 0 cells");
}

TEST_CASE("a picture is inside the file") {
  const auto html = Page("t").picture("\xff\xd8\xff", "a cat", "Cat").html();
  REQUIRE(html.find("<img alt=\"a cat\" src=\"data:image/jpeg;base64,/9j/\">") != std::string::npos);
}

TEST_CASE("a line crosses gaps, and marks are data for the page's script") {
  Chart chart{.kind = Chart::Kind::line,
              .title = "AP",
              .labels = {"1", "2", "3"},
              .series = {{.name = "val", .values = {0.1, std::nullopt, 0.3}}},
              .marks = {{1, "closing"}}};
  auto config = chart_config(chart);
  REQUIRE(config["data"]["datasets"][0]["spanGaps"] == true);
  REQUIRE(config["options"]["plugins"]["marks"].dump() ==
          R"({"lines":[{"at":1.0,"text":"closing","color":"--soft"}]})");
  chart.marks.clear();
  REQUIRE_FALSE(chart_config(chart)["options"]["plugins"].contains("marks"));
  REQUIRE(Page("t").chart(chart).html().find("id: 'marks'") != std::string::npos);
}

TEST_CASE("series of one model look alike in every chart") {
  Chart chart{.kind = Chart::Kind::curve,
              .title = "PR",
              .series = {{.name = "a", .points = {{0, 1}, {1, 0.5}}, .place = 2},
                         {.name = "b", .points = {{0, 1}, {1, 0.4}}, .place = 10},
                         {.name = "line", .points = {{0, 0}, {1, 1}}, .reference = true}}};
  const auto config = chart_config(chart);
  const auto& sets = config["data"]["datasets"];
  REQUIRE(sets[0]["borderColor"] == "--s2");
  REQUIRE_FALSE(sets[0].contains("borderDash"));
  // The eleventh has the colour of the third, and dashes.
  REQUIRE(sets[1]["borderColor"] == "--s2");
  REQUIRE(sets[1]["borderDash"].dump() == "[5,3]");
  REQUIRE(sets[2]["borderColor"] == "--soft");
  // Points at the same places: one row a place, one column a series.
  const auto table = chart_table(chart);
  REQUIRE(table.to_csv() == "x,a,b,line\r\n0,1,1,0\r\n1,0.5,0.4,1\r\n");
  chart.table_step = 2;
  REQUIRE(chart_table(chart).rows.size() == 1);
  chart.series[0].points.pop_back();
  REQUIRE(chart_table(chart).columns.size() == 3);
}

TEST_CASE("points with names, and a line through some of them") {
  const auto config = chart_config({.kind = Chart::Kind::scatter,
                                    .title = "AP over latency",
                                    .series = {{.name = "a", .points = {{1, 1}}, .place = 17},
                                               {.name = "front", .points = {{1, 1}, {2, 2}}, .joined = true}},
                                    .name_points = true});
  REQUIRE(config["data"]["datasets"][0]["pointStyle"] == "triangle");
  REQUIRE(config["data"]["datasets"][1]["showLine"] == true);
  REQUIRE(config["data"]["datasets"][1]["pointRadius"] == 0);
  REQUIRE(config["options"]["plugins"]["names"]["shown"] == true);
  REQUIRE(config["options"]["plugins"]["legend"]["display"] == false);
}

TEST_CASE("a table with tinted cells and drawn intervals") {
  Table table;
  table.columns = {{"model", "model", false}, {"AP", "ap"}};
  table.rows = {{text_cell("a"), number_cell(0.5, 2)}, {text_cell("b"), number_cell(std::nullopt, 2)}};
  TableLook look{.shaded = {1}, .bars_title = "AP", .bars = {{0.5, 0.4, 0.6}, {}}, .reference = 0.5};
  const auto html = Page("t").table(table, look).html();
  REQUIRE(html.find("<td class=\"tint\" data-n=\"0.5\" style=\"--v:0.25\">0.50</td>") != std::string::npos);
  REQUIRE(html.find("<td>n/a</td>") != std::string::npos);
  // From .4 - 6 % to .6 + 6 %: the value in the middle of 150 pixels.
  REQUIRE(html.find("<th scope=\"col\" class=\"bars\">AP <span>0.39 to 0.61</span></th>") !=
          std::string::npos);
  REQUIRE(html.find("<circle cx=\"75.0\" cy=\"8\" r=\"3.5\"/>") != std::string::npos);
  REQUIRE(occurrences(html, "<path class=\"ref\"") == 2);
  REQUIRE(occurrences(html, "<circle ") == 1);
  look.bars_before = 1;
  const auto before = Page("t").table(table, look).html();
  REQUIRE(before.find("<td class=\"bars\"") < before.find("<td class=\"tint\""));
  look.bars.pop_back();
  REQUIRE_THROWS_WITH(Page("t").table(table, look), "1 error bars for 2 rows");
}

TEST_CASE("a large heat map leaves zeros empty and takes its colours from elsewhere") {
  const HeatMap map{.title = "Confusion",
                    .columns = {"a", "b"},
                    .rows = {"a", "b"},
                    .values = {7, 0, 1, 3},
                    .strengths = {1, 0, 0.25, 0.75},
                    .large = true};
  const auto html = Page("t").heat_map(map).html();
  REQUIRE(html.find("<td style=\"--v:1.00\" class=\"strong\">7</td><td></td></tr>") != std::string::npos);
  REQUIRE(html.find("<td style=\"--v:0.29\">1</td>") != std::string::npos);
  auto broken = map;
  broken.strengths.pop_back();
  REQUIRE_THROWS_WITH(Page("t").heat_map(broken), "heat map 'Confusion' has 3 values for 2 x 2 cells");
}

TEST_CASE("a menu of one has no menu") {
  auto fill = [](Page& page) { return [&page](std::size_t i) { page.text("panel " + std::to_string(i)); }; };
  Page one("t");
  one.choice("model", {"a"}, fill(one));
  REQUIRE(one.html().find("<p>panel 0</p>") != std::string::npos);
  REQUIRE(one.html().find("<select>") == std::string::npos);
  Page two("t");
  two.choice("model", {"a", "<b>"}, fill(two));
  const auto html = two.html();
  REQUIRE(html.find("<option>a</option><option>&lt;b&gt;</option>") != std::string::npos);
  REQUIRE(occurrences(html, "<div class=\"panel\"") == 2);
  // Without script both are there under their names.
  REQUIRE(html.find("<h3 class=\"name\">&lt;b&gt;</h3>\n<p>panel 1</p>") != std::string::npos);
}
