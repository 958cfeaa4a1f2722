#include "ds/project/snapshot_restore.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "classes/rows.h"
#include "database/database.h"
#include "database/journal.h"
#include "ds/base/error.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/project/image_store.h"
#include "ds/project/snapshot_diff.h"
#include "ds/project/snapshot_store.h"
#include "images/change.h"
#include "images/rows.h"
#include "media/paths.h"
#include "snapshots/files.h"
#include "snapshots/manifest.h"
#include "text/json_text.h"

namespace ds {
using namespace detail;

namespace {

/// Names of what stands in the way, as many as a message can bear.
class Named {
 public:
  void add(const std::string& name) {
    if (++count_ <= kShown) names_.push_back(name);
  }
  std::size_t count() const { return count_; }
  std::string text() const {
    return join(names_, ", ") + (count_ > kShown ? fmt::format(" and {} more", count_ - kShown) : "");
  }

 private:
  static constexpr std::size_t kShown = 10;
  std::vector<std::string> names_;
  std::size_t count_ = 0;
};

/// Makes the project's images what the snapshot says, inside the caller's transaction: nothing is changed when
/// it throws.
///
/// The order matters. Classes come first, because annotations are stored by the place of their class; images
/// that must go leave before the others are put back, because they may hold a name that is needed; classes that
/// the snapshot does not know are retired last, when nothing uses them. The manifest is read three times rather
/// than kept, so that a large snapshot needs no memory. Every change is journalled like one by hand, and what a
/// manifest does not carry (ids, provenance, proposals) stays where an object of today is the one of then.
class Restore {
 public:
  Restore(Database& database, const SnapshotRecord& record, const RestoreOptions& options)
      : database_(database), record_(record), options_(options), journal_(database) {
    report_.id = record.id;
  }

  RestoreReport run() {
    states_ = states_of_snapshot(record_);
    ManifestReader manifest(record_);
    put_classes_back(manifest);
    read_present();
    if (options_.others == OtherImages::remove) remove_others();
    annotations_.emplace(database_, classes_);
    tags_.emplace(database_, classes_);
    for (ManifestReader lines(record_); lines.next();) {
      throw_if_stopped();
      put_back(lines);
    }
    refuse_if_incomplete();
    bring_back_gone();
    if (options_.others == OtherImages::keep) set_others_aside();
    retire_other_classes(manifest.classes());
    if (report_.changed + report_.brought_back + report_.set_aside + report_.moved + report_.removed > 0 ||
        report_.classes_changed)
      append_journal(database_, "restore", "{}", fmt::format("{{\"snapshot\":\"{}\"}}", record_.id));
    return std::move(report_);
  }

 private:
  struct Present {
    std::int64_t id = 0;
    std::string sha256;
    bool in_snapshot = false;
  };

  // The snapshot's classes come first, in its order, so that its indices are those of the project; what else
  // there is stands behind them until it is retired.
  void put_classes_back(const ManifestReader& manifest) {
    auto before = read_classes(database_);
    classes_ = restore_classes(database_, manifest.classes());
    report_.classes_changed = manifest_header(before) != manifest.header();
  }

  void read_present() {
    Statement row(database_, "SELECT id, name, sha256 FROM images");
    while (row.step()) present_[row.text(1)] = {.id = row.integer(0), .sha256 = row.text(2)};
  }

  std::vector<std::int64_t> chosen_by_filter() {
    auto filter = Filter::parse(record_.where);
    Statement row(database_, fmt::format("SELECT i.id FROM images i WHERE {} ORDER BY i.id", filter.sql()));
    int index = 0;
    for (const auto& value : filter.bindings()) row.bind_at(++index, value);
    std::vector<std::int64_t> ids;
    while (row.step()) ids.push_back(row.integer(0));
    return ids;
  }

