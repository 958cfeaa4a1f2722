#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace ds {

/// What becomes of images that the snapshot does not have.
enum class OtherImages {
  /// They stay, with their labels. Those that a snapshot with the same filter would take in now go back to
  /// review (to another state that is no truth where the snapshot counts review as truth), so that they wait
  /// for a person and the restored version is exactly the snapshot.
  keep,
  /// Those that the snapshot's filter chooses are removed, whatever their state; their bytes stay until
  /// garbage is collected.
  remove,
};

struct RestoreOptions {
  OtherImages others = OtherImages::keep;
};

/// What `SnapshotStore::restore` did. Afterwards `create` with the snapshot's filter and states gives the
/// same id again.
///
/// - Labels, state, split, group, tags and attributes of each image of the snapshot become what they were; an
///   image that has left the project comes back (with a new id) when its bytes are still there. Objects that
///   are the same or overlap keep their ids and where they came from; proposals of models stay.
/// - Classes get their order, names, supercategories and key points back; those that the snapshot does not
///   have are retired. Their ids and colours stay.
/// - Other images follow `OtherImages`; one whose group has a split in the snapshot gets that split, so that
///   the group does not straddle.
///
/// Throws, with nothing changed: DataError naming the images whose bytes are gone, or whose name has other
/// bytes now (`keep` only); UsageError when an image that stays uses a class that the snapshot does not have.
struct RestoreReport {
  std::string id;                // of the snapshot
  std::size_t unchanged = 0;     // images of the snapshot that were as they should be
  std::size_t changed = 0;       // images whose labels, state, split ... were put back
  std::size_t brought_back = 0;  // images that had left the project
  std::size_t set_aside = 0;     // other images that went back to review
  std::size_t moved = 0;         // other images that followed their group into its split
  std::size_t removed = 0;       // other images
  std::vector<std::string> classes_retired;
  bool classes_changed = false;
};

}  // namespace ds
