#include "ds/labeling/auto_label.h"

#include <fmt/format.h>

#include <algorithm>
#include <opencv2/core.hpp>

#include "ds/base/error.h"
#include "ds/base/stop.h"
#include "ds/labeling/queue.h"
#include "ds/labeling/workflow.h"
#include "ds/media/image_io.h"

namespace ds {
namespace {

/// Orders that look at proposals need the model to have seen every candidate first.
bool needs_proposals(const std::string& order) {
  return order == "uncertainty" || order == "rare";
}

/// Everything one call works with.
struct Work {
  Project& project;
  const ProposalModel& model;
  const AutoLabelOptions& options;
  std::vector<std::optional<int>> class_map;
  ProposalOptions proposing;
  AutoLabelReport& report;

  /// What the model proposes for the image, or nothing when its bytes cannot be read.
  std::optional<std::vector<Annotation>> proposals_for(const Image& image) {
    cv::Mat pixels;
    try {
      pixels = decode_image_file(project.media().path_of(image.sha256));
    } catch (const DataError& error) {
      report.unreadable.push_back(fmt::format("{}: {}", image.name, error.what()));
      return std::nullopt;
    }
    return to_proposals(model.detect(pixels), class_map, proposing);
  }

  void store(const Image& image, const std::vector<Annotation>& proposals, double priority) {
    AutoLabelReport::Entry entry;
    entry.name = image.name;
    entry.labels = label_count(image);
    entry.priority = priority;
    auto after = image;
    after.annotations = with_proposals(image, proposals, proposing);
    entry.proposals = proposal_count(after);
    change_project(project, options.dry_run,
                   [&] { entry.changed = propose(project, image, proposals, proposing); });
    report.proposals += entry.proposals;
    report.images.push_back(std::move(entry));
  }
};

void label_by_proposals(Work& work, std::vector<Image> images, Progress& progress) {
  std::vector<Image> seen;
  progress.begin("proposing", static_cast<std::int64_t>(images.size()));
  for (auto& image : images) {
    throw_if_stopped();
    auto proposals = work.proposals_for(image);
    progress.advance();
    if (!proposals) continue;
    image.annotations = with_proposals(image, *proposals, work.proposing);
    seen.push_back(std::move(image));
  }
  progress.end();
  QueueInput input{work.project, work.options.seed, progress, work.options.amount};
  for (const auto& item : order_images(work.options.order, std::move(seen), input)) {
    auto proposals = item.image.annotations;
    std::erase_if(proposals, [](const Annotation& a) { return !a.proposal; });
    for (auto& proposal : proposals) proposal.id = 0;
    work.store(work.project.images().get(item.image.id), proposals, item.priority);
  }
}

void label_one_by_one(Work& work, std::vector<Image> images, Progress& progress) {
  QueueInput input{work.project, work.options.seed, progress, work.options.amount};
  auto items = order_images(work.options.order, std::move(images), input);
  progress.begin("proposing", static_cast<std::int64_t>(items.size()));
  for (const auto& item : items) {
    throw_if_stopped();
    if (auto proposals = work.proposals_for(item.image)) work.store(item.image, *proposals, item.priority);
    progress.advance();
  }
  progress.end();
}

}  // namespace

AutoLabelReport auto_label(Project& project, const ProposalModel& model, const AutoLabelOptions& options,
                           Progress& progress) {
  queue_orders().at(options.order);
  AutoLabelReport report;
  auto class_map = map_classes(model.classes, project.classes().list(), options.renames);
  for (std::size_t i = 0; i < class_map.size(); ++i)
    if (!class_map[i]) report.unmapped_classes.push_back(model.classes[i]);
  auto selection = options.selection;
  if (selection.empty()) selection.where = "status=unlabelled or status=queued";
  auto images = select_images(project, selection);
  report.skipped = std::erase_if(images, [](const Image& image) { return !is_open(image); });
  report.candidates = images.size();
  ProposalOptions proposing{options.min_score, options.duplicate_iou, Source::automatic, model.id};
  Work work{project, model, options, std::move(class_map), std::move(proposing), report};
  if (needs_proposals(options.order))
    label_by_proposals(work, std::move(images), progress);
  else
    label_one_by_one(work, std::move(images), progress);
  auto changed = std::count_if(report.images.begin(), report.images.end(),
                               [](const AutoLabelReport::Entry& entry) { return entry.changed; });
  if (changed > 0 && !options.dry_run)
    project.events().add({"",
                          "review-waiting",
                          fmt::format("{} {} for review, with proposals by {}", changed,
                                      changed == 1 ? "image waits" : "images wait", model.id),
                          {{"model", model.id}, {"images", std::to_string(changed)}}});
  return report;
}

}  // namespace ds
