#include "ds/project/class_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include <functional>

#include "classes/rows.h"
#include "database/journal.h"
#include "ds/base/charset.h"
#include "ds/base/error.h"
#include "images/change.h"
#include "images/rows.h"
#include "text/json_text.h"

namespace ds {
using namespace detail;

namespace {

void check_new_name(const ClassList& classes, const std::string& name) {
  if (name.empty()) throw UsageError("a class needs a name");
  if (!is_utf8(name)) throw UsageError(fmt::format("the name of class '{}' is not UTF-8", printable(name)));
  if (classes.find(name)) throw UsageError(fmt::format("class '{}' is there already", name));
}

/// Rewrites every image that has annotations or tags of `class_id` with `change`, one journal entry each; how
/// many annotations it concerned.
std::int64_t change_images_of(Database& database, const ClassList& classes, int class_idx,
                              const std::string& comment, const std::function<void(Image&)>& change) {
  std::vector<std::int64_t> ids;
  Statement row(database,
                "SELECT image_id FROM annotations WHERE class_id = ?1"
                " UNION SELECT image_id FROM image_tags WHERE class_id = ?1 ORDER BY image_id");
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

/// Where one of the two is present, the merged class is.
void merge_tags(std::vector<ImageTag>& tags, int from_idx, int into_idx) {
  auto tag_of = [&](int class_idx) {
    return std::find_if(tags.begin(), tags.end(),
                        [&](const auto& tag) { return tag.class_idx == class_idx; });
  };
  auto from = tag_of(from_idx), into = tag_of(into_idx);
  if (from == tags.end()) return;
  if (into == tags.end()) {
    from->class_idx = into_idx;
    return;
  }
  into->present = into->present || from->present;
  tags.erase(from);
}

bool is_color(const std::string& color) {
  return color.size() == 7 && color[0] == '#' &&
         color.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos;
}

void check_color(const std::string& color) {
  if (!is_color(color)) throw UsageError(fmt::format("'{}' is not a colour; write it as #rrggbb", color));
}

void check_key_points(const std::string& name, const std::vector<std::string>& key_points,
                      const std::vector<std::pair<int, int>>& skeleton) {
  for (const auto& point : key_points)
    if (!is_utf8(point)) throw UsageError(fmt::format("a key point of class '{}' is not UTF-8", name));
  for (auto [from, to] : skeleton)
    for (int end : {from, to})
      if (end < 0 || end >= static_cast<int>(key_points.size()))
        throw UsageError(fmt::format("the skeleton of class '{}' joins key point {}; it has {}, from 0", name,
                                     end, key_points.size()));
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

void ClassStore::set_key_points(const std::string& name, const std::vector<std::string>& key_points,
                                const std::vector<std::pair<int, int>>& skeleton) {
  WriteTransaction transaction(database_);
  auto classes = read_classes(database_);
  auto info = classes[classes.index_of(name)];
  auto before = class_json(info);
  check_key_points(name, key_points, skeleton);
  info.key_points = key_points;
  info.skeleton = skeleton;
  if (class_json(info) == before) return;
  std::optional<std::string> points_text, skeleton_text;
  if (!key_points.empty()) points_text = key_points_to_json(key_points);
  if (!skeleton.empty()) skeleton_text = skeleton_to_json(skeleton);
  database_.run("UPDATE classes SET key_points = ?, skeleton = ? WHERE id = ?", points_text, skeleton_text,
                info.id);
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
                                    merge_tags(image.tags, from_idx, into_idx);
                                  });
  retire_class(database_, classes[from_idx], classes[into_idx].id);
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
  auto tagged = database_.integer("SELECT count(*) FROM image_tags WHERE class_id = ?", classes[idx].id);
  if ((used > 0 || tagged > 0) && !with_annotations)
    throw UsageError(fmt::format("class '{}' has {} annotations{}", name, used,
                                 tagged > 0 ? fmt::format(" and is a tag of {} images", tagged) : ""),
                     "merge it into another class, or remove it with its annotations");
  auto removed =
      change_images_of(database_, classes, idx, fmt::format("removed class {}", name), [&](Image& image) {
        std::erase_if(image.annotations, [&](const Annotation& a) { return a.class_idx == idx; });
        std::erase_if(image.tags, [&](const ImageTag& tag) { return tag.class_idx == idx; });
      });
  retire_class(database_, classes[idx]);
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
