#include "ds/project/capture_store.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "database/database.h"
#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds {
using namespace detail;

namespace {

constexpr const char* kCaptureColumns =
    "sha256, deployment, model_id, generation, lane, probability, reason, holdout, captured_at, detections,"
    " image_id";

CaptureRecord capture_from_row(Statement& row) {
  return {.sha256 = row.text(0),
          .deployment = row.text(1),
          .model_id = row.text(2),
          .generation = row.integer(3),
          .lane = row.text(4),
          .probability = row.real(5),
          .reason = row.text(6),
          .holdout = row.integer(7) != 0,
          .captured_at = row.text(8),
          .detections = row.text(9),
          .image_id = row.integer(10)};
}

/// Reads one member; a wrong type or a missing one is a FormatError with its JSON pointer.
template <typename Value>
void take(const nlohmann::json& json, const char* key, const std::filesystem::path& file, Value& value,
          bool needed = false) {
  auto found = json.find(key);
  if (found == json.end() || found->is_null()) {
    if (!needed) return;
    throw FormatError({.path = file}, fmt::format("the member '{}' is missing", key));
  }
  try {
    value = found->get<Value>();
  } catch (const nlohmann::json::exception& error) {
    throw FormatError({.path = file, .pointer = std::string("/") + key}, error.what());
  }
}

}  // namespace

std::string capture_to_json(const CaptureRecord& c) {
  nlohmann::json json{{"sha256", c.sha256},
                      {"deployment", c.deployment},
                      {"model", c.model_id},
                      {"generation", c.generation},
                      {"lane", c.lane},
                      {"probability", c.probability},
                      {"reason", c.reason},
                      {"holdout", c.holdout},
                      {"captured_at", c.captured_at}};
  auto detections = nlohmann::json::parse(c.detections, nullptr, false);
  json["detections"] = c.detections.empty()        ? nlohmann::json::array()
                       : detections.is_discarded() ? nlohmann::json(c.detections)
                                                   : detections;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

CaptureRecord capture_from_json(const std::string& text, const std::filesystem::path& file) {
  nlohmann::json json;
  try {
    json = nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    throw FormatError({.path = file, .offset = static_cast<std::int64_t>(error.byte)}, error.what());
  } catch (const nlohmann::json::out_of_range& error) {
    throw FormatError({.path = file}, error.what());
  }
  if (!json.is_object()) throw FormatError({.path = file}, "a capture is one JSON object");
  CaptureRecord c;
  take(json, "sha256", file, c.sha256, true);
  if (c.sha256.size() != 64 || c.sha256.find_first_not_of("0123456789abcdef") != std::string::npos)
    throw FormatError({.path = file, .pointer = "/sha256"},
                      fmt::format("'{}' is not a SHA-256 of 64 hex digits", c.sha256));
  take(json, "deployment", file, c.deployment, true);
  take(json, "model", file, c.model_id);
  take(json, "generation", file, c.generation);
  take(json, "lane", file, c.lane, true);
  if (c.lane != "uniform" && c.lane != "interest")
    throw FormatError({.path = file, .pointer = "/lane"},
                      fmt::format("found '{}', expected uniform or interest", c.lane));
  take(json, "probability", file, c.probability);
  take(json, "reason", file, c.reason);
  take(json, "holdout", file, c.holdout);
  take(json, "captured_at", file, c.captured_at);
  if (auto found = json.find("detections"); found != json.end())
    c.detections = found->is_string() ? found->get<std::string>() : found->dump();
  return c;
}

bool CaptureStore::add(const CaptureRecord& c) {
  WriteTransaction transaction(database_);
  int added = database_.run(fmt::format("INSERT INTO captures({}) VALUES(?,?,?,?,?,?,?,?,?,?,?)"
                                        " ON CONFLICT(sha256, deployment) DO NOTHING",
                                        kCaptureColumns),
                            c.sha256, c.deployment, c.model_id, c.generation, c.lane, c.probability, c.reason,
                            c.holdout, c.captured_at, c.detections, c.image_id);
  transaction.commit();
  return added > 0;
}

void CaptureStore::set_image(const std::string& sha256, const std::string& deployment,
                             std::int64_t image_id) {
  WriteTransaction transaction(database_);
  if (database_.run("UPDATE captures SET image_id = ? WHERE sha256 = ? AND deployment = ?", image_id, sha256,
                    deployment) == 0)
    throw UsageError(fmt::format("there is no capture {} of deployment '{}'", sha256, deployment));
  transaction.commit();
}

std::vector<CaptureRecord> CaptureStore::list(const std::string& deployment,
                                              std::optional<bool> collected) const {
  ReadTransaction transaction(database_);
  std::vector<CaptureRecord> captures;
  const char* condition = !collected ? "1" : *collected ? "image_id <> 0" : "image_id = 0";
  Statement row(database_, fmt::format("SELECT {} FROM captures WHERE (?1 = '' OR deployment = ?1) AND {}"
                                       " ORDER BY captured_at, id",
                                       kCaptureColumns, condition));
  row.bind(deployment);
  while (row.step()) captures.push_back(capture_from_row(row));
  return captures;
}

std::size_t CaptureStore::forget(const std::string& sha256) {
  WriteTransaction transaction(database_);
  auto forgotten = database_.run("DELETE FROM captures WHERE sha256 = ?", sha256);
  transaction.commit();
  return static_cast<std::size_t>(forgotten);
}

}  // namespace ds
