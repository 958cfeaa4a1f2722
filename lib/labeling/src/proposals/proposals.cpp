#include "ds/labeling/proposals.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/labeling/workflow.h"

namespace ds {
namespace {

bool same_but_id(Annotation a, const Annotation& b) {
  a.id = b.id;
  return a == b;
}

std::string renamed(const std::string& name, const std::vector<std::pair<std::string, std::string>>& pairs) {
  for (const auto& [from, to] : pairs)
    if (from == name) return to;
  return name;
}

}  // namespace

std::vector<std::optional<int>> map_classes(const std::vector<std::string>& model_classes,
                                            const ClassList& project_classes,
                                            const std::vector<std::string>& renames) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& text : renames) {
    auto at = text.find('=');
    if (at == std::string::npos || at == 0 || at + 1 == text.size())
      throw UsageError(fmt::format("--map '{}' is not MODEL-CLASS=PROJECT-CLASS", text));
    auto from = text.substr(0, at), to = text.substr(at + 1);
    if (std::find(model_classes.begin(), model_classes.end(), from) == model_classes.end())
      throw_unknown_name("class of the model", from, model_classes);
    project_classes.index_of(to);
    pairs.emplace_back(from, to);
  }
  std::vector<std::optional<int>> map;
  bool any = false;
  for (const auto& name : model_classes) {
    map.push_back(project_classes.find(renamed(name, pairs)));
    any = any || map.back();
  }
  if (!any)
    throw UsageError(
        fmt::format("the model knows none of the project's classes: it finds {}; the project has {}",
                    join(model_classes, ", "), join(project_classes.names(), ", ")),
        "say which is which with --map MODEL-CLASS=PROJECT-CLASS");
  return map;
}

std::vector<Annotation> to_proposals(const std::vector<Detection>& detections,
                                     const std::vector<std::optional<int>>& class_map,
                                     const ProposalOptions& options) {
  std::vector<Annotation> proposals;
  for (const auto& detection : detections) {
    const auto& class_idx = class_map.at(static_cast<std::size_t>(detection.class_idx));
    if (!class_idx || detection.score < options.min_score || !is_proper(detection.box)) continue;
    Annotation proposal;
    proposal.class_idx = *class_idx;
    proposal.shape = detection.box;
    proposal.score = detection.score;
    proposal.source = options.source;
    proposal.model_id = options.model_id;
    proposal.proposal = true;
    proposals.push_back(std::move(proposal));
  }
  return proposals;
}

std::vector<Annotation> with_proposals(const Image& image, const std::vector<Annotation>& proposals,
                                       const ProposalOptions& options) {
  std::vector<Annotation> all, older;
  for (const auto& each : image.annotations) (each.proposal ? older : all).push_back(each);
  auto labels = all.size();
  for (auto proposal : proposals) {
    bool labelled = std::any_of(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(labels),
                                [&](const Annotation& label) {
                                  return label.class_idx == proposal.class_idx &&
                                         iou(label.box(), proposal.box()) >= options.duplicate_iou;
                                });
    if (labelled) continue;
    auto same = std::find_if(older.begin(), older.end(),
                             [&](const Annotation& old) { return same_but_id(old, proposal); });
    proposal.id = same == older.end() ? 0 : same->id;
    if (same != older.end()) older.erase(same);
    all.push_back(std::move(proposal));
  }
  // As the project lists them: by id, new ones last.
  std::stable_sort(all.begin(), all.end(), [](const Annotation& a, const Annotation& b) {
    return a.id != 0 && (b.id == 0 || a.id < b.id);
  });
  return all;
}

bool propose(Project& project, const Image& image, const std::vector<Annotation>& proposals,
             const ProposalOptions& options) {
  if (image.state == ImageState::done || image.state == ImageState::rejected) return false;
  auto annotations = with_proposals(image, proposals, options);
  if (annotations == image.annotations && image.state == ImageState::review) return false;
  ImageEdit edit;
  edit.action = "propose";
  edit.comment = fmt::format("{} proposals by {}", proposals.size(), options.model_id);
  edit.expected_revision = image.revision;
  edit.annotations = std::move(annotations);
  edit.state = ImageState::review;
  project.images().edit(image.id, edit);
  return true;
}

}  // namespace ds
