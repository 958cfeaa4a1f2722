#include "classes/rows.h"

#include <fmt/format.h>

#include <set>

#include "database/journal.h"
#include "images/rows.h"
#include "text/json_text.h"

namespace ds::detail {
namespace {

std::string list_json(const ClassList& classes) {
  std::string text = "{\"classes\":[";
  for (const auto& info : classes) text += (text.back() == '[' ? "" : ",") + class_json(info);
  return text + "]}";
}

/// The id that each class of `wanted` has in the project, 0 where it has none.
std::vector<int> ids_of(Database& database, const ClassList& present, const ClassList& wanted) {
  std::vector<int> ids(static_cast<std::size_t>(wanted.size()), 0);
  std::set<int> taken;
  auto take = [&](std::size_t i, int id) {
    if (ids[i] == 0 && taken.insert(id).second) ids[i] = id;
  };
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (int id = wanted[static_cast<int>(i)].id; id != 0 && present.find_id(id)) take(i, id);
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (auto found = present.find(wanted[static_cast<int>(i)].name)) take(i, present[*found].id);
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (int id = wanted[static_cast<int>(i)].id;
        id != 0 && database.integer("SELECT count(*) FROM classes WHERE id = ?", id) > 0)
      take(i, id);
  return ids;
}

}  // namespace

std::string class_json(const ClassInfo& info) {
  auto key_points = info.key_points.empty()
                        ? std::string()
                        : fmt::format(",\"key_points\":{},\"skeleton\":{}",
                                      key_points_to_json(info.key_points), skeleton_to_json(info.skeleton));
  return fmt::format("{{\"class_id\":{},\"color\":{},\"name\":{},\"supercategory\":{}{}}}", info.id,
                     json_string(info.color), json_string(info.name), json_string(info.supercategory),
                     key_points);
}

void write_positions(Database& database, const std::vector<int>& class_ids) {
  Statement update(database, "UPDATE classes SET position = ? WHERE id = ?");
  int position = 0;
  for (int id : class_ids) update.run(position++, id);
}

void retire_class(Database& database, const ClassInfo& info, std::optional<int> merged_into) {
  database.run("UPDATE classes SET position = NULL, merged_into = ? WHERE id = ?", merged_into, info.id);
  std::vector<int> rest;
  for (const auto& other : read_classes(database)) rest.push_back(other.id);
  write_positions(database, rest);
}

ClassList restore_classes(Database& database, const ClassList& wanted) {
  auto present = read_classes(database);
  auto ids = ids_of(database, present, wanted);
  // All leave their place first: names may go round in a circle, and the index allows none twice.
  database.run("UPDATE classes SET position = NULL WHERE position IS NOT NULL");
  Statement update(
      database,
      "UPDATE classes SET name = ?, supercategory = ?, key_points = ?, skeleton = ?, position = ?,"
      " merged_into = NULL WHERE id = ?");
  auto write = [&](const ClassInfo& info, int id, int position) {
    std::optional<std::string> key_points, skeleton;
    if (!info.key_points.empty()) key_points = key_points_to_json(info.key_points);
    if (!info.skeleton.empty()) skeleton = skeleton_to_json(info.skeleton);
    update.run(info.name, info.supercategory, key_points, skeleton, position, id);
  };
  int position = 0;
  std::set<int> placed;
  for (const auto& info : wanted) {
    auto id = ids[static_cast<std::size_t>(position)];
    if (id == 0) {
      database.run("INSERT INTO classes(name, color) VALUES(?, ?)", info.name,
                   info.color.empty() ? palette_color(position) : info.color);
      id = static_cast<int>(database.last_insert_id());
    }
    write(info, id, position++);
    placed.insert(id);
  }
  for (auto info : present) {
    if (placed.contains(info.id)) continue;
    if (wanted.find(info.name)) info.name += fmt::format(" #{}", info.id);
    write(info, info.id, position++);
  }
  auto restored = read_classes(database);
  if (restored != present) append_journal(database, "class", list_json(present), list_json(restored));
  return restored;
}

}  // namespace ds::detail
