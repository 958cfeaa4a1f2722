#include "images/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "ds/base/error.h"
#include "text/json_text.h"

namespace ds::detail {

const char* const kImageColumns =
    "i.id, i.name, i.width, i.height, i.raw_width, i.raw_height, i.orientation, i.sha256, i.grp, i.origin,"
    " i.time_s, i.split, i.state, i.assignee, i.revision, i.attributes";

Image image_from_row(Statement& row) {
  Image image;
  image.id = row.integer(0);
  image.name = row.text(1);
  image.width = static_cast<int>(row.integer(2));
  image.height = static_cast<int>(row.integer(3));
  image.raw_width = static_cast<int>(row.integer(4));
  image.raw_height = static_cast<int>(row.integer(5));
  image.orientation = static_cast<int>(row.integer(6));
  image.sha256 = row.text(7);
  image.group = row.text(8);
  image.origin = row.text(9);
  image.time_s = row.optional_real(10);
  image.split = split_from_string(row.text(11));
  image.state = image_state_from_string(row.text(12));
  image.assignee = row.text(13);
  image.revision = row.integer(14);
  if (!row.is_null(15)) image.attributes = attributes_from_json(row.view(15));
  return image;
}

std::string natural_sort_key(std::string_view name) {
  std::string key;
  key.reserve(name.size() + 8);
  for (std::size_t i = 0; i < name.size();) {
    if (name[i] < '0' || name[i] > '9') {
      key += name[i++];
      continue;
    }
    while (i < name.size() && name[i] == '0') ++i;
    std::size_t start = i;
    while (i < name.size() && name[i] >= '0' && name[i] <= '9') ++i;
    key += '0';  // keeps a run of digits where digits stand among other characters
    key += static_cast<char>(std::min<std::size_t>(i - start, 255));
    key += name.substr(start, i - start);
  }
  return key;
}

AnnotationReader::AnnotationReader(Database& database, const ClassList& classes)
    : statement_(database,
                 "SELECT id, class_id, x0, y0, x1, y1, shape, crowd, difficult, ignore, truncated, occluded,"
                 " score, area, track_id, group_id, z, source, model_id, proposal, attributes, file, place,"
                 " original_id FROM annotations WHERE image_id = ? ORDER BY id") {
  for (int i = 0; i < classes.size(); ++i) idx_of_id_[classes[i].id] = i;
}

std::vector<Annotation> AnnotationReader::of(std::int64_t image_id) {
  std::vector<Annotation> annotations;
  auto& row = statement_;
  for (row.bind(image_id); row.step();) {
    // Grows by a quarter, not by half: whole projects are read, and an annotation is large.
    if (annotations.size() == annotations.capacity())
      annotations.reserve(annotations.size() + std::max<std::size_t>(2, annotations.size() / 4));
    auto& a = annotations.emplace_back();
    a.id = row.integer(0);
    auto class_idx = idx_of_id_.find(row.integer(1));
    if (class_idx == idx_of_id_.end())
      throw DataError(fmt::format("annotation #{} has the class id {}, which the project does not have", a.id,
                                  row.integer(1)),
                      "the index is damaged; restore it from a backup");
    a.class_idx = class_idx->second;
    if (row.is_null(6))
      a.shape = Box{row.real(2), row.real(3), row.real(4), row.real(5)};
    else
      a.shape = shape_from_json(row.text(6));
    a.crowd = row.integer(7) != 0;
    a.difficult = row.integer(8) != 0;
    a.ignore = row.integer(9) != 0;
    a.truncated = row.optional_real(10);
    a.occluded = row.optional_real(11);
    a.score = row.optional_real(12);
    a.area = row.optional_real(13);
    a.track_id = row.optional_integer(14);
    a.group_id = row.optional_integer(15);
    a.z = static_cast<int>(row.integer(16));
    a.source = source_from_string(row.text(17));
    a.model_id = row.text(18);
    a.proposal = row.integer(19) != 0;
    if (!row.is_null(20)) a.attributes = attributes_from_json(row.view(20));
    a.provenance = {row.text(21), row.text(22), row.text(23)};
  }
  return annotations;
}

TagReader::TagReader(Database& database, const ClassList& classes) {
  // Few projects have tags; the others do not pay for them.
  if (database.integer("SELECT EXISTS (SELECT 1 FROM image_tags)") == 0) return;
  for (int i = 0; i < classes.size(); ++i) idx_of_id_[classes[i].id] = i;
  statement_.emplace(database, "SELECT class_id, present FROM image_tags WHERE image_id = ?");
}

std::vector<ImageTag> TagReader::of(std::int64_t image_id) {
  std::vector<ImageTag> tags;
  if (!statement_) return tags;
  for (statement_->bind(image_id); statement_->step();) {
    auto class_idx = idx_of_id_.find(statement_->integer(0));
    if (class_idx == idx_of_id_.end())
      throw DataError(fmt::format("a tag of image #{} has the class id {}, which the project does not have",
                                  image_id, statement_->integer(0)),
                      "the index is damaged; restore it from a backup");
    tags.push_back({.class_idx = class_idx->second, .present = statement_->integer(1) != 0});
  }
  sort_tags(tags);
  return tags;
}

void sort_tags(std::vector<ImageTag>& tags) {
  std::sort(tags.begin(), tags.end(),
            [](const ImageTag& a, const ImageTag& b) { return a.class_idx < b.class_idx; });
}

void check_tags(const std::vector<ImageTag>& tags, const ClassList& classes, const std::string& image_name) {
  std::set<int> seen;
  for (const auto& tag : tags) {
    if (tag.class_idx < 0 || tag.class_idx >= classes.size())
      throw DataError(fmt::format("a tag of image '{}' has class index {}; the project has {} classes",
                                  image_name, tag.class_idx, classes.size()));
    if (!seen.insert(tag.class_idx).second)
      throw DataError(
          fmt::format("image '{}' has two tags of class '{}'", image_name, classes[tag.class_idx].name));
  }
}

void insert_tags(Database& database, const ClassList& classes, std::int64_t image_id,
                 const std::string& image_name, const std::vector<ImageTag>& tags) {
  if (tags.empty()) return;
  check_tags(tags, classes, image_name);
  Statement insert(database, "INSERT INTO image_tags(image_id, class_id, present) VALUES(?, ?, ?)");
  for (const auto& tag : tags) insert.run(image_id, classes[tag.class_idx].id, tag.present);
}

std::optional<std::string> attributes_column(const std::map<std::string, std::string>& attributes) {
  return attributes.empty() ? std::nullopt : std::optional(attributes_to_json(attributes));
}

void TallyChanges::count(const std::vector<Annotation>& annotations, const ClassList& classes, int sign) {
  std::set<int> seen;
  for (const auto& a : annotations) {
    int class_id = classes[a.class_idx].id;
    auto& change = by_class_id_[class_id];
    (a.proposal ? change.proposals : change.annotations) += sign;
    if (!a.proposal && seen.insert(class_id).second) change.images += sign;
  }
}

void TallyChanges::flush(Database& database) {
  Statement statement(database,
                      "INSERT INTO class_tallies(class_id, annotations, images, proposals)"
                      " VALUES(?1, ?2, ?3, ?4) ON CONFLICT(class_id) DO UPDATE SET"
                      " annotations = annotations + ?2, images = images + ?3, proposals = proposals + ?4");
  for (const auto& [class_id, change] : by_class_id_)
    statement.run(class_id, change.annotations, change.images, change.proposals);
  by_class_id_.clear();
}

AnnotationWriter::AnnotationWriter(Database& database, const ClassList& classes)
    : classes_(classes),
      statement_(database,
                 "INSERT INTO annotations(image_id, id, class_id, x0, y0, x1, y1, shape, crowd, difficult,"
                 " ignore, truncated, occluded, score, area, track_id, group_id, z, source, model_id,"
                 " proposal, attributes, file, place, original_id)"
                 " VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)") {}

void AnnotationWriter::insert(std::int64_t image_id, const std::string& image_name, const Annotation& a,
                              std::int64_t id) {
  if (a.class_idx < 0 || a.class_idx >= classes_.size())
    throw DataError(fmt::format("an annotation of image '{}' has class index {}; the project has {} classes",
                                image_name, a.class_idx, classes_.size()));
  Box box = a.box();
  for (double value : {box.x0, box.y0, box.x1, box.y1})
    if (!std::isfinite(value))
      throw DataError(fmt::format("an annotation of image '{}' has a coordinate that is not finite: {}",
                                  image_name, value));
  std::optional<std::string> shape, attributes;
  if (!std::holds_alternative<Box>(a.shape)) shape = shape_to_json(a.shape);
  // A vertex that is not finite may hide from the bounding box; JSON has no number for it.
  if (shape && shape->find("null") != std::string::npos)
    throw DataError(
        fmt::format("an annotation of image '{}' has a coordinate that is not finite", image_name));
  if (!a.attributes.empty()) attributes = attributes_to_json(a.attributes);
  statement_.run(image_id, id, classes_[a.class_idx].id, box.x0, box.y0, box.x1, box.y1, shape, a.crowd,
                 a.difficult, a.ignore, a.truncated, a.occluded, a.score, a.area, a.track_id, a.group_id, a.z,
                 to_string(a.source), a.model_id, a.proposal, attributes, a.provenance.file,
                 a.provenance.place, a.provenance.original_id);
}

std::pair<std::int64_t, std::int64_t> count_objects(const std::vector<Annotation>& annotations) {
  std::int64_t objects = 0, proposals = 0;
  for (const auto& a : annotations) ++(a.proposal ? proposals : objects);
  return {objects, proposals};
}

ClassList read_classes(Database& database) {
  ClassList classes;
  Statement row(
      database,
      "SELECT id, name, color, supercategory, key_points, skeleton FROM classes WHERE position IS NOT NULL"
      " ORDER BY position");
  while (row.step())
    classes.add(
        {.id = static_cast<int>(row.integer(0)),
         .name = row.text(1),
         .color = row.text(2),
         .supercategory = row.text(3),
         .key_points = row.is_null(4) ? std::vector<std::string>{} : key_points_from_json(row.view(4)),
         .skeleton = row.is_null(5) ? std::vector<std::pair<int, int>>{} : skeleton_from_json(row.view(5))});
  return classes;
}

std::optional<Image> read_image(Database& database, std::int64_t id) {
  Statement row(database, fmt::format("SELECT {} FROM images i WHERE i.id = ?", kImageColumns));
  row.bind(id);
  if (!row.step()) return std::nullopt;
  auto image = image_from_row(row);
  auto classes = read_classes(database);
  image.annotations = AnnotationReader(database, classes).of(id);
  image.tags = TagReader(database, classes).of(id);
  return image;
}

}  // namespace ds::detail
