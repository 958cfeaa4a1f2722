#include "ds/train/candidates.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/runs/train_options.h"

namespace ds {
namespace {

/// What is worth trying, best guess first; small data and CPU time decide the order (docs/TRAINING.md).
const std::map<std::string, std::vector<Candidate>>& grids() {
  static const std::map<std::string, std::vector<Candidate>> kGrids = {
      {"speed",
       {{"yolox-nano", 320, "speed"},
        {"yolox-nano", 416, "speed"},
        {"yolox-nano", 256, "speed"},
        {"yolox-tiny", 320, "speed"},
        {"ssdlite-mobilenetv3", 320, "speed"}}},
      {"balanced",
       {{"yolox-nano", 416, "balanced"},
        {"yolox-tiny", 416, "balanced"},
        {"yolox-nano", 320, "balanced"},
        {"yolox-tiny", 320, "balanced"},
        {"rtmdet-tiny", 416, "balanced"},
        {"yolox-nano", 512, "balanced"},
        {"yolox-s", 416, "balanced"}}},
      {"accuracy",
       {{"yolox-tiny", 416, "accuracy"},
        {"yolox-nano", 512, "accuracy"},
        {"yolox-s", 416, "accuracy"},
        {"rtmdet-tiny", 416, "accuracy"},
        {"yolox-nano", 416, "accuracy"},
        {"yolox-tiny", 640, "accuracy"},
        {"yolox-s", 640, "accuracy"},
        {"rtmdet-s", 640, "accuracy"},
        {"faster-rcnn-mobilenetv3", 640, "accuracy"}}},
  };
  return kGrids;
}

/// The custom candidates with what they leave open.
std::vector<Candidate> completed(const CandidateRequest& request) {
  if (!request.arch.empty())
    throw UsageError("--arch beside --candidate: a candidate names its own architecture");
  if (request.count != 1 && static_cast<std::size_t>(request.count) != request.custom.size())
    throw UsageError(
        fmt::format("--candidates {}: {} were named with --candidate", request.count, request.custom.size()),
        "leave --candidates out");
  auto candidates = request.custom;
  for (auto& candidate : candidates) {
    if (candidate.input_side == 0) candidate.input_side = request.input_side;
    if (candidate.recipe.empty())
      candidate.recipe = request.recipe.empty() ? request.priority : request.recipe;
  }
  for (std::size_t i = 0; i < candidates.size(); ++i)
    if (std::find(candidates.begin(), candidates.begin() + static_cast<std::ptrdiff_t>(i), candidates[i]) !=
        candidates.begin() + static_cast<std::ptrdiff_t>(i))
      throw UsageError(fmt::format("--candidate {}:{}:{} was given twice", candidates[i].arch,
                                   candidates[i].input_side, candidates[i].recipe));
  return candidates;
}

/// Keeps the first of each, after the pinned values replaced the grid's.
std::vector<Candidate> pinned(std::vector<Candidate> grid, const CandidateRequest& request) {
  std::vector<Candidate> result;
  for (auto candidate : grid) {
    if (!request.arch.empty()) candidate.arch = request.arch;
    if (request.input_side > 0) candidate.input_side = request.input_side;
    if (!request.recipe.empty()) candidate.recipe = request.recipe;
    if (std::find(result.begin(), result.end(), candidate) == result.end()) result.push_back(candidate);
  }
  return result;
}

}  // namespace

Candidate parse_candidate(const std::string& text) {
  auto parts = split(text, ':');
  if (parts.size() > 3 || parts.front().empty())
    throw UsageError(
        fmt::format("--candidate: found '{}', expected ARCH, ARCH:SIZE or ARCH:SIZE:RECIPE", text));
  Candidate candidate{parts[0], 0, parts.size() > 2 ? parts[2] : std::string()};
  if (parts.size() > 1 && !parts[1].empty()) {
    auto side = parse_int(parts[1]);
    if (!side || *side < kSmallestInput || *side > kLargestInput)
      throw UsageError(fmt::format("--candidate {}: '{}' is not an input size ({} to {})", text, parts[1],
                                   kSmallestInput, kLargestInput));
    candidate.input_side = static_cast<int>(*side);
  }
  return candidate;
}

std::vector<Candidate> plan_candidates(const CandidateRequest& request) {
  if (!request.custom.empty()) return completed(request);
  auto grid = grids().find(request.priority);
  if (grid == grids().end())
    throw_unknown_name("priority", request.priority, {"speed", "balanced", "accuracy"});
  auto candidates = pinned(grid->second, request);
  if (request.count < 1)
    throw UsageError(fmt::format("--candidates is {}; it must be at least 1", request.count));
  if (static_cast<std::size_t>(request.count) > candidates.size())
    throw UsageError(fmt::format("--candidates {}: the {} grid has {} with these options", request.count,
                                 request.priority, candidates.size()),
                     "leave --arch or --input-size open for more");
  candidates.resize(static_cast<std::size_t>(request.count));
  return candidates;
}

}  // namespace ds
