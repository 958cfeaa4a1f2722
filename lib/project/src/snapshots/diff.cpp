#include "ds/project/snapshot_diff.h"

#include <memory>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "database/database.h"
#include "ds/base/text.h"
#include "ds/project/snapshot_store.h"
#include "images/rows.h"
#include "snapshots/diff_builder.h"
#include "snapshots/files.h"
#include "snapshots/manifest.h"

namespace ds {
using namespace detail;

namespace {

/// The images of one version, by name, one after the other.
class Version {
 public:
  virtual ~Version() = default;
  virtual const ClassList& classes() const = 0;
  virtual bool next() = 0;
  virtual const std::string& name() const = 0;
  virtual const std::string& line() const = 0;
  virtual Image image() const = 0;
  /// False for an image that counts only where the other version has it too.
  virtual bool is_member() const { return true; }
};

class FrozenVersion : public Version {
 public:
  explicit FrozenVersion(const SnapshotRecord& record) : manifest_(record) {}
  const ClassList& classes() const override { return manifest_.classes(); }
  bool next() override { return manifest_.next(); }
  const std::string& name() const override { return manifest_.name(); }
  const std::string& line() const override { return manifest_.line(); }
  Image image() const override { return manifest_.image(); }

 private:
  ManifestReader manifest_;
};

/// The project as it is. Members are what a snapshot with this filter and these states would hold.
class PresentVersion : public Version {
 public:
  PresentVersion(Database& database, const Filter& filter, const std::set<std::string>& states)
      : transaction_(database),
        classes_(read_classes(database)),
        annotations_(database, classes_),
        tags_(database, classes_),
        states_(states),
        filter_(filter),
        row_(database,
             fmt::format("SELECT {}, {} FROM images i ORDER BY i.name", kImageColumns, filter_.sql())) {
    int index = 0;
    for (const auto& value : filter_.bindings()) row_.bind_at(++index, value);
  }
  const ClassList& classes() const override { return classes_; }
  bool next() override {
    if (!row_.step()) return false;
    image_ = image_from_row(row_);
    image_.annotations = annotations_.of(image_.id);
    image_.tags = tags_.of(image_.id);
    line_ = manifest_line(image_);
    is_member_ = row_.integer(kImageColumnCount) != 0 && states_.contains(to_string(image_.state));
    return true;
  }
  const std::string& name() const override { return image_.name; }
  const std::string& line() const override { return line_; }
  Image image() const override { return image_; }
  bool is_member() const override { return is_member_; }

 private:
  ReadTransaction transaction_;
  ClassList classes_;
  AnnotationReader annotations_;
  TagReader tags_;
  std::set<std::string> states_;
  Filter filter_;
  Statement row_;
  Image image_;
  std::string line_;
  bool is_member_ = false;
};

DatasetDiff walk(Version& before, Version& after, const std::function<void(const ImageDiff&)>& visit) {
  DiffBuilder builder(before.classes(), after.classes(), visit);
  bool b = before.next(), a = after.next();
  while (b || a) {
    if (!a || (b && before.name() < after.name())) {
      if (before.is_member()) builder.add_removed(before.image());
      b = before.next();
    } else if (!b || after.name() < before.name()) {
      if (after.is_member()) builder.add_added(after.image());
      a = after.next();
    } else {
      if (builder.equal_lines_are_equal() && before.line() == after.line())
        builder.add_unchanged(after.line());
      else
        builder.add_pair(before.image(), after.image());
      b = before.next();
      a = after.next();
    }
  }
  return builder.finish();
}

}  // namespace

ObjectCounts& ObjectCounts::operator+=(const ObjectCounts& o) {
  before += o.before;
  after += o.after;
  unchanged += o.unchanged;
  changed += o.changed;
  moved += o.moved;
  added += o.added;
  removed += o.removed;
  to_other += o.to_other;
  from_other += o.from_other;
  return *this;
}

bool DatasetDiff::empty() const {
  bool classes_same =
      std::all_of(classes.begin(), classes.end(), [](const ClassDiff& c) { return c.before == c.after; });
  return classes_same && !class_order && !class_details && images.added == 0 && images.removed == 0 &&
         images.changed == 0;
}

DatasetDiff diff_datasets(const Dataset& before, const Dataset& after,
                          const std::function<void(const ImageDiff&)>& visit) {
  auto by_name = [](const Dataset& dataset) {
    std::vector<const Image*> images;
    for (const auto& image : dataset.images) images.push_back(&image);
    std::sort(images.begin(), images.end(), [](auto* a, auto* b) { return a->name < b->name; });
    return images;
  };
  auto left = by_name(before), right = by_name(after);
  DiffBuilder builder(before.classes, after.classes, visit);
  for (std::size_t b = 0, a = 0; b < left.size() || a < right.size();) {
    if (a == right.size() || (b < left.size() && left[b]->name < right[a]->name))
      builder.add_removed(*left[b++]);
    else if (b == left.size() || right[a]->name < left[b]->name)
      builder.add_added(*right[a++]);
    else
      builder.add_pair(*left[b++], *right[a++]);
  }
  return builder.finish();
}

DatasetDiff SnapshotStore::diff(const std::string& before, const std::string& after,
                                const std::function<void(const ImageDiff&)>& visit) const {
  std::optional<SnapshotRecord> left, right;
  if (before != "now") left = get(before);
  if (after != "now") right = get(after);
  auto version_of = [&](const std::optional<SnapshotRecord>& own,
                        const std::optional<SnapshotRecord>& other) -> std::unique_ptr<Version> {
    if (own) return std::make_unique<FrozenVersion>(*own);
    return std::make_unique<PresentVersion>(
        database_, other ? Filter::parse(other->where) : Filter(),
        other ? states_of_snapshot(*other) : std::set<std::string>{to_string(ImageState::done)});
  };
  DatasetDiff result;
  if (!left && !right) {
    // One state of the project, read once for both sides: a statement cannot be stepped twice.
    auto now = version_of(left, right);
    DiffBuilder builder(now->classes(), now->classes(), visit);
    while (now->next())
      if (now->is_member()) builder.add_unchanged(now->line());
    result = builder.finish();
  } else {
    auto first = version_of(left, right), second = version_of(right, left);
    result = walk(*first, *second, visit);
  }
  result.before = left ? left->id : "now";
  result.after = right ? right->id : "now";
  return result;
}

}  // namespace ds
