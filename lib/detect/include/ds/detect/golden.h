#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <vector>

#include "ds/detect/detector.h"

/// The golden check: what a model's network gives for one drawn picture, kept beside its weights as
/// `golden.json`. It is written when the model is measured or first deployed, and compared before the model goes
/// into production: what is served is what was judged, on the machine that serves it.
namespace ds {

struct GoldenAnswer {
  int input_width = 0;
  int input_height = 0;
  std::size_t candidates = 0;  // boxes with a score, before threshold and suppression
  double mean_score = 0;
  std::vector<double> top_scores;  // the highest, falling; at most 32
};

/// Runs the network on the golden picture. Throws DataError for an answer that no working network gives: no number
/// at all, a box that is none, or the same score everywhere, as weights of zero do.
GoldenAnswer golden_answer(Detector& detector);

/// Nothing when the model has none yet. Throws FormatError for a damaged file.
std::optional<GoldenAnswer> read_golden(const std::filesystem::path& folder);
/// Keeps the answer as `<folder>/golden.json`, unless there is one.
void keep_golden(const std::filesystem::path& folder, const GoldenAnswer& answer);

/// golden_answer, compared with the kept one where there is one. Throws DataError, with both numbers, when they differ.
/// @param folder the model's bundle, loaded into `detector` with its own input size
GoldenAnswer check_golden(const std::filesystem::path& folder, Detector& detector);

}  // namespace ds
