#include "ds/runs/findings.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/error.h"

namespace ds {

using Json = nlohmann::ordered_json;

std::string to_json_text(const std::vector<DataFinding>& findings) {
  Json list = Json::array();
  for (const auto& finding : findings)
    list.push_back({{"kind", finding.kind},
                    {"fatal", finding.fatal},
                    {"message", finding.message},
                    {"advice", finding.advice},
                    {"images", finding.images}});
  return Json{{"findings", list}}.dump(2) + "\n";
}

std::vector<DataFinding> data_findings_from_json(const std::string& text, const std::filesystem::path& file) {
  try {
    const auto json = Json::parse(text);
    std::vector<DataFinding> findings;
    for (const auto& entry : json.at("findings"))
      findings.push_back({entry.at("kind").get<std::string>(), entry.at("fatal").get<bool>(),
                          entry.at("message").get<std::string>(), entry.at("advice").get<std::string>(),
                          entry.at("images").get<std::vector<std::string>>()});
    return findings;
  } catch (const Json::exception& error) {
    throw FormatError({file}, fmt::format("not the findings of a run: {}", error.what()));
  }
}

}  // namespace ds
