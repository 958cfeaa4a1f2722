#include "ds/project/class_store.h"

#include <fmt/format.h>

#include <set>

#include "ds/base/error.h"
#include "image_change.h"
#include "image_rows.h"
#include "journal.h"
#include "json_text.h"

namespace ds {
namespace {

std::string class_json(const ClassInfo& info) {
  return fmt::format("{{\"class_id\":{},\"color\":{},\"name\":{},\"supercategory\":{}}}", info.id,
                     json_string(info.color), json_string(info.name), json_string(info.supercategory));
}

void check_new_name(const ClassList& classes, const std::string& name) {
  if (name.empty() || !is_utf8(name)) throw UsageError("a class needs a name (UTF-8)");
  if (classes.find(name)) throw UsageError(fmt::format("class '{}' is there already", name));
}

/// Rewrites every image that has annotations of `class_id` with `change`, one journal entry each; how many
/// annotations it concerned.
std::int64_t change_images_of(Database& database, const ClassList& classes, int class_idx,
                              const std::string& comment, const std::function<void(Image&)>& change) {
  std::vector<std::int64_t> ids;
  Statement row(database, "SELECT DISTINCT image_id FROM annotations WHERE class_id = ? ORDER BY image_id");
  for (row.bind(classes[class_idx].id); row.step();) ids.push_back(row.integer(0));
  std::int64_t changed = 0;
  JournalWriter journal(database);
  for (auto id : ids) {
    auto before = *read_image(database, id);
    for (const auto& a : before.annotations) changed += a.class_idx == class_idx;
    auto after = before;
    change(after);
    write_change(database, journal, before, after, classes, {.action = "class", .comment = comment});
  }
  return changed;
}

void write_positions(Database& database, const std::vector<int>& class_ids) {
  Statement update(database, "UPDATE classes SET position = ? WHERE id = ?");
  int position = 0;
  for (int id : class_ids) update.run(position++, id);
}

void retire(Database& database, const ClassList& classes, int class_idx, std::optional<int> merged_into) {
  database.run("UPDATE classes SET position = NULL, merged_into = ? WHERE id = ?", merged_into,
               classes[class_idx].id);
  std::vector<int> rest;
  for (int i = 0; i < classes.size(); ++i)
    if (i != class_idx) rest.push_back(classes[i].id);
  write_positions(database, rest);
}

bool is_color(const std::string& color) {
  return color.size() == 7 && color[0] == '#' &&
         color.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
}

void check_color(const std::string& color) {
  if (!is_color(color)) throw UsageError(fmt::format("'{}' is not a colour; write it as #rrggbb", color));
}

}  // namespace

ClassList ClassStore::list() const {
  ReadTransaction transaction(database_);
  return read_classes(database_);
}

ClassInfo ClassStore::add(const std::string& name, const std::string& color,
                          const std::string& supercategory) {
  WriteTransaction transaction(database_);
  auto classes = read_classes(database_);
  check_new_name(classes, name);
  if (!color.empty()) check_color(color);
  ClassInfo info{.name = name, .color = color, .supercategory = supercategory};
  if (info.color.empty()) info.color = palette_color(classes.size());
  database_.run("INSERT INTO classes(name, color, supercategory, position) VALUES(?, ?, ?, ?)", info.name,
                info.color, info.supercategory, classes.size());
  info.id = static_cast<int>(database_.last_insert_id());
  append_journal(database_, "class", "{}", class_json(info));
  transaction.commit();
  return info;
}

void ClassStore::rename(const std::string& name, const std::string& new_name) {
  WriteTransaction transaction(database_);
  auto classes = read_classes(database_);
  auto info = classes[classes.index_of(name)];
  if (name == new_name) return;
  check_new_name(classes, new_name);
  auto before = class_json(info);
  info.name = new_name;
  database_.run("UPDATE classes SET name = ? WHERE id = ?", new_name, info.id);
  append_journal(database_, "class", before, class_json(info));
  transaction.commit();
}

void ClassStore::set_color(const std::string& name, const std::string& color) {
  WriteTransaction transaction(database_);
  auto classes = read_classes(database_);
  auto info = classes[classes.index_of(name)];
  check_color(color);
  if (info.color == color) return;
  auto before = class_json(info);
  info.color = color;
  database_.run("UPDATE classes SET color = ? WHERE id = ?", color, info.id);
  append_journal(database_, "class", before, class_json(info));
  transaction.commit();
}

std::int64_t ClassStore::merge(const std::string& from, const std::string& into) {
  WriteTransaction transaction(database_);
  auto classes = read_classes(database_);
  int from_idx = classes.index_of(from), into_idx = classes.index_of(into);
  if (from_idx == into_idx) throw UsageError(fmt::format("class '{}' cannot be merged into itself", from));
  auto changed = change_images_of(database_, classes, from_idx, fmt::format("merged {} into {}", from, into),
                                  [&](Image& image) {
                                    for (auto& a : image.annotations)
                                      if (a.class_idx == from_idx) a.class_idx = into_idx;
                                  });
  retire(database_, classes, from_idx, classes[into_idx].id);
  append_journal(database_, "class", class_json(classes[from_idx]),
                 fmt::format("{{\"merged_into\":{}}}", class_json(classes[into_idx])));
  transaction.commit();
  return changed;
}

std::int64_t ClassStore::remove(const std::string& name, bool with_annotations) {
  WriteTransaction transaction(database_);
  auto classes = read_classes(database_);
  int idx = classes.index_of(name);
  auto used = database_.integer("SELECT count(*) FROM annotations WHERE class_id = ?", classes[idx].id);
  if (used > 0 && !with_annotations)
    throw UsageError(fmt::format("class '{}' has {} annotations", name, used),
                     "merge it into another class, or remove it with its annotations");
  auto removed =
      change_images_of(database_, classes, idx, fmt::format("removed class {}", name), [&](Image& image) {
        std::erase_if(image.annotations, [&](const Annotation& a) { return a.class_idx == idx; });
      });
  retire(database_, classes, idx, std::nullopt);
  append_journal(database_, "class", class_json(classes[idx]), "{}");
  transaction.commit();
  return removed;
}

void ClassStore::reorder(const std::vector<std::string>& names) {
  WriteTransaction transaction(database_);
  auto classes = read_classes(database_);
  std::vector<int> ids;
  std::set<std::string> seen;
  for (const auto& name : names) {
    ids.push_back(classes[classes.index_of(name)].id);
    if (!seen.insert(name).second) throw UsageError(fmt::format("class '{}' is given twice", name));
  }
  for (const auto& info : classes)
    if (!seen.contains(info.name))
      throw UsageError(fmt::format("class '{}' is missing in the new order", info.name));
  auto order_json = [](const std::vector<std::string>& order) {
    std::string text = "{\"order\":[";
    for (const auto& name : order) text += (text.back() == '[' ? "" : ",") + json_string(name);
    return text + "]}";
  };
  if (names == classes.names()) return;
  write_positions(database_, ids);
  append_journal(database_, "class", order_json(classes.names()), order_json(names));
  transaction.commit();
}

}  // namespace ds
