#include "ds/labeling/worker_stats.h"

#include <algorithm>
#include <map>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds {

std::vector<ActivityRow> activity(Project& project, const std::string& by) {
  if (by != "worker" && by != "day") throw_unknown_name("grouping", by, {"worker", "day"});
  std::map<std::string, ActivityRow> rows;
  for (const auto& count : project.images().activity()) {
    auto& row = rows[by == "worker" ? count.user : count.day];
    row.key = by == "worker" ? count.user : count.day;
    auto& field = count.action == "annotate" ? row.edits
                  : count.action == "accept" ? row.accepted
                  : count.action == "reject" ? row.rejected
                                             : row.other;
    field += count.entries;
    row.last = std::max(row.last, count.last);
  }
  std::vector<ActivityRow> sorted;
  for (auto& [key, row] : rows) sorted.push_back(std::move(row));
  if (by == "worker")
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const ActivityRow& a, const ActivityRow& b) { return a.edits > b.edits; });
  return sorted;
}

}  // namespace ds
