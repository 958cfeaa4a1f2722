#include "ds/detect/golden.h"

#include <cmath>
#include <limits>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/detect/engine.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

/// Gives these boxes as an engine does: what is not above the threshold, NaN too, is left out.
class GivenEngine : public Engine {
 public:
  explicit GivenEngine(std::vector<ScoredBox> boxes) : boxes_(std::move(boxes)) {}
  std::vector<std::vector<ScoredBox>> run(const InputBatch&, double threshold) override {
    std::vector<ScoredBox> kept;
    for (const auto& box : boxes_)
      if (box.score > threshold) kept.push_back(box);
    return {kept};
  }
  int input_multiple() const override { return 0; }

 private:
  std::vector<ScoredBox> boxes_;
};

Detector detector_of(const std::vector<ScoredBox>& boxes) {
  ModelCard card;
  card.name = "m";
  card.classes = {"a"};
  card.input_width = card.input_height = 32;
  return Detector(card, std::make_unique<GivenEngine>(boxes), {});
}

/// `count` boxes whose scores are spread over 0..1, or all one.
std::vector<ScoredBox> boxes(std::size_t count, std::size_t different, double add = 0) {
  std::vector<ScoredBox> made;
  for (std::size_t i = 0; i < count; ++i)
    made.push_back(
        {{0, 0, 8, 8}, static_cast<double>(i % different) / static_cast<double>(different) + add, 0});
  return made;
}

std::string message_of(const std::vector<ScoredBox>& boxes) {
  auto detector = detector_of(boxes);
  try {
    golden_answer(detector);
  } catch (const DataError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("an answer that no working network gives is refused") {
  REQUIRE(message_of(boxes(200, 200)) == "");
  REQUIRE(message_of({}) == "model m: the golden picture gave no number at all");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  REQUIRE(message_of({{{0, 0, 8, 8}, nan, 0}}) == "model m: the golden picture gave no number at all");
  REQUIRE(message_of({{{0, 0, nan, 8}, 0.5, 0}})
              .starts_with("model m: the golden picture gave a score of 0.5 in a box of"));
  // Weights of zero: one score for every anchor, or with biases one for every level and class.
  REQUIRE(
      message_of(boxes(21, 1)) ==
      "model m: the golden picture gave 21 boxes with only 1 different scores: what it says does not depend "
      "on the picture");
  REQUIRE(message_of(boxes(3549, 9)).find("with only 9 different scores") != std::string::npos);
  REQUIRE(message_of(boxes(42, 3)) == "");  // too few boxes to tell
}

TEST_CASE("a model is held to the answer that was kept when it was measured") {
  TemporaryFolder folder;
  auto measured = detector_of(boxes(200, 200));
  REQUIRE_FALSE(read_golden(folder.path()).has_value());
  keep_golden(folder.path(), check_golden(folder.path(), measured));
  auto kept = read_golden(folder.path());
  REQUIRE(kept->candidates == 200);
  REQUIRE(kept->top_scores.size() == 32);
  REQUIRE(kept->top_scores[0] == 0.995);
  REQUIRE(kept->mean_score == Approx(0.4975));
  REQUIRE_NOTHROW(check_golden(folder.path(), measured));
  auto rounded = detector_of(boxes(200, 200, 1e-4));
  REQUIRE_NOTHROW(check_golden(folder.path(), rounded));
  auto changed = detector_of(boxes(200, 200, 0.02));
  REQUIRE_THROWS_WITH(
      check_golden(folder.path(), changed),
      "model m is not what was measured: the mean score is 0.5175, when the model was measured "
      "it was 0.4975 on the golden picture");
  keep_golden(folder.path(), golden_answer(changed));
  REQUIRE(read_golden(folder.path())->mean_score == kept->mean_score);  // the first one stays
  write_file_atomically(folder.path() / "golden.json", "{");
  REQUIRE_THROWS_AS(check_golden(folder.path(), measured), FormatError);
}
