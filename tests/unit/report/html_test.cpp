#include "ds/report/html.h"

#include "ds/report/page.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

LeaderboardEntry entry(const std::string& name) {
  LeaderboardEntry made;
  auto& e = made.evaluation;
  e.model.name = name;
  e.class_names = {"cat", "<dog>"};
  e.precision.classes.resize(2);
  e.precision.classes[0].numbers.values[0] = 0.25;
  e.precision.precision50.fill(0.5);
  e.operating.classes.resize(2);
  e.operating.sizes.resize(3);
  e.confusion = {2, {1, 0, 2, 0, 3, 0, 0, 0, 0}};
  return made;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE("a comparison holds its charts and its definitions") {
  const auto page = to_html({entry("a"), entry("b & <script>")}, {"Title", "2026-01-02"});
  REQUIRE(count(page, "<canvas ") == 4);
  REQUIRE(count(page, "\"type\":\"scatter\"") == 2);
  for (const auto* forbidden : {"src=\"http", "<link rel=\"stylesheet", "<dog>", "& <script>"})
    REQUIRE(page.find(forbidden) == std::string::npos);
  REQUIRE(page.find("b &amp; &lt;script&gt;") != std::string::npos);
  for (const auto& definition : definitions())
    REQUIRE(page.find(html_escaped(definition)) != std::string::npos);
  REQUIRE(page == to_html({entry("a"), entry("b & <script>")}, {"Title", "2026-01-02"}));
}

TEST_CASE("a comparison of nothing says so") {
  REQUIRE(to_html({}).find("<p>No evaluations.</p>") != std::string::npos);
}
