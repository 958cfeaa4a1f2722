#include "ds/labeling/workflow.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/labeling/label_counts.h"

namespace ds {
namespace {

using State = ImageState;

/// Where an image may go from each state when nothing about it stands in the way.
std::vector<State> moves_from(State from) {
  switch (from) {
    case State::unlabelled:
      return {State::queued, State::working, State::review, State::done, State::rejected};
    case State::queued:
      return {State::unlabelled, State::working, State::review, State::done, State::rejected};
    case State::working:
      return {State::unlabelled, State::queued, State::review, State::done, State::rejected};
    case State::review:
      return {State::working, State::done, State::rejected};
    case State::done:
      return {State::working, State::review, State::rejected};
    case State::rejected:
      return {State::unlabelled, State::working, State::review};
  }
  return {};
}

/// What about the image stands in the way of a move, or nothing.
std::optional<std::string> obstacle(const Image& image, State to, bool review_required, MovedBy by) {
  auto proposals = proposal_count(image), labels = label_count(image);
  if (to == State::unlabelled && !image.annotations.empty())
    return fmt::format("it has annotations ({})", image.annotations.size());
  if (to == State::queued && labels > 0) return fmt::format("it has labels by people ({})", labels);
  if (to == State::review && image.annotations.empty() &&
      (image.state == State::unlabelled || image.state == State::queued))
    return "nobody has worked on it yet";
  if (to == State::done && proposals > 0)
    return fmt::format("it has unreviewed proposals ({}), see ds-label review", proposals);
  if (to == State::done && review_required && by == MovedBy::hand)
    return "the project requires a review, see ds-label review";
  return std::nullopt;
}

std::vector<std::string> names_of(const std::vector<State>& states) {
  std::vector<std::string> names;
  for (auto state : states) names.push_back(to_string(state));
  return names;
}

}  // namespace

std::vector<ImageState> allowed_moves(const Image& image, bool review_required, MovedBy by) {
  std::vector<State> allowed;
  for (auto to : moves_from(image.state))
    if (!obstacle(image, to, review_required, by)) allowed.push_back(to);
  return allowed;
}

void require_move(const Image& image, ImageState to, bool review_required, MovedBy by) {
  if (image.state == to) return;
  auto known = moves_from(image.state);
  bool makes_sense = std::find(known.begin(), known.end(), to) != known.end();
  auto why = makes_sense ? obstacle(image, to, review_required, by) : std::nullopt;
  if (makes_sense && !why) return;
  throw UsageError(fmt::format("{} is {} and cannot become {}{}; allowed: {}", image.name,
                               to_string(image.state), to_string(to), why ? ": " + *why : "",
                               join(names_of(allowed_moves(image, review_required, by)), ", ")));
}

void require_revision(Project& project, const Image& image, std::optional<std::int64_t> expected) {
  if (!expected || *expected == image.revision) return;
  // The store knows who has changed it, and says so.
  ImageEdit nothing;
  nothing.expected_revision = expected;
  project.images().edit(image.id, nothing);
}

bool move_image(Project& project, const Image& image, ImageState to, const MoveOptions& options) {
  require_revision(project, image, options.expected_revision);
  if (image.state == to) return false;
  require_move(image, to, project.settings().review_required);
  ImageEdit edit;
  edit.action = "status";
  edit.comment = options.comment;
  edit.expected_revision = image.revision;
  edit.state = to;
  project.images().edit(image.id, edit);
  return true;
}

ImageState state_after_annotating(const Image& image, bool review_required) {
  switch (image.state) {
    case State::rejected:
      throw UsageError(fmt::format("{} is rejected; its labels are kept as they are", image.name),
                       fmt::format("ds-label files set-status working {}", image.name));
    case State::unlabelled:
    case State::queued:
      return State::working;
    case State::done:
      return review_required ? State::working : State::done;
    default:
      return image.state;
  }
}

bool is_open(const Image& image) {
  return image.state != ImageState::done && image.state != ImageState::rejected;
}

}  // namespace ds
