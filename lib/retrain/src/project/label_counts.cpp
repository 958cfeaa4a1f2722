#include "project/label_counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "ds/project/project.h"
#include "ds/retrain/collect.h"

namespace ds::detail {
namespace {

bool is_label(const Annotation& annotation) {
  return !annotation.proposal;
}

/// What a training learns from an image, in an order of its own: ids and revisions do not matter.
std::string labels_digest(const Image& image, const ClassList& classes) {
  std::vector<std::string> lines;
  for (const auto& each : image.annotations)
    if (is_label(each))
      lines.push_back(fmt::format("{} {}{}{} {}", classes[each.class_idx].name, each.crowd ? 'c' : '-',
                                  each.difficult ? 'd' : '-', each.ignore ? 'i' : '-',
                                  shape_to_json(each.shape)));
  std::sort(lines.begin(), lines.end());
  return sha256_hex(to_string(image.split) + "\n" + join(lines, "\n"));
}

}  // namespace

LabelCounts count_new_labels(Project& project, const std::string& deployment,
                             const std::string& since_snapshot) {
  std::unordered_map<std::string, std::string> learnt;  // sha256 -> labels
  if (!since_snapshot.empty()) {
    auto snapshot = project.snapshots().load(since_snapshot);
    for (const auto& image : snapshot.images) learnt[image.sha256] = labels_digest(image, snapshot.classes);
  }
  LabelCounts counts;
  auto classes = project.classes().list();
  project.images().for_each(Filter::parse("status=done and (split=train or split=val)"), WithAnnotations::yes,
                            [&](const Image& image) {
                              auto found = learnt.find(image.sha256);
                              if (found != learnt.end() && found->second == labels_digest(image, classes))
                                return;
                              ++counts.new_images;
                              counts.new_labels +=
                                  std::count_if(image.annotations.begin(), image.annotations.end(), is_label);
                            });
  auto waiting = fmt::format(
      "origin~\"{}*\" and (status=review or status=unlabelled or status=working or status=queued)",
      capture_origin(deployment));
  counts.waiting_review = static_cast<std::int64_t>(project.images().count(Filter::parse(waiting)));
  return counts;
}

}  // namespace ds::detail
