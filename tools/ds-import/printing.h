#pragma once

#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "ds/cli/tool.h"
#include "ds/formats/annotation_format.h"
#include "ds/formats/proof.h"
#include "ds/project/snapshot_diff.h"

/// What several verbs do the same way.
namespace ds::import_tool {

/// Issues as messages on stderr, at most `limit` of each kind (0: all). Errors are only those that end the command:
/// an issue that is lived with is a warning.
void log_issues(const std::vector<Issue>& issues, std::size_t limit, bool keep_going);
nlohmann::ordered_json issue_json(const Issue& issue);

/// Says which images lack labels that could not be read, and `what` they are now.
void warn_of_incomplete(const std::vector<std::string>& names, const std::string& what, std::size_t limit);

/// What reading back has shown, as lines.
/// Pictures that could not be compared, with the reason.
void warn_of_unreadable(const std::map<std::string, std::string>& unreadable);

void print_proof(Context& context, const Proof& proof);
nlohmann::ordered_json proof_json(const Proof& proof);

nlohmann::ordered_json losses_json(const LossReport& losses);

/// How two versions differ; what `snapshot diff` says, and `snapshot restore --dry-run` first.
void print_difference(Context& context, const DatasetDiff& diff);

/// Every issue as one JSON object a line; "-" is stdout.
void write_issues(Context& context, const std::string& file, const std::vector<Issue>& issues);

}  // namespace ds::import_tool
