#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "database/journal.h"
#include "ds/base/error.h"
#include "ds/project/image_store.h"
#include "images/change.h"
#include "images/rows.h"
#include "text/json_text.h"

namespace ds {
using namespace detail;

namespace {

/// Class ids that the journal speaks of, as indices of today: merged classes are followed.
class ClassesOverTime {
 public:
  ClassesOverTime(Database& database, const ClassList& classes) : classes_(classes) {
    Statement row(database, "SELECT id, name, merged_into FROM classes");
    while (row.step()) {
      names_[row.integer(0)] = row.text(1);
      if (auto into = row.optional_integer(2)) merged_[row.integer(0)] = *into;
    }
  }
  std::optional<int> idx_of(std::int64_t class_id) const {
    for (auto next = merged_.find(class_id); next != merged_.end(); next = merged_.find(class_id))
      class_id = next->second;
    return classes_.find_id(static_cast<int>(class_id));
  }
  [[noreturn]] void refuse(std::int64_t class_id) const {
    auto found = names_.find(class_id);
    throw UsageError(fmt::format("cannot take this back: class '{}' has been removed since",
                                 found == names_.end() ? fmt::format("#{}", class_id) : found->second));
  }

 private:
  const ClassList& classes_;
  std::map<std::int64_t, std::string> names_;
  std::map<std::int64_t, std::int64_t> merged_;
};

enum class GoneClass { skip, refuse };

std::map<std::int64_t, Annotation> annotations_of(const nlohmann::json& state, const ClassesOverTime& classes,
                                                  GoneClass gone) {
  std::map<std::int64_t, Annotation> annotations;
  if (!state.contains("annotations")) return annotations;
  for (const auto& json : state["annotations"]) {
    auto class_id = json.at("class_id").get<std::int64_t>();
    auto idx = classes.idx_of(class_id);
    if (!idx && gone == GoneClass::skip) continue;
    if (!idx) classes.refuse(class_id);
    auto annotation = annotation_from_json(json, *idx);
    annotations.emplace(annotation.id, std::move(annotation));
  }
  return annotations;
}

/// A class that was merged may now be named twice: it is present where either was.
std::vector<ImageTag> tags_of(const nlohmann::json& state, const ClassesOverTime& classes, GoneClass gone) {
  std::map<int, bool> present;
  for (const auto& json : state.at("tags")) {
    auto class_id = json.at("class_id").get<std::int64_t>();
    auto idx = classes.idx_of(class_id);
    if (!idx && gone == GoneClass::skip) continue;
    if (!idx) classes.refuse(class_id);
    present[*idx] = present[*idx] || json.value("present", true);
  }
  std::vector<ImageTag> tags;
  for (auto [class_idx, is_present] : present) tags.push_back({class_idx, is_present});
  return tags;
}

const Annotation* find(const std::vector<Annotation>& annotations, std::int64_t id) {
  for (const auto& a : annotations)
    if (a.id == id) return &a;
  return nullptr;
}

/// True when the image still is as the entry left it.
bool still_as_left(const Image& image, const nlohmann::json& before, const nlohmann::json& after,
                   const ClassesOverTime& classes) {
  auto differs = [&](const char* key, const std::string& now) {
    return after.contains(key) && after[key].get<std::string>() != now;
  };
  if (differs("state", to_string(image.state)) || differs("split", to_string(image.split)) ||
      differs("assignee", image.assignee) || differs("group", image.group))
    return false;
  if (after.contains("attributes") && attributes_from_json(after["attributes"].dump()) != image.attributes)
    return false;
  if (after.contains("tags") && tags_of(after, classes, GoneClass::skip) != image.tags) return false;
  auto left = annotations_of(after, classes, GoneClass::skip);
  for (const auto& [id, annotation] : left) {
    const auto* now = find(image.annotations, id);
    if (now == nullptr || *now != annotation) return false;
  }
  for (const auto& [id, annotation] : annotations_of(before, classes, GoneClass::skip))
    if (!left.contains(id) && find(image.annotations, id) != nullptr) return false;
  return true;
}

Image taken_back(Image image, const nlohmann::json& before, const nlohmann::json& after,
                 const ClassesOverTime& classes) {
  if (before.contains("state")) image.state = image_state_from_string(before["state"].get<std::string>());
  if (before.contains("split")) image.split = split_from_string(before["split"].get<std::string>());
  if (before.contains("assignee")) image.assignee = before["assignee"].get<std::string>();
  if (before.contains("group")) image.group = before["group"].get<std::string>();
  if (before.contains("attributes")) image.attributes = attributes_from_json(before["attributes"].dump());
  if (before.contains("tags")) image.tags = tags_of(before, classes, GoneClass::refuse);
  auto added = annotations_of(after, classes, GoneClass::skip);
  std::erase_if(image.annotations, [&](const Annotation& a) { return added.contains(a.id); });
  for (auto& [id, annotation] : annotations_of(before, classes, GoneClass::refuse))
    image.annotations.push_back(annotation);
  return image;
}

std::optional<JournalEntry> newest_to_undo(Database& database, std::int64_t image_id) {
  Statement row(database, fmt::format("SELECT {} FROM journal j WHERE j.image_id = ? AND j.undoes IS NULL"
                                      " AND j.action NOT IN ('add-image', 'class', 'split')"
                                      " AND (j.before <> '{{}}' OR j.after <> '{{}}')"
                                      " AND NOT EXISTS (SELECT 1 FROM journal u WHERE u.undoes = j.id)"
                                      " ORDER BY j.id DESC LIMIT 1",
                                      kJournalColumns));
  row.bind(image_id);
  if (!row.step()) return std::nullopt;
  return journal_from_row(row);
}

}  // namespace

std::vector<JournalEntry> ImageStore::history(std::int64_t image_id, std::size_t limit) const {
  ReadTransaction transaction(database_);
  std::vector<JournalEntry> entries;
  Statement row(database_, fmt::format("SELECT {} FROM journal j {} ORDER BY j.id DESC LIMIT ?",
                                       kJournalColumns, image_id == 0 ? "" : "WHERE j.image_id = ?"));
  auto rows = limit == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(limit);
  if (image_id == 0)
    row.bind(rows);
  else
    row.bind(image_id, rows);
  while (row.step()) entries.push_back(journal_from_row(row));
  return entries;
}

std::map<std::int64_t, JournalEntry> ImageStore::blame(std::int64_t image_id) const {
  ReadTransaction transaction(database_);
  auto entries = history(image_id);
  auto image = get(image_id);
  std::map<std::int64_t, JournalEntry> last;
  const JournalEntry* added = nullptr;
  for (const auto& entry : entries) {  // newest first: the first that names an annotation counts
    if (entry.action == "add-image") added = &entry;
    auto after = nlohmann::json::parse(entry.after);
    if (!after.contains("annotations")) continue;
    for (const auto& json : after["annotations"]) last.emplace(json.at("id").get<std::int64_t>(), entry);
  }
  std::map<std::int64_t, JournalEntry> result;
  for (const auto& annotation : image.annotations) {
    auto found = last.find(annotation.id);
    if (found != last.end())
      result.emplace(*found);
    else if (added != nullptr)
      result.emplace(annotation.id, *added);
  }
  return result;
}

JournalEntry ImageStore::undo(std::int64_t image_id) {
  WriteTransaction transaction(database_);
  auto image = read_image(database_, image_id);
  if (!image) throw UsageError(fmt::format("there is no image #{}", image_id));
  auto entry = newest_to_undo(database_, image_id);
  if (!entry) throw UsageError(fmt::format("there is nothing to take back on image '{}'", image->name));
  auto classes = read_classes(database_);
  ClassesOverTime over_time(database_, classes);
  auto before = nlohmann::json::parse(entry->before), after = nlohmann::json::parse(entry->after);
  if (!still_as_left(*image, before, after, over_time))
    throw Busy(fmt::format("image '{}' is not as journal entry #{} ({} by {} at {}) left it", image->name,
                           entry->id, entry->action, entry->user, entry->time),
               "look at the image's history, and change it by hand");
  auto back = taken_back(*image, before, after, over_time);
  JournalWriter journal(database_);
  auto id = write_change(database_, journal, *image, back, classes,
                         {.action = "undo",
                          .comment = fmt::format("takes back {} by {}", entry->action, entry->user),
                          .undoes = entry->id});
  transaction.commit();
  Statement row(database_, fmt::format("SELECT {} FROM journal j WHERE j.id = ?", kJournalColumns));
  row.bind(id);
  row.step();
  return journal_from_row(row);
}

}  // namespace ds
