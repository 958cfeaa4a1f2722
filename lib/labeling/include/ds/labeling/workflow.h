#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ds/project/project.h"

/// The life of an image: unlabelled -> working -> (review) -> done, plus queued (waits for auto-label) and
/// rejected (keeps its labels). Every move is made here, so that a move that makes no sense is refused in one
/// place with the allowed ones listed.
namespace ds {

/// Who asks for a move: a person by hand, or a review that has accepted the image.
enum class MovedBy { hand, review };

/// The states that `image` (with its annotations) may move to. What stands in the way of others:
///   unlabelled  only without annotations
///   queued      only without labels by people
///   review      an image nobody has worked on needs annotations or proposals first
///   done        never with unreviewed proposals; by hand only when the project requires no review
std::vector<ImageState> allowed_moves(const Image& image, bool review_required, MovedBy by = MovedBy::hand);

/// Throws UsageError `a.jpg is unlabelled and cannot become review: <why>; allowed: queued, working, ...`.
/// Moving to the state an image is in is always allowed.
void require_move(const Image& image, ImageState to, bool review_required, MovedBy by = MovedBy::hand);

struct MoveOptions {
  std::string comment = {};
  std::optional<std::int64_t> expected_revision = std::nullopt;
};

/// Moves one image by hand. Returns true when its state has changed (false: it was there already).
bool move_image(Project& project, const Image& image, ImageState to, const MoveOptions& options = {});

/// The state after a person has changed the image's labels: unlabelled, queued and done (when the project
/// requires a review) become working, others stay. Throws UsageError for a rejected image.
ImageState state_after_annotating(const Image& image, bool review_required);

/// Throws Busy, naming who has changed the image, when `expected` is given and it has another revision.
void require_revision(Project& project, const Image& image, std::optional<std::int64_t> expected);

/// Whether work on the picture is still to come: it is neither done nor rejected.
bool is_open(const Image& image);

}  // namespace ds
