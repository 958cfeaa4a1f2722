#include <fmt/format.h>

#include <unordered_map>

#include "database/journal.h"
#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/project/image_store.h"
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

}  // namespace

std::size_t ImageStore::assign_splits() {
  WriteTransaction transaction(database_);
  // An image without a group is a group of its own, named by its bytes: copies of one file stay together.
  const std::string group =
      "CASE WHEN grp <> '' THEN 'g:' || grp WHEN sha256 <> '' THEN 's:' || sha256"
      " ELSE 'n:' || name END";
  struct Unsplit {
    std::int64_t id, revision;
    std::string group;
  };
  std::vector<Unsplit> images;
  Statement unsplit(
      database_, fmt::format("SELECT id, revision, {} FROM images WHERE split = 'none' ORDER BY id", group));
  while (unsplit.step()) images.push_back({unsplit.integer(0), unsplit.integer(1), unsplit.text(2)});
  if (images.empty()) return 0;

  // What a group has already decides for its newcomers; the oldest image wins where a user has mixed them.
  std::unordered_map<std::string, std::string> split_of_group;
  Statement assigned(database_,
                     fmt::format("SELECT {}, split FROM images WHERE split <> 'none' ORDER BY id", group));
  while (assigned.step()) split_of_group.emplace(assigned.text(0), assigned.text(1));

  Statement update(database_, "UPDATE images SET split = ?, revision = ? WHERE id = ?");
  JournalWriter journal(database_);
  for (const auto& image : images) {
    auto& split = split_of_group[image.group];
    if (split.empty()) split = to_string(split_of(database_.context().settings, image.group));
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
