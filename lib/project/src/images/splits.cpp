#include <fmt/format.h>

#include <unordered_map>

#include "database/journal.h"
#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/project/image_store.h"
#include "images/group_pattern.h"
#include "images/rows.h"
#include "text/json_text.h"

namespace ds {
using namespace detail;

namespace {

Split split_of(const ProjectSettings& settings, const std::string& group) {
  double place = keyed_unit(settings.split_key, group);
  if (place < settings.split_train) return Split::train;
  if (place < settings.split_train + settings.split_val) return Split::val;
  // The shares sum to 1 only to rounding: without a test share nothing falls into it.
  return settings.split_test > 0 ? Split::test : settings.split_val > 0 ? Split::val : Split::train;
}

// An image without a group is a group of its own, named by its bytes: copies of one file stay together.
constexpr const char* kGroup =
    "CASE WHEN grp <> '' THEN 'g:' || grp WHEN sha256 <> '' THEN 's:' || sha256 ELSE 'n:' || name END";

// The same of an image that is not stored yet.
std::string group_of_newcomer(const Image& image, const GroupPattern& pattern) {
  if (auto group = pattern.group_of(image); !group.empty()) return "g:" + group;
  return image.sha256.empty() ? "n:" + image.name : "s:" + image.sha256;
}

/// What a group has already decides for its newcomers; the oldest image wins where a user has mixed them.
class GroupSplits {
 public:
  explicit GroupSplits(Database& database) : settings_(database.context().settings) {
    Statement assigned(database,
                       fmt::format("SELECT {}, split FROM images WHERE split <> 'none' ORDER BY id", kGroup));
    while (assigned.step()) split_of_.emplace(assigned.text(0), assigned.text(1));
  }
  void has(const std::string& group, Split split) { split_of_.emplace(group, to_string(split)); }
  const std::string& of(const std::string& group) {
    auto& split = split_of_[group];
    if (split.empty()) split = to_string(split_of(settings_, group));
    return split;
  }

 private:
  const ProjectSettings& settings_;
  std::unordered_map<std::string, std::string> split_of_;
};

}  // namespace

std::vector<Split> ImageStore::splits_to_come(const std::vector<const Image*>& newcomers) const {
  GroupPattern pattern(database_.context().settings.group_pattern);
  GroupSplits groups(database_);
  for (const auto* image : newcomers)
    if (image->split != Split::none) groups.has(group_of_newcomer(*image, pattern), image->split);
  std::vector<Split> splits;
  for (const auto* image : newcomers)
    splits.push_back(image->split != Split::none
                         ? image->split
                         : split_from_string(groups.of(group_of_newcomer(*image, pattern))));
  return splits;
}

std::size_t ImageStore::assign_splits() {
  WriteTransaction transaction(database_);
  struct Unsplit {
    std::int64_t id, revision;
    std::string group;
  };
  std::vector<Unsplit> images;
  Statement unsplit(
      database_, fmt::format("SELECT id, revision, {} FROM images WHERE split = 'none' ORDER BY id", kGroup));
  while (unsplit.step()) images.push_back({unsplit.integer(0), unsplit.integer(1), unsplit.text(2)});
  if (images.empty()) return 0;

  GroupSplits groups(database_);
  Statement update(database_, "UPDATE images SET split = ?, revision = ? WHERE id = ?");
  JournalWriter journal(database_);
  for (const auto& image : images) {
    const auto& split = groups.of(image.group);
    update.run(split, image.revision + 1, image.id);
    journal.append({.action = "split",
                    .image_id = image.id,
                    .revision = image.revision + 1,
                    .before = "{\"split\":\"none\"}",
                    .after = fmt::format("{{\"split\":\"{}\"}}", split)});
  }
  transaction.commit();
  return images.size();
}

std::size_t ImageStore::place(const std::vector<Placement>& placements) {
  WriteTransaction transaction(database_);
  Statement read(database_, "SELECT split, grp, revision FROM images WHERE id = ?");
  Statement update(database_, "UPDATE images SET split = ?, grp = ?, revision = ? WHERE id = ?");
  JournalWriter journal(database_);
  std::size_t changed = 0;
  for (const auto& to : placements) {
    read.bind(to.id);
    if (!read.step()) throw UsageError(fmt::format("there is no image #{}", to.id));
    auto split = read.text(0), group = read.text(1), wanted = to_string(to.split);
    auto revision = read.integer(2) + 1;
    if (split == wanted && group == to.group) continue;
    std::string before, after;
    if (group != to.group) {
      before = fmt::format("\"group\":{}", json_string(group));
      after = fmt::format("\"group\":{}", json_string(to.group));
    }
    if (split != wanted) {
      auto comma = before.empty() ? "" : ",";
      before += fmt::format("{}\"split\":\"{}\"", comma, split);
      after += fmt::format("{}\"split\":\"{}\"", comma, wanted);
    }
    update.run(wanted, to.group, revision, to.id);
    journal.append({.action = group != to.group ? "group" : "split",
                    .image_id = to.id,
                    .revision = revision,
                    .before = "{" + before + "}",
                    .after = "{" + after + "}"});
    ++changed;
  }
  transaction.commit();
  return changed;
}

}  // namespace ds
