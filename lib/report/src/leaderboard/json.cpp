#include <nlohmann/json.hpp>

#include "ds/report/leaderboard.h"
#include "tables/optional_numbers.h"

namespace ds {

namespace {

using Json = nlohmann::ordered_json;

using detail::interval_or_null;
using detail::number_or_null;

Json entry_json(const LeaderboardEntry& entry) {
  auto json = to_json(entry.evaluation);
  json.erase("curves");
  json.erase("confusion");
  for (auto& one : json["classes"]) one.erase("precision50");
  if (!entry.settings.empty()) json["settings"] = entry.settings;
  if (entry.common_edges)
    json["common_rmse"] = {{"rmse", number_or_null(entry.common_edges->rmse)},
                           {"rmse_px", number_or_null(entry.common_edges->rmse_px)},
                           {"pairs", entry.common_edges->pairs}};
  if (entry.behind_best) json["behind_best"] = interval_or_null(entry.behind_best);
  if (entry.rank) {
    json["rank"] = Json::array({entry.rank->best, entry.rank->worst});
    json["tied_with_best"] = entry.tied_with_best;
  }
  if (entry.olrp) json["olrp"] = *entry.olrp;
  if (entry.d_ece) json["d_ece"] = *entry.d_ece;
  return json;
}

}  // namespace

nlohmann::ordered_json leaderboard_json(const std::vector<LeaderboardEntry>& entries,
                                        const LeaderboardOptions& options) {
  Json models = Json::array();
  for (const auto& entry : entries) models.push_back(entry_json(entry));
  Json json = {{"format", "ds-leaderboard"}, {"version", 1}, {"models", models}};
  if (options.pairwise == nullptr) return json;
  Json pairs = Json::array();
  for (const auto& pair : options.pairwise->pairs)
    pairs.push_back({{"a", options.names.at(pair.a)},
                     {"b", options.names.at(pair.b)},
                     {"difference", pair.difference},
                     {"interval_95", interval_or_null(pair.interval)},
                     {"p", pair.p_value},
                     {"p_holm", pair.p_adjusted},
                     {"smallest_difference", number_or_null(pair.smallest_difference)}});
  json["pairs"] = pairs;
  json["smallest_difference"] = number_or_null(options.pairwise->smallest_difference);
  json["groups"] = options.pairwise->groups;
  return json;
}

}  // namespace ds
