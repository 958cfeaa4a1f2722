#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ds/dataset/detection.h"
#include "ds/labeling/label_counts.h"
#include "ds/project/project.h"

/// What models may do to an image: propose. A proposal is an annotation with `proposal` set; it keeps its
/// source, model and score, never trains, and becomes a label only when a person accepts it.
namespace ds {

/// Model class index -> project class index, nothing where the project has no such class.
/// @param renames "model-name=project-name"
/// Throws UsageError when no class of the model is one of the project's, naming both lists.
std::vector<std::optional<int>> map_classes(const std::vector<std::string>& model_classes,
                                            const ClassList& project_classes,
                                            const std::vector<std::string>& renames = {});

struct ProposalOptions {
  double min_score = 0;        // lower scores are not proposed
  double duplicate_iou = 0.5;  // not proposed over a label of the same class that overlaps at least this much
  Source source = Source::automatic;
  std::string model_id = {};
};

/// Detections as proposals, classes mapped, those without a class left out.
std::vector<Annotation> to_proposals(const std::vector<Detection>& detections,
                                     const std::vector<std::optional<int>>& class_map,
                                     const ProposalOptions& options);

/// The image's labels as they are and `proposals` except those over a label. Older proposals are replaced;
/// one that is the same keeps its id. Ordered by id, new ones (id 0) last.
std::vector<Annotation> with_proposals(const Image& image, const std::vector<Annotation>& proposals,
                                       const ProposalOptions& options);

/// Stores the proposals and moves the image to review, as one journal entry "propose". Images that are done
/// or rejected are left alone. Returns whether anything has changed.
bool propose(Project& project, const Image& image, const std::vector<Annotation>& proposals,
             const ProposalOptions& options);

}  // namespace ds
