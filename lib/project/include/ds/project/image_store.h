#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ds/dataset/dataset.h"
#include "ds/project/filter.h"
#include "ds/project/journal_entry.h"

namespace ds {

namespace detail {
class Database;
}

/// What one edit changes; unset members stay. Applied as one journal entry; an edit that changes nothing
/// makes none, unless it has a comment or is a "review".
struct ImageEdit {
  std::string action = "annotate";
  std::string comment = {};
  /// Compare-and-set: when given and the image's revision differs, the edit is refused with a Busy error that
  /// names who changed it and when.
  std::optional<std::int64_t> expected_revision = std::nullopt;
  std::optional<ImageState> state = std::nullopt;
  std::optional<Split> split = std::nullopt;
  std::optional<std::string> assignee = std::nullopt;
  std::optional<std::string> group = std::nullopt;
  /// The whole new list; annotations with an id keep it (UsageError when the image has no such one), those
  /// with id 0 get one. The list is kept in the order of the ids.
  std::optional<std::vector<Annotation>> annotations = std::nullopt;
  /// The whole new lists.
  std::optional<std::vector<ImageTag>> tags = std::nullopt;
  std::optional<std::map<std::string, std::string>> attributes = std::nullopt;
};

/// Whether annotations and tags are read too.
enum class WithAnnotations { no, yes };

/// The images of the project, their states and annotations; every change is journalled in the same
/// transaction. `class_idx` of the annotations is the index in ClassStore::list() at the time of the call.
///
/// Invariants: each change of an image raises its revision by one and writes one journal entry with both states,
/// so that history, blame and undo need nothing else; ids are never given twice; an image is known by its bytes
/// (sha256) and its name together; the tallies that counts() reads are kept by every change, since counting a
/// million annotations takes seconds.
class ImageStore {
 public:
  explicit ImageStore(detail::Database& database) : database_(database) {}

  /// Adds images with their annotations; ids are given. An image whose sha256 and name are there already is
  /// not added again (nor changed); the same name with other bytes is a DataError, and nothing is added. An
  /// image without a group gets it from the project's group pattern. The split of an image with Split::none
  /// stays none until `assign_splits`. Returns the ids in order (the old id where it was there) - `added`
  /// counts the new ones.
  struct AddResult {
    std::vector<std::int64_t> ids;
    std::size_t added = 0;
    std::size_t already_there = 0;
  };
  AddResult add(const std::vector<Image>& images);

  /// By name order (natural). `limit` 0: all.
  std::vector<Image> list(const Filter& filter = {}, WithAnnotations with = WithAnnotations::no,
                          std::size_t limit = 0, std::size_t offset = 0) const;
  std::size_t count(const Filter& filter = {}) const;
  /// One by one without holding all in memory.
  void for_each(const Filter& filter, WithAnnotations with,
                const std::function<void(const Image&)>& visit) const;
  Image get(std::int64_t id) const;
  /// By exact name, by "#id", or by a unique ending of the name. Throws UsageError with the nearest names.
  Image find(const std::string& name_or_id) const;
  std::optional<Image> find_sha256(const std::string& sha256) const;

  /// Throws Busy on a revision conflict. Returns the new state.
  Image edit(std::int64_t id, const ImageEdit& edit);
  /// Removes the images with their annotations (blobs stay until `collect garbage`);
  /// journalled. Returns how many.
  std::size_t remove(const std::vector<std::int64_t>& ids);
  /// Gives every image without a split one, by the keyed hash of its group and the project's shares. Never
  /// moves old ones.
  std::size_t assign_splits();
  /// The splits that these images would have after `add` and `assign_splits`, in order; nothing is changed.
  std::vector<Split> splits_to_come(const std::vector<const Image*>& newcomers) const;
  /// Puts images into the given splits and groups, whatever they had; one journal entry ("split", or
  /// "group" when the group changes) for each that changes. Returns how many did. Throws UsageError for an
  /// id that is not there.
  struct Placement {
    std::int64_t id = 0;
    Split split = Split::none;
    std::string group;
  };
  std::size_t place(const std::vector<Placement>& placements);

  /// Counts per state, split, class (annotations and images), assignee: what the
  /// dashboard shows, in milliseconds.
  struct Counts {
    std::map<std::string, std::size_t> by_state, by_split, by_assignee;
    std::map<std::string, std::map<std::string, std::size_t>> states_of_assignee;
    struct PerClass {
      std::string name;
      std::string color;
      std::size_t annotations = 0, images = 0, proposals = 0;
    };
    std::vector<PerClass> classes;
    std::size_t images = 0, annotations = 0, proposals = 0, negatives = 0;
  };
  Counts counts() const;

  /// Newest first; `image_id` 0: of all images.
  std::vector<JournalEntry> history(std::int64_t image_id = 0, std::size_t limit = 0) const;
  /// Who last changed each annotation that the image has now, by annotation id.
  std::map<std::int64_t, JournalEntry> blame(std::int64_t image_id) const;
  /// How often each user did each action on images on each day (UTC), by user, day, action; what was taken
  /// back does not count, nor does the taking back.
  struct Activity {
    std::string user, day, action;
    std::size_t entries = 0;
    std::string last;  // UTC time of the newest
  };
  std::vector<Activity> activity() const;
  /// Takes back the newest entry of this image that is not taken back yet (as a new entry); adding the image,
  /// its split and changes of classes are not taken back here. Throws UsageError when there is none, Busy
  /// when the state differs from what that entry left.
  JournalEntry undo(std::int64_t image_id);

 private:
  detail::Database& database_;
};

}  // namespace ds