  void remove_others() {
    std::unordered_set<std::int64_t> kept;
    std::vector<std::int64_t> gone;
    for (ManifestReader lines(record_); lines.next();) {
      auto found = present_.find(lines.name());
      if (found == present_.end()) continue;
      // Other bytes have taken the name; the filter may not choose them, but the name is needed.
      if (found->second.sha256 == lines.sha256())
        kept.insert(found->second.id);
      else
        gone.push_back(found->second.id);
    }
    std::unordered_set<std::int64_t> known(gone.begin(), gone.end());
    for (auto id : chosen_by_filter())
      if (!kept.contains(id) && known.insert(id).second) gone.push_back(id);
    report_.removed = ImageStore(database_).remove(gone);
    std::erase_if(present_, [&](const auto& entry) { return known.contains(entry.second.id); });
  }

  void put_back(const ManifestReader& lines) {
    auto found = present_.find(lines.name());
    if (found == present_.end()) return note_gone(lines);
    if (found->second.sha256 != lines.sha256()) return other_bytes_.add(lines.name());
    found->second.in_snapshot = true;
    Statement row(database_, fmt::format("SELECT {} FROM images i WHERE i.id = ?", kImageColumns));
    row.bind(found->second.id);
    row.step();
    auto now = image_from_row(row);
    row.restart();
    now.annotations = annotations_->of(now.id);
    now.tags = tags_->of(now.id);
    bool same = manifest_line(now) == lines.line();
    auto then = same ? now : lines.image();
    if (!then.group.empty()) split_of_group_[then.group] = then.split;
    if (same) {
      ++report_.unchanged;
      return;
    }
    auto after = merged(now, then);
    write_change(database_, journal_, now, after, classes_,
                 {.action = "restore", .comment = "snapshot " + record_.id});
    ++report_.changed;
  }

  // What the snapshot says; ids and provenance where an object of today is the one of then.
  Image merged(const Image& now, const Image& then) {
    Image after = now;
    after.state = then.state;
    after.split = then.split;
    after.group = then.group;
    after.tags = then.tags;
    after.attributes = then.attributes;
    std::vector<Annotation> objects;
    after.annotations.clear();
    for (const auto& a : now.annotations) (a.proposal ? after.annotations : objects).push_back(a);
    auto wanted = then.annotations;
    for (const auto& pair : pair_objects(objects, wanted)) {
      wanted[pair.after].id = objects[pair.before].id;
      wanted[pair.after].provenance = objects[pair.before].provenance;
    }
    after.annotations.insert(after.annotations.end(), wanted.begin(), wanted.end());
    return after;
  }

  void note_gone(const ManifestReader& lines) {
    auto sha256 = lines.sha256();
    if (find_media(database_, database_.context().project / "media", sha256))
      gone_.push_back(lines.image());
    else
      without_bytes_.add(lines.name());
  }

  void refuse_if_incomplete() const {
    if (without_bytes_.count() > 0)
      throw DataError(fmt::format("the bytes of {} of {} images of snapshot {} are gone: {}",
                                  without_bytes_.count(), record_.images, record_.id, without_bytes_.text()),
                      "import these images again, or restore the folder media from a backup; nothing was "
                      "changed");
    if (other_bytes_.count() > 0)
      throw DataError(fmt::format("{} of {} images of snapshot {} have other bytes under their name now: {}",
                                  other_bytes_.count(), record_.images, record_.id, other_bytes_.text()),
                      "remove the new images with --images remove; nothing was changed");
  }

  void bring_back_gone() {
    for (auto& image : gone_) {
      image.origin = last_origin(image);
      if (!image.group.empty()) split_of_group_[image.group] = image.split;
    }
    auto added = ImageStore(database_).add(gone_);
    // `add` gives a group where the settings' pattern finds one; the snapshot says what it was.
    std::vector<ImageStore::Placement> placements;
    for (std::size_t i = 0; i < gone_.size(); ++i)
      placements.push_back({added.ids[i], gone_[i].split, gone_[i].group});
    ImageStore(database_).place(placements);
    for (auto id : added.ids) brought_back_.insert(id);
    report_.brought_back = gone_.size();
  }

