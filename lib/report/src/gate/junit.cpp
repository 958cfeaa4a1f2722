#include "ds/report/gate_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <pugixml.hpp>
#include <sstream>

namespace ds {

namespace {

/// XML 1.0 cannot hold control characters, nor text that is no UTF-8; names and messages may.
std::string xml_text(const std::string& text) {
  const std::string unknown = "\xef\xbf\xbd";
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xc2 && lead < 0xe0 ? 2
                               : lead >= 0xe0 && lead < 0xf0 ? 3
                               : lead >= 0xf0 && lead < 0xf5 ? 4
                                                             : 0;
    bool whole = length > 0 && i + length <= text.size();
    for (std::size_t k = 1; whole && k < length; ++k)
      whole = (static_cast<unsigned char>(text[i + k]) & 0xc0) == 0x80;
    const bool control = lead < 0x20 && lead != '\t' && lead != '\n' && lead != '\r';
    if (!whole || control) {
      out += unknown;
      ++i;
      continue;
    }
    out += text.substr(i, length);
    i += length;
  }
  return out;
}

std::string value_text(const std::optional<double>& value) {
  return value ? fmt::format("{:.6g}", *value) : "n/a";
}

std::string numbers_of(const RuleResult& rule) {
  auto text =
      fmt::format("baseline {}, candidate {}", value_text(rule.baseline), value_text(rule.challenger));
  if (rule.interval)
    text += fmt::format(", 95 % interval {:.6g} to {:.6g}", rule.interval->low, rule.interval->high);
  return text;
}

void add_case(pugi::xml_node suite, const RuleResult& rule) {
  auto test = suite.append_child("testcase");
  test.append_attribute("classname") = "ds-compare.gate";
  test.append_attribute("name") = xml_text(rule.rule.text()).c_str();
  if (rule.verdict == Verdict::pass) {
    test.append_child("system-out").text() = xml_text(rule.reason + "\n" + numbers_of(rule)).c_str();
    return;
  }
  auto problem = test.append_child(rule.verdict == Verdict::regression ? "failure" : "error");
  problem.append_attribute("type") = to_string(rule.verdict).c_str();
  problem.append_attribute("message") = xml_text(rule.reason).c_str();
  problem.text() = numbers_of(rule).c_str();
}

}  // namespace

std::string gate_junit(const GateResult& result, const std::string& baseline, const std::string& candidate) {
  auto count = [&](Verdict verdict) {
    return std::count_if(result.rules.begin(), result.rules.end(),
                         [&](const auto& rule) { return rule.verdict == verdict; });
  };
  pugi::xml_document document;
  auto declaration = document.append_child(pugi::node_declaration);
  declaration.append_attribute("version") = "1.0";
  declaration.append_attribute("encoding") = "UTF-8";
  auto suites = document.append_child("testsuites");
  auto suite = suites.append_child("testsuite");
  suite.append_attribute("name") =
      xml_text(fmt::format("ds-compare gate: {} against {}", candidate, baseline)).c_str();
  suite.append_attribute("tests") = static_cast<unsigned long long>(result.rules.size());
  suite.append_attribute("failures") = static_cast<long long>(count(Verdict::regression));
  suite.append_attribute("errors") = static_cast<long long>(count(Verdict::not_enough_data));
  auto properties = suite.append_child("properties");
  auto property = [&](const char* name, const std::string& value) {
    auto node = properties.append_child("property");
    node.append_attribute("name") = name;
    node.append_attribute("value") = xml_text(value).c_str();
  };
  property("verdict", to_string(result.verdict));
  property("baseline", baseline);
  property("candidate", candidate);
  property("groups", std::to_string(result.groups));
  if (result.smallest_difference) property("smallest_difference", value_text(result.smallest_difference));
  for (const auto& rule : result.rules) add_case(suite, rule);
  std::ostringstream out;
  document.save(out, "  ");
  return out.str();
}

}  // namespace ds
