#include "ds/project/image_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "database/journal.h"
#include "ds/base/charset.h"
#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "images/change.h"
#include "images/group_pattern.h"
#include "images/rows.h"
#include "text/json_text.h"

namespace ds {
using namespace detail;

namespace {

/// `SELECT <what> FROM images i WHERE <filter> <tail>` with the filter's values bound.
struct FilteredQuery {
  FilteredQuery(Database& database, const std::string& what, const Filter& filter, const std::string& tail)
      : statement(database, fmt::format("SELECT {} FROM images i WHERE {} {}", what, filter.sql(), tail)) {
    int index = 0;
    for (const auto& value : filter.bindings()) statement.bind_at(++index, value);
  }
  Statement statement;
};

/// Adds images one after the other inside the caller's transaction.
class ImageAdder {
 public:
  ImageAdder(Database& database, std::size_t images, std::size_t annotations)
      : classes_(read_classes(database)),
        groups_(database.context().settings.group_pattern),
        next_image_(database.take_ids("images", images)),
        next_annotation_(database.take_ids("annotations", annotations)),
        existing_(database, "SELECT id, sha256 FROM images WHERE name = ?"),
        insert_(database,
                "INSERT INTO images(id, name, sort_key, sha256, width, height, raw_width, raw_height,"
                " orientation, grp, origin, time_s, split, state, assignee, revision, objects, proposals,"
                " attributes) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,1,?,?,?)"),
        annotations_(database, classes_),
        database_(database),
        journal_(database) {}

  /// The id, and whether it is new.
  std::pair<std::int64_t, bool> add(const Image& image) {
    if (auto id = existing(image)) return {*id, false};
    auto id = next_image_++;
    auto [objects, proposals] = count_objects(image.annotations);
    insert_.run(id, image.name, Blob{natural_sort_key(image.name)}, image.sha256, image.width, image.height,
                image.raw_width, image.raw_height, image.orientation, groups_.group_of(image), image.origin,
                image.time_s, to_string(image.split), to_string(image.state), image.assignee, objects,
                proposals, attributes_column(image.attributes));
    insert_tags(database_, classes_, id, image.name, image.tags);
    auto first = next_annotation_;
    for (const auto& annotation : image.annotations)
      annotations_.insert(id, image.name, annotation, next_annotation_++);
    tallies_.count(image.annotations, classes_, +1);
    write_entry(image, id, first);
    return {id, true};
  }
  void finish(Database& database) {
    tallies_.flush(database);
    database.give_back_ids("images", next_image_);
    database.give_back_ids("annotations", next_annotation_);
  }

 private:
  std::optional<std::int64_t> existing(const Image& image) {
    if (image.name.empty()) throw DataError("an image needs a name");
    if (!is_utf8(image.name) || !is_utf8(image.group))
      throw DataError(fmt::format("the name of image {} is not UTF-8", json_string(image.name)),
                      "rename the file, or import it under another name");
    existing_.bind(image.name);
    if (!existing_.step()) return std::nullopt;
    if (existing_.view(1) == image.sha256) return existing_.integer(0);
    throw DataError(fmt::format("image '{}' is there already with other bytes: sha256 {} there, {} given",
                                image.name, existing_.text(1).substr(0, 12), image.sha256.substr(0, 12)),
                    "import it under another name, or remove the old one first");
  }
  // Annotations, tags and attributes are not repeated here: they are in the index, and every later entry
  // holds what it replaced.
  void write_entry(const Image& image, std::int64_t id, std::int64_t first_annotation) {
    std::string after = "{";
    if (next_annotation_ > first_annotation)
      after += fmt::format("\"annotation_ids\":[{},{}],", first_annotation, next_annotation_ - 1);
    after += "\"name\":";
    append_json_string(after, image.name);
    after += fmt::format(",\"sha256\":\"{}\",\"split\":\"{}\",\"state\":\"{}\"}}", image.sha256,
                         to_string(image.split), to_string(image.state));
    journal_.append({.action = "add-image", .image_id = id, .revision = 1, .after = std::move(after)});
  }

