#include "images/change.h"

#include <map>

#include "images/rows.h"
#include "text/json_text.h"

namespace ds::detail {
namespace {

using ById = std::map<std::int64_t, const Annotation*>;

ById by_id(const std::vector<Annotation>& annotations) {
  ById map;
  for (const auto& a : annotations) map[a.id] = &a;
  return map;
}

bool same(const ById& others, const Annotation& annotation) {
  auto other = others.find(annotation.id);
  return other != others.end() && *other->second == annotation;
}

std::string list_json(const std::vector<const Annotation*>& annotations, const ClassList& classes) {
  std::string text = "[";
  for (const auto* a : annotations) {
    if (text.size() > 1) text += ',';
    append_annotation_json(text, *a, AnnotationJson::journal, &classes[a->class_idx]);
  }
  return text + "]";
}

void append_member(std::string& json, const std::string& key, const std::string& value) {
  json += json.size() > 1 ? "," : "";
  json += "\"" + key + "\":" + value;
}

void write_rows(Database& database, const Image& before, const Image& after, const ClassList& classes) {
  auto old_by_id = by_id(before.annotations), new_by_id = by_id(after.annotations);
  Statement remove(database, "DELETE FROM annotations WHERE image_id = ? AND id = ?");
  for (const auto& a : before.annotations)
    if (!same(new_by_id, a)) remove.run(before.id, a.id);
  AnnotationWriter writer(database, classes);
  for (const auto& a : after.annotations)
    if (!same(old_by_id, a)) writer.insert(after.id, after.name, a);
  auto [objects, proposals] = count_objects(after.annotations);
  database.run(
      "UPDATE images SET state = ?, split = ?, assignee = ?, grp = ?, revision = ?, objects = ?, proposals = "
      "?,"
      " attributes = ? WHERE id = ?",
      to_string(after.state), to_string(after.split), after.assignee, after.group, after.revision, objects,
      proposals, attributes_column(after.attributes), after.id);
  if (before.tags != after.tags) {
    database.run("DELETE FROM image_tags WHERE image_id = ?", after.id);
    insert_tags(database, classes, after.id, after.name, after.tags);
  }
  TallyChanges tallies;
  tallies.count(before.annotations, classes, -1);
  tallies.count(after.annotations, classes, +1);
  tallies.flush(database);
}

}  // namespace

ImageDifference difference(const Image& before, const Image& after, const ClassList& classes) {
  auto old_by_id = by_id(before.annotations), new_by_id = by_id(after.annotations);
  std::vector<const Annotation*> gone, come;
  for (const auto& a : before.annotations)
    if (!same(new_by_id, a)) gone.push_back(&a);
  for (const auto& a : after.annotations)
    if (!same(old_by_id, a)) come.push_back(&a);
  ImageDifference result{"{", "{"};
  if (!gone.empty() || !come.empty()) {
    append_member(result.before, "annotations", list_json(gone, classes));
    append_member(result.after, "annotations", list_json(come, classes));
  }
  auto compare = [&](const std::string& key, const std::string& old_value, const std::string& new_value) {
    if (old_value == new_value) return;
    append_member(result.before, key, json_string(old_value));
    append_member(result.after, key, json_string(new_value));
  };
  compare("assignee", before.assignee, after.assignee);
  if (before.attributes != after.attributes) {
    append_member(result.before, "attributes", attributes_to_json(before.attributes));
    append_member(result.after, "attributes", attributes_to_json(after.attributes));
  }
  compare("group", before.group, after.group);
  compare("split", to_string(before.split), to_string(after.split));
  compare("state", to_string(before.state), to_string(after.state));
  if (before.tags != after.tags) {
    append_member(result.before, "tags", tags_to_json(before.tags, &classes));
    append_member(result.after, "tags", tags_to_json(after.tags, &classes));
  }
  result.before += "}";
  result.after += "}";
  return result;
}

std::int64_t write_change(Database& database, JournalWriter& journal, const Image& before, Image& after,
                          const ClassList& classes, JournalDraft draft) {
  std::size_t without_id = 0;
  for (const auto& a : after.annotations) without_id += a.id == 0;
  auto next = without_id == 0 ? 0 : database.take_ids("annotations", without_id);
  for (auto& a : after.annotations)
    if (a.id == 0) a.id = next++;
  sort_tags(after.tags);
  auto changed = difference(before, after, classes);
  after.revision = before.revision + (changed.empty() ? 0 : 1);
  if (!changed.empty()) write_rows(database, before, after, classes);
  draft.image_id = after.id;
  draft.revision = after.revision;
  draft.before = changed.before;
  draft.after = changed.after;
  return journal.append(draft);
}

std::string whole_image_json(const Image& image, const ClassList& classes) {
  std::vector<const Annotation*> all;
  for (const auto& a : image.annotations) all.push_back(&a);
  std::string json = "{";
  append_member(json, "annotations", list_json(all, classes));
  append_member(json, "assignee", json_string(image.assignee));
  if (!image.attributes.empty()) append_member(json, "attributes", attributes_to_json(image.attributes));
  append_member(json, "group", json_string(image.group));
  append_member(json, "height", std::to_string(image.height));
  append_member(json, "name", json_string(image.name));
  append_member(json, "origin", json_string(image.origin));
  append_member(json, "sha256", json_string(image.sha256));
  append_member(json, "split", json_string(to_string(image.split)));
  append_member(json, "state", json_string(to_string(image.state)));
  if (!image.tags.empty()) append_member(json, "tags", tags_to_json(image.tags, &classes));
  append_member(json, "width", std::to_string(image.width));
  return json + "}";
}

}  // namespace ds::detail
