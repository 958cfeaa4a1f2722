#include "ds/detect/golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <set>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/media/synthetic_scene.h"

namespace ds {
namespace {

constexpr const char* kGoldenName = "golden.json";
constexpr int kGoldenFormat = 1;
constexpr std::size_t kTopScores = 32;
/// Kernels and threads of another machine round otherwise; other weights differ by much more.
constexpr double kScoreTolerance = 5e-3;
/// A network without weights knows its biases only: a few scores for thousands of anchors.
constexpr std::size_t kManyCandidates = 100;
constexpr std::size_t kSharingAScore = 20;

constexpr const char* kDamaged = "the weights are damaged: train or register the model again";

void refuse_what_no_network_gives(const std::vector<ScoredBox>& found, const std::string& name) {
  std::set<double> scores;
  for (const auto& one : found) {
    if (!std::isfinite(one.score) || !std::isfinite(one.box.x0 + one.box.y0 + one.box.x1 + one.box.y1))
      throw DataError(
          fmt::format("model {}: the golden picture gave a score of {} in a box of {}, {}, {}, {}", name,
                      one.score, one.box.x0, one.box.y0, one.box.x1, one.box.y1),
          kDamaged);
    scores.insert(one.score);
  }
  if (scores.empty())
    throw DataError(fmt::format("model {}: the golden picture gave no number at all", name), kDamaged);
  const bool one_for_all = found.size() > 1 && scores.size() == 1;
  const bool few = found.size() >= kManyCandidates && scores.size() * kSharingAScore < found.size();
  if (one_for_all || few)
    throw DataError(
        fmt::format("model {}: the golden picture gave {} boxes with only {} different scores: what it says "
                    "does not depend on the picture",
                    name, found.size(), scores.size()),
        kDamaged);
}

std::string differs(const char* what, double now, double kept) {
  return fmt::format("{} is {:.4f}, when the model was measured it was {:.4f}", what, now, kept);
}

/// What differs; empty when nothing does.
std::string difference(const GoldenAnswer& now, const GoldenAnswer& kept) {
  if (std::abs(now.mean_score - kept.mean_score) > kScoreTolerance)
    return differs("the mean score", now.mean_score, kept.mean_score);
  for (std::size_t i = 0; i < std::max(now.top_scores.size(), kept.top_scores.size()); ++i) {
    const double a = i < now.top_scores.size() ? now.top_scores[i] : 0;
    const double b = i < kept.top_scores.size() ? kept.top_scores[i] : 0;
    if (std::abs(a - b) > kScoreTolerance) return differs(fmt::format("score {}", i + 1).c_str(), a, b);
  }
  return {};
}

}  // namespace

GoldenAnswer golden_answer(Detector& detector) {
  cv::Mat picture;
  make_scene(SceneOptions{}, 0, &picture);
  const auto found = detector.candidates(picture);
  refuse_what_no_network_gives(found, detector.card().name);
  GoldenAnswer answer;
  answer.input_width = detector.input_width();
  answer.input_height = detector.input_height();
  answer.candidates = found.size();
  for (const auto& one : found) {
    answer.top_scores.push_back(one.score);
    answer.mean_score += one.score / static_cast<double>(found.size());
  }
  std::sort(answer.top_scores.rbegin(), answer.top_scores.rend());
  answer.top_scores.resize(std::min(answer.top_scores.size(), kTopScores));
  return answer;
}

std::optional<GoldenAnswer> read_golden(const std::filesystem::path& folder) {
  const auto file = folder / kGoldenName;
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return std::nullopt;
  try {
    const auto json = nlohmann::json::parse(read_file(file));
    if (json.at("format").get<int>() > kGoldenFormat)
      throw FormatError({.path = file, .pointer = "/format"}, "newer than this tool",
                        "use the version of ds that wrote it, or a newer one");
    GoldenAnswer answer;
    answer.input_width = json.at("input").at(0).get<int>();
    answer.input_height = json.at("input").at(1).get<int>();
    answer.candidates = json.at("candidates").get<std::size_t>();
    answer.mean_score = json.at("mean_score").get<double>();
    answer.top_scores = json.at("top_scores").get<std::vector<double>>();
    return answer;
  } catch (const nlohmann::json::exception& error) {
    throw FormatError({.path = file}, fmt::format("not a golden answer: {}", error.what()),
                      "train or register the model again");
  }
}

void keep_golden(const std::filesystem::path& folder, const GoldenAnswer& answer) {
  if (read_golden(folder)) return;
  nlohmann::ordered_json json{{"format", kGoldenFormat},
                              {"input", {answer.input_width, answer.input_height}},
                              {"candidates", answer.candidates},
                              {"mean_score", answer.mean_score},
                              {"top_scores", answer.top_scores}};
  write_file_atomically(folder / kGoldenName, json.dump(1) + "\n");
}

GoldenAnswer check_golden(const std::filesystem::path& folder, Detector& detector) {
  auto answer = golden_answer(detector);
  auto kept = read_golden(folder);
  if (!kept || kept->input_width != answer.input_width || kept->input_height != answer.input_height)
    return answer;
  if (auto what = difference(answer, *kept); !what.empty())
    throw DataError(
        fmt::format("model {} is not what was measured: {} on the golden picture", detector.card().name,
                    what),
        fmt::format("its weights in {} have changed: train or register the model again", folder.string()));
  return answer;
}

}  // namespace ds