  std::string last_origin(const Image& image) {
    // The journal is searched once, for all of them.
    if (!origins_) {
      origins_.emplace();
      Statement row(database_,
                    "SELECT json_extract(before, '$.name'), json_extract(before, '$.sha256'),"
                    " json_extract(before, '$.origin') FROM journal WHERE action = 'remove' ORDER BY id");
      while (row.step()) (*origins_)[row.text(0) + "\n" + row.text(1)] = row.text(2);
    }
    auto found = origins_->find(image.name + "\n" + image.sha256);
    return found == origins_->end() ? std::string() : found->second;
  }

  // The state that says "labelled, but not yet truth" and is none of those that the snapshot counts.
  ImageState aside() const {
    for (auto state : {ImageState::review, ImageState::working, ImageState::rejected})
      if (!states_.contains(to_string(state))) return state;
    return ImageState::queued;
  }

  void set_others_aside() {
    std::unordered_set<std::int64_t> in_snapshot = brought_back_;
    for (const auto& [name, image] : present_)
      if (image.in_snapshot) in_snapshot.insert(image.id);
    std::unordered_set<std::int64_t> chosen;
    for (auto id : chosen_by_filter()) chosen.insert(id);
    std::vector<std::int64_t> others;
    Statement row(database_, "SELECT id FROM images ORDER BY id");
    while (row.step())
      if (!in_snapshot.contains(row.integer(0))) others.push_back(row.integer(0));
    for (auto id : others) {
      throw_if_stopped();
      auto before = *read_image(database_, id);
      auto after = before;
      if (chosen.contains(id) && states_.contains(to_string(before.state))) after.state = aside();
      if (auto found = split_of_group_.find(before.group); found != split_of_group_.end())
        after.split = found->second;
      if (after == before) continue;
      report_.set_aside += after.state != before.state;
      report_.moved += after.split != before.split;
      write_change(database_, journal_, before, after, classes_,
                   {.action = "restore", .comment = "not in snapshot " + record_.id});
    }
  }

  void retire_other_classes(const ClassList& wanted) {
    for (int i = wanted.size(); i < classes_.size(); ++i) {
      const auto& info = classes_[i];
      Named users;
      Statement row(
          database_,
          "SELECT name FROM images WHERE id IN (SELECT image_id FROM annotations WHERE class_id = ?1"
          " UNION SELECT image_id FROM image_tags WHERE class_id = ?1) ORDER BY sort_key, name");
      for (row.bind(info.id); row.step();) users.add(row.text(0));
      if (users.count() > 0)
        throw UsageError(
            fmt::format("snapshot {} has no class '{}', which {} images use: {}", record_.id, info.name,
                        users.count(), users.text()),
            fmt::format("let images that are not in it go with --images remove, or the class with `ds-label "
                        "classes remove {} --with-annotations`; nothing was changed",
                        info.name));
      retire_class(database_, info);
      report_.classes_retired.push_back(info.name);
    }
  }

  Database& database_;
  const SnapshotRecord& record_;
  const RestoreOptions& options_;
  JournalWriter journal_;
  RestoreReport report_;
  std::set<std::string> states_;
  ClassList classes_;
  std::optional<AnnotationReader> annotations_;
  std::optional<TagReader> tags_;
  std::unordered_map<std::string, Present> present_;
  std::unordered_map<std::string, Split> split_of_group_;
  std::unordered_set<std::int64_t> brought_back_;
  std::vector<Image> gone_;
  std::optional<std::unordered_map<std::string, std::string>> origins_;
  Named without_bytes_, other_bytes_;
};

}  // namespace

RestoreReport SnapshotStore::restore(const std::string& id, const RestoreOptions& options) {
  auto record = get(id);
  WriteTransaction transaction(database_);
  auto report = Restore(database_, record, options).run();
  transaction.commit();
  return report;
}

}  // namespace ds
