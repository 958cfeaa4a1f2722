#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ds/labeling/queue.h"
#include "ds/labeling/selection.h"

namespace ds {

struct ReviewOptions {
  std::string comment = {};
  std::optional<std::int64_t> expected_revision = std::nullopt;
  /// Only these proposals (by id); empty: all. Accept removes the others, reject removes these and leaves the
  /// image under review.
  std::vector<std::int64_t> only = {};
  /// Accept: proposals with a lower score are removed instead.
  std::optional<double> min_score = std::nullopt;
};

struct ReviewResult {
  Image image;
  std::size_t accepted = 0;  // proposals that became labels
  std::size_t dropped = 0;   // proposals that were removed
  int reviews = 0;           // accepted reviews since the labels were last changed, with this one
  int reviews_needed = 1;
  bool changed = false;
};

/// Users whose changes of labels of this image stand (not taken back).
std::vector<std::string> annotators_of(Project& project, std::int64_t image_id);

/// Proposals become labels and the image is done. Where the project requires a review, the reviewer must not
/// be one of the image's annotators, and it is done when as many different people as the project asks for
/// have accepted it. An image that is done already is left as it is. Throws UsageError for other states.
ReviewResult accept_image(Project& project, const std::string& image, const ReviewOptions& options = {});

enum class RejectTo { rejected, working };

/// Keeps labels and proposals; the image becomes rejected, or goes back to working (then a comment is
/// required, for whoever labels it).
ReviewResult reject_image(Project& project, const std::string& image, RejectTo to,
                          const ReviewOptions& options = {});

/// A remark in the image's history; nothing else changes.
ReviewResult comment_image(Project& project, const std::string& image, const std::string& comment);

/// Images under review that this user may accept, in the order: those assigned to them first, those assigned
/// to others left out.
std::vector<QueueItem> review_queue(Project& project, const std::string& user, const std::string& where,
                                    const std::string& order, const QueueInput& input);

/// Remarks about an image, oldest first: "2026-11-22 09:30 alice: text".
std::vector<std::string> review_comments(Project& project, std::int64_t image_id);

}  // namespace ds