  ClassList classes_;
  GroupPattern groups_;
  std::int64_t next_image_, next_annotation_;
  Statement existing_, insert_;
  AnnotationWriter annotations_;
  TallyChanges tallies_;
  Database& database_;
  JournalWriter journal_;
};

Image must_read(Database& database, std::int64_t id) {
  if (auto image = read_image(database, id)) return *image;
  throw UsageError(fmt::format("there is no image #{}", id));
}

[[noreturn]] void throw_conflict(Database& database, const Image& image, std::int64_t expected) {
  Statement row(database, fmt::format("SELECT {} FROM journal j WHERE j.image_id = ? AND j.revision > ?"
                                      " ORDER BY j.id DESC LIMIT 1",
                                      kJournalColumns));
  row.bind(image.id, expected);
  std::string who = "someone";
  if (row.step()) {
    auto entry = journal_from_row(row);
    who = fmt::format("{} with {} at {} ({})", entry.user, entry.tool, entry.time, entry.action);
  }
  throw Busy(fmt::format("image '{}' has changed: revision {} expected, {} found; last changed by {}",
                         image.name, expected, image.revision, who),
             "load the image again and repeat the change");
}

/// As nearest_name, for a name without the folders that the known ones have.
std::optional<std::string> nearest_file_name(const std::string& name, const std::vector<std::string>& known) {
  auto file_name = [](const std::string& path) { return path.substr(path.rfind('/') + 1); };
  std::vector<std::string> file_names;
  for (const auto& each : known) file_names.push_back(file_name(each));
  auto near = nearest_name(file_name(name), file_names);
  if (!near) return std::nullopt;
  for (const auto& each : known)
    if (file_name(each) == *near) return each;
  return std::nullopt;
}

void check_ids(const Image& before, const std::vector<Annotation>& annotations) {
  std::set<std::int64_t> known, seen;
  for (const auto& a : before.annotations) known.insert(a.id);
  for (const auto& a : annotations) {
    if (a.id == 0) continue;
    if (!known.contains(a.id))
      throw UsageError(fmt::format("image '{}' has no annotation #{}", before.name, a.id));
    if (!seen.insert(a.id).second)
      throw UsageError(fmt::format("annotation #{} of image '{}' is given twice", a.id, before.name));
  }
}

}  // namespace

ImageStore::AddResult ImageStore::add(const std::vector<Image>& images) {
  AddResult result;
  std::size_t annotations = 0;
  for (const auto& image : images) annotations += image.annotations.size();
  WriteTransaction transaction(database_);
  ImageAdder adder(database_, images.size(), annotations);
  result.ids.reserve(images.size());
  for (const auto& image : images) {
    auto [id, added] = adder.add(image);
    result.ids.push_back(id);
    ++(added ? result.added : result.already_there);
  }
  adder.finish(database_);
  transaction.commit();
  return result;
}

std::vector<Image> ImageStore::list(const Filter& filter, WithAnnotations with, std::size_t limit,
                                    std::size_t offset) const {
  ReadTransaction transaction(database_);
  std::vector<Image> images;
  std::string tail = "ORDER BY i.sort_key, i.name";
  if (limit != 0 || offset != 0)
    tail += fmt::format(" LIMIT {} OFFSET {}", limit == 0 ? -1 : static_cast<long long>(limit), offset);
  FilteredQuery query(database_, kImageColumns, filter, tail);
  while (query.statement.step()) images.push_back(image_from_row(query.statement));
  if (with == WithAnnotations::yes) {
    auto classes = read_classes(database_);
    AnnotationReader reader(database_, classes);
    TagReader tags(database_, classes);
    for (auto& image : images) {
      image.annotations = reader.of(image.id);
      image.tags = tags.of(image.id);
    }
  }
  return images;
}

std::size_t ImageStore::count(const Filter& filter) const {
  ReadTransaction transaction(database_);
  FilteredQuery query(database_, "count(*)", filter, "");
  query.statement.step();
  return static_cast<std::size_t>(query.statement.integer(0));
}

void ImageStore::for_each(const Filter& filter, WithAnnotations with,
                          const std::function<void(const Image&)>& visit) const {
  // Only the ids are read ahead, and no transaction is open while `visit` runs: it may edit the images.
  std::vector<std::int64_t> ids;
  {
    ReadTransaction transaction(database_);
    FilteredQuery query(database_, "i.id", filter, "ORDER BY i.sort_key, i.name");
    while (query.statement.step()) ids.push_back(query.statement.integer(0));
  }
  constexpr std::size_t kChunk = 256;
  std::vector<Image> chunk;
  for (std::size_t start = 0; start < ids.size(); start += kChunk) {
    chunk.clear();
    {
      ReadTransaction transaction(database_);
      auto classes = read_classes(database_);
      AnnotationReader reader(database_, classes);
      TagReader tags(database_, classes);
      Statement row(database_, fmt::format("SELECT {} FROM images i WHERE i.id = ?", kImageColumns));
      for (std::size_t i = start; i < std::min(ids.size(), start + kChunk); ++i) {
        row.bind(ids[i]);
        if (!row.step()) continue;  // removed meanwhile
        chunk.push_back(image_from_row(row));
        if (with == WithAnnotations::no) continue;
        chunk.back().annotations = reader.of(ids[i]);
        chunk.back().tags = tags.of(ids[i]);
      }
    }
    for (const auto& image : chunk) visit(image);
  }
}

Image ImageStore::get(std::int64_t id) const {
  ReadTransaction transaction(database_);
  return must_read(database_, id);
}

std::optional<Image> ImageStore::find_sha256(const std::string& sha256) const {
  ReadTransaction transaction(database_);
  Statement row(database_, "SELECT id FROM images WHERE sha256 = ? ORDER BY id LIMIT 1");
  row.bind(sha256);
  if (!row.step()) return std::nullopt;
  return must_read(database_, row.integer(0));
}

Image ImageStore::find(const std::string& name_or_id) const {
  ReadTransaction transaction(database_);
  Statement exact(database_, "SELECT id FROM images WHERE name = ?");
  exact.bind(name_or_id);
  if (exact.step()) return must_read(database_, exact.integer(0));
  if (name_or_id.starts_with('#'))
    if (auto id = parse_int(name_or_id.substr(1))) return must_read(database_, *id);

  std::vector<std::pair<std::int64_t, std::string>> matches;
  std::vector<std::string> names;
  Statement row(database_, "SELECT id, name FROM images ORDER BY sort_key, name");
  while (row.step()) {
    names.push_back(row.text(1));
    if (!name_or_id.empty() && names.back().ends_with(name_or_id))
      matches.emplace_back(row.integer(0), names.back());
  }
  if (matches.size() == 1) return must_read(database_, matches.front().first);
  if (matches.empty()) {
    auto near = nearest_name(name_or_id, names);
    if (!near) near = nearest_file_name(name_or_id, names);
    throw UsageError(fmt::format("there is no image '{}' among {}", name_or_id, names.size()),
                     near ? fmt::format("did you mean '{}'?", *near) : "");
  }
  std::vector<std::string> shown;
  for (const auto& [id, name] : matches)
    if (shown.size() < 5) shown.push_back(name);
  throw UsageError(fmt::format("'{}' is the end of {} image names: {}{}", name_or_id, matches.size(),
                               join(shown, ", "), matches.size() > shown.size() ? ", ..." : ""),
                   "give more of the name");
}

Image ImageStore::edit(std::int64_t id, const ImageEdit& edit) {
  WriteTransaction transaction(database_);
  auto before = must_read(database_, id);
  if (edit.expected_revision && *edit.expected_revision != before.revision)
    throw_conflict(database_, before, *edit.expected_revision);
  auto classes = read_classes(database_);
  auto after = before;
  if (edit.state) after.state = *edit.state;
  if (edit.split) after.split = *edit.split;
  if (edit.assignee) after.assignee = *edit.assignee;
  if (edit.group) after.group = *edit.group;
  if (edit.attributes) after.attributes = *edit.attributes;
  if (edit.tags) {
    check_tags(*edit.tags, classes, before.name);
    after.tags = *edit.tags;
    sort_tags(after.tags);
  }
  if (edit.annotations) {
    check_ids(before, *edit.annotations);
    after.annotations = *edit.annotations;
    for (const auto& a : after.annotations)
      if (a.class_idx < 0 || a.class_idx >= classes.size())
        throw DataError(
            fmt::format("an annotation of image '{}' has class index {}; the project has {} classes",
                        before.name, a.class_idx, classes.size()));
  }
  // A review without a change is a fact of its own (the second of two reviewers agrees); the same edit made
  // twice is not.
  bool always = edit.action == "review" || !edit.comment.empty();
  if (!always && difference(before, after, classes).empty()) return before;
  JournalWriter journal(database_);
  write_change(database_, journal, before, after, classes, {.action = edit.action, .comment = edit.comment});
  transaction.commit();
  return must_read(database_, id);
}

std::size_t ImageStore::remove(const std::vector<std::int64_t>& ids) {
  WriteTransaction transaction(database_);
  auto classes = read_classes(database_);
  JournalWriter journal(database_);
  TallyChanges tallies;
  std::size_t removed = 0;
  for (auto id : ids) {
    auto image = read_image(database_, id);
    if (!image) continue;  // removed before, or given twice
    tallies.count(image->annotations, classes, -1);
    database_.run("DELETE FROM images WHERE id = ?", id);
    journal.append({.action = "remove",
                    .image_id = id,
                    .revision = image->revision + 1,
                    .before = whole_image_json(*image, classes)});
    ++removed;
  }
  tallies.flush(database_);
  transaction.commit();
  return removed;
}

}  // namespace ds
