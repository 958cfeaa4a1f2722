#include "ds/labeling/selection.h"

#include <set>

#include "ds/base/error.h"

namespace ds {
namespace {

/// Thrown through a transaction to roll it back; never leaves change_project.
struct RollBack {};

}  // namespace

std::vector<Image> select_images(Project& project, const Selection& selection, WithAnnotations with,
                                 bool or_all) {
  auto& store = project.images();
  if (!selection.images.empty() && !selection.where.empty())
    throw UsageError("both image names and --where are given", "choose one of them");
  if (selection.empty() && !or_all)
    throw UsageError("no image is chosen", "name images, or choose them with --where 'status=working'");
  if (selection.images.empty()) return store.list(Filter::parse(selection.where), with);
  std::vector<Image> images;
  std::set<std::int64_t> seen;
  for (const auto& name : selection.images) {
    auto image = store.find(name);
    if (seen.insert(image.id).second) images.push_back(std::move(image));
  }
  return images;
}

void change_project(Project& project, bool dry_run, const std::function<void()>& work) {
  try {
    project.transaction([&] {
      work();
      if (dry_run) throw RollBack{};
    });
  } catch (const RollBack&) {
  }
}

}  // namespace ds
