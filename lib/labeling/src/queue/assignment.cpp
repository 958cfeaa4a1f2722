#include "ds/labeling/assignment.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/labeling/workflow.h"

namespace ds {
namespace {

Assigned hand_over(Project& project, const Image& image, const std::string& to) {
  ImageEdit edit;
  edit.action = "assign";
  edit.expected_revision = image.revision;
  edit.assignee = to;
  project.images().edit(image.id, edit);
  return {image.name, image.assignee, to};
}

std::vector<Image> open_images(Project& project) {
  return project.images().list(Filter::parse("status!=done and status!=rejected"));
}

}  // namespace

std::vector<Assigned> assign_images(Project& project, const AssignOptions& options) {
  if (options.workers.empty()) throw UsageError("nobody to assign to", "--to alice,bob");
  auto chosen = select_images(project, options.selection, WithAnnotations::no, true);
  std::map<std::string, std::size_t> load;
  for (const auto& worker : options.workers) load[worker] = 0;
  for (const auto& image : open_images(project))
    if (load.contains(image.assignee)) ++load[image.assignee];
  bool named = !options.selection.images.empty();
  std::vector<Assigned> changes;
  std::size_t taken = 0;
  for (const auto& image : chosen) {
    if (options.amount > 0 && taken == options.amount) break;
    if (load.contains(image.assignee) && !options.reassign) {
      taken += named ? 1 : 0;
      continue;
    }
    if (!image.assignee.empty() && !options.reassign) {
      if (!named) continue;
      throw UsageError(fmt::format("{} is assigned to {}", image.name, image.assignee),
                       "--reassign gives it to somebody else");
    }
    if (!is_open(image) && !named) continue;
    // Without its own image each worker is weighed by what they would have without it.
    if (options.reassign && is_open(image) && load.contains(image.assignee)) --load[image.assignee];
    auto least = std::min_element(options.workers.begin(), options.workers.end(),
                                  [&](const auto& a, const auto& b) { return load[a] < load[b]; });
    ++load[*least];
    ++taken;
    if (*least != image.assignee) changes.push_back(hand_over(project, image, *least));
  }
  return changes;
}

std::vector<Assigned> take_images(Project& project, const std::string& worker, std::size_t amount,
                                  const std::string& where) {
  std::size_t mine = 0;
  for (const auto& image : open_images(project)) mine += image.assignee == worker ? 1 : 0;
  std::vector<Assigned> changes;
  for (const auto& image : select_images(project, {{}, where}, WithAnnotations::no, true)) {
    if (mine >= amount) break;
    if (!is_open(image) || !image.assignee.empty()) continue;
    changes.push_back(hand_over(project, image, worker));
    ++mine;
  }
  return changes;
}

std::vector<Assigned> release_images(Project& project, const Selection& selection,
                                     const std::string& worker) {
  std::vector<Assigned> changes;
  for (const auto& image : select_images(project, selection, WithAnnotations::no, true)) {
    if (image.assignee.empty()) continue;
    if (selection.empty() && (image.assignee != worker || !is_open(image))) continue;
    changes.push_back(hand_over(project, image, ""));
  }
  return changes;
}

}  // namespace ds
