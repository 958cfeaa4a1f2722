#pragma once

#include <string>
#include <vector>

#include "ds/compare/eval_data.h"
#include "ds/compare/run_model.h"
#include "ds/metrics/label_suspects.h"
#include "ds/report/model_report.h"

/// Pictures of a report: which images, what is drawn on them, and their JPEGs.
namespace ds::detail {

/// A picture to make: a whole image, or a part of it.
struct PictureOrder {
  std::int32_t image_idx = 0;
  double x = 0, y = 0, w = 0, h = 0;  // the part, in pixels of the image; no width: the whole
  std::string caption;
  std::vector<MarkedBox> boxes;  // in pixels of the image
};

/// What a model did on an image, as boxes.
PictureOrder worst_image_picture(const EvalData& data, const ComparedModel& model,
                                 const ImageOutcome& outcome);
/// The place of a likely label error with some of its surroundings.
PictureOrder suspect_picture(const EvalData& data, const LabelSuspect& suspect);
/// What models found differently on an image. @param outcomes of each model, by image
PictureOrder disagreement_picture(const EvalData& data, const std::vector<std::string>& names,
                                  const std::vector<ComparedModel>& models,
                                  const std::vector<std::vector<ImageOutcome>>& outcomes,
                                  const Disagreement& disagreement);

/// Decodes, cuts, scales and encodes on `threads` threads. An image that cannot be read leaves its pictures
/// out of the result and a sentence in `warnings`.
/// @param side pixels of the longer side at most
/// @return beside `orders`; empty `jpeg` where the image could not be read
std::vector<MarkedPicture> make_pictures(const EvalData& data, const std::vector<PictureOrder>& orders,
                                         int side, int threads, std::vector<std::string>& warnings);

}  // namespace ds::detail
