#include "printing.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "ds/base/charset.h"
#include "ds/base/files.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/importing/add_sources.h"

namespace ds::import_tool {

void log_issues(const std::vector<Issue>& issues, std::size_t limit, bool keep_going) {
  std::map<std::string, std::size_t> shown;
  for (const auto& issue : issues) {
    if (limit != 0 && ++shown[issue.code] > limit) continue;
    auto text = fmt::format("{}: {} [{}]", issue.location.to_string(), issue.message, issue.code);
    if (issue.severity == Severity::note)
      log::info(text);
    else if (!keep_going && loses_objects(issue))
      log::error(text);
    else
      log::warning(text);
  }
  for (const auto& [code, count] : shown)
    if (count > limit)
      log::warning(fmt::format("and {} more {} (all with --verbose or --json)", count - limit, code));
}

void warn_of_incomplete(const std::vector<std::string>& names, const std::string& what, std::size_t limit) {
  if (names.empty()) return;
  auto shown = names;
  if (limit != 0 && shown.size() > limit) shown.resize(limit);
  auto more = names.size() > shown.size() ? fmt::format(" and {} more", names.size() - shown.size()) : "";
  log::warning(fmt::format("labels that cannot be read are left out of {}, {}: {}{}",
                           counted(static_cast<std::int64_t>(names.size()), "image"), what, join(shown, ", "),
                           more));
}

nlohmann::ordered_json issue_json(const Issue& issue) {
  nlohmann::ordered_json json = {{"code", issue.code},
                                 {"severity", to_string(issue.severity)},
                                 {"file", printable(issue.location.path.string())}};
  if (issue.location.line) json["line"] = *issue.location.line;
  if (!issue.location.pointer.empty()) json["place"] = issue.location.pointer;
  json["message"] = issue.message;
  if (!issue.files.empty()) json["files"] = issue.files;
  return json;
}

void warn_of_unreadable(const std::map<std::string, std::string>& unreadable) {
  std::vector<std::string> messages;
  for (const auto& [name, why] : unreadable) messages.push_back(name + ": " + why);
  log::warnings(messages);
}

void print_proof(Context& context, const Proof& proof) {
  context.out.line("read back: " + proof.to_string());
  for (const auto& remark : proof.remarks) log::info(remark);
}

nlohmann::ordered_json proof_json(const Proof& proof) {
  return {{"images", proof.images},
          {"objects", proof.objects},
          {"tags", proof.tags},
          {"kinds", proof.kinds},
          {"largest_error", proof.largest_error},
          {"lost", proof.lost},
          {"remarks", proof.remarks}};
}

nlohmann::ordered_json losses_json(const LossReport& losses) {
  auto json = nlohmann::ordered_json::object();
  for (const auto& [kind, loss] : losses.kinds) json[kind] = {{"count", loss.count}, {"what", loss.what}};
  return json;
}

void write_issues(Context& context, const std::string& file, const std::vector<Issue>& issues) {
  if (file == "-") {
    for (const auto& issue : issues) context.out.json_line(issue_json(issue));
    return;
  }
  std::string text;
  for (const auto& issue : issues)
    text += issue_json(issue).dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  if (context.shared.dry_run)
    log::info("would write " + file);
  else
    write_file_atomically(file, text);
}

}  // namespace ds::import_tool
