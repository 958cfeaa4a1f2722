#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ds/metrics/agreement.h"

/// What models say about the labels.
namespace ds {

/// missing_label: models see something where nothing is labelled. wrong_class: they see another class at
/// the place of the object. loose_box: the right class, but a box that the label overlaps only with IoU .1
/// to .5 while the models agree among themselves. spurious_label: no model sees anything at the label (IoU
/// < .1 of any class).
enum class SuspectKind { missing_label, wrong_class, loose_box, spurious_label };
std::string to_string(SuspectKind kind);

/// A label that is likely wrong: where every model contradicts it in the same way, with a confidence of at
/// least kTogetherConfidence; when there is only one model, of at least kAloneConfidence.
struct LabelSuspect {
  SuspectKind kind = SuspectKind::missing_label;
  std::int32_t image_idx = 0;
  std::int32_t object_idx = -1;       // the label; -1: there is none
  std::int32_t class_idx = -1;        // what the models say; -1: nothing
  double x = 0, y = 0, w = 0, h = 0;  // the best detection's box, or the label's for spurious_label
  double confidence = 0;              // mean of the models' best scores there, each divided by the model's
                                      // largest score; of spurious_label 1 - that of the best near detection
                                      // (at any score), times the share of labels of this class and size
                                      // that the models find: who finds few cannot call a label spurious
  std::int64_t models = 0;            // that say so
};

inline constexpr double kTogetherConfidence = 0.3;
inline constexpr double kAloneConfidence = 0.5;

/// Most confident first, then by image id and place. Crowd and ignored objects are no suspects and cover what
/// lies on them (half of the detection's area or more).
std::vector<LabelSuspect> label_suspects(const TruthTable& truth, const std::vector<ModelFindings>& models);

}  // namespace ds
