#include "ds/metrics/input_audit.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/metrics/average_precision.h"
#include "synthetic_truth.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

/// A model whose input shows nothing wrong, and what can be done to it.
struct Audited {
  TruthTable truth;
  DetectionTable table;
  LeftOutDetections left_out;

  explicit Audited(const testing::SyntheticSetup& setup = {}) {
    auto made = testing::synthetic_truth(setup);
    truth = std::move(made.truth);
    for (auto& image : truth.images) {
      image.width = 640;
      image.height = 480;
    }
    table = std::move(made.detections);
    for (auto& d : table.boxes) {
      const double right = std::min(d.x + d.w, 640.0), bottom = std::min(d.y + d.h, 480.0);
      d.x = std::max(d.x, 0.0);
      d.y = std::max(d.y, 0.0);
      d.w = right - d.x;
      d.h = bottom - d.y;
    }
  }

  double ap() const { return average_precision(match(truth, table)).numbers.ap(); }
  std::vector<AuditFinding> findings() const {
    return audit_inputs("gt.json", truth, "dt.json", table, left_out, match(truth, table), ap());
  }
  AuditFinding only_finding() const {
    const auto found = findings();
    for (const auto& finding : found) UNSCOPED_INFO(finding.text());
    REQUIRE(found.size() == 1);
    return found[0];
  }
};

}  // namespace

TEST_CASE("nothing is found where nothing is wrong") {
  REQUIRE(Audited().findings().empty());
}

TEST_CASE("corners given as corner and size") {
  Audited c;
  const double right = c.ap();
  for (auto& d : c.table.boxes) {
    d.w += d.x;
    d.h += d.y;
  }
  const auto found = c.findings();  // such boxes reach outside too
  REQUIRE(found.size() == 2);
  REQUIRE(found[0].kind == AuditKind::corners);
  REQUIRE(found[0].first == "/0");
  REQUIRE(*found[0].ap_given == c.ap());
  REQUIRE(*found[0].ap_other == Approx(right).margin(1e-3));  // adding and taking away rounds
  REQUIRE(found[1].kind == AuditKind::outside_image);
}

TEST_CASE("corners in the truth") {
  Audited c;
  const double right = c.ap();
  for (auto& o : c.truth.objects) {
    o.w += o.x;
    o.h += o.y;
    o.area = o.w * o.h;
  }
  const auto found = c.findings();
  REQUIRE(found[0].kind == AuditKind::corners);
  REQUIRE(found[0].file == "gt.json");
  REQUIRE(found[0].first == "annotation 1");
  REQUIRE(*found[0].ap_other == Approx(right).margin(1e-3));
}

TEST_CASE("fractions of the image") {
  Audited c;
  const double right = c.ap();
  for (auto& d : c.table.boxes) {
    d.x /= 640;
    d.w /= 640;
    d.y /= 480;
    d.h /= 480;
  }
  const auto found = c.only_finding();
  REQUIRE(found.kind == AuditKind::fractions);
  REQUIRE(*found.ap_given == 0);
  REQUIRE(*found.ap_other == Approx(right).margin(1e-3));
  // Without the images' sizes it is said all the same.
  for (auto& image : c.truth.images) image.width = image.height = 0;
  REQUIRE_FALSE(c.only_finding().ap_other.has_value());
}

TEST_CASE("class ids off by one") {
  Audited c({.classes = 4});
  const double right = c.ap();
  // The truth's ids are 1 to 4. A model that counts from 0: its class 0 is unknown.
  std::vector<DetectedBox> kept;
  for (std::size_t i = 0; i < c.table.boxes.size(); ++i) {
    auto d = c.table.boxes[i];
    if (--d.class_idx >= 0) {
      kept.push_back(d);
      continue;
    }
    c.left_out.boxes.push_back(d);
    c.left_out.class_ids.push_back(0);
    c.left_out.places.push_back(static_cast<std::int64_t>(i));
  }
  c.table.boxes = kept;
  const auto found = c.only_finding();
  REQUIRE(found.kind == AuditKind::shifted_class);
  REQUIRE(found.other_reading == "with 1 added to each class id");
  REQUIRE(*found.ap_other == Approx(right).epsilon(1e-9));
  REQUIRE(*found.ap_given < .1);
}

TEST_CASE("places in the list of classes instead of ids") {
  Audited c({.classes = 4});
  const double right = c.ap();
  // Ids 10, 1, 3, 2; the model gives the place in 1, 2, 3, 10, counted from 0.
  const std::int64_t ids[] = {10, 1, 3, 2};
  const std::int64_t places[] = {3, 0, 2, 1};
  for (std::size_t i = 0; i < 4; ++i) c.truth.classes[i].id = ids[i];
  std::vector<DetectedBox> kept;
  for (std::size_t i = 0; i < c.table.boxes.size(); ++i) {
    auto d = c.table.boxes[i];
    const auto place = places[d.class_idx];
    const auto at = std::find(std::begin(ids), std::end(ids), place);
    if (at != std::end(ids)) {
      d.class_idx = static_cast<std::int32_t>(at - std::begin(ids));
      kept.push_back(d);
      continue;
    }
    c.left_out.boxes.push_back(d);
    c.left_out.class_ids.push_back(place);
    c.left_out.places.push_back(static_cast<std::int64_t>(i));
  }
  c.table.boxes = kept;
  const auto found = c.only_finding();
  REQUIRE(found.other_reading == "with class ids read as places, from 0, in the list of ids");
  REQUIRE(*found.ap_other == Approx(right).epsilon(1e-9));
}

TEST_CASE("a model that is poor is not told to shift its classes") {
  REQUIRE(Audited({.jitter = .3, .missed = .6, .false_per_image = 10}).findings().empty());
}

TEST_CASE("scores outside 0 to 1") {
  Audited c;
  for (auto& d : c.table.boxes) d.score *= 100;
  const auto found = c.only_finding();
  REQUIRE(found.kind == AuditKind::score_range);
  REQUIRE(found.other_reading.empty());
  REQUIRE(found.text().find("AP does not depend on it") != std::string::npos);
}

TEST_CASE("repeated ids, turned boxes, boxes outside") {
  Audited ids;
  ids.truth.objects[5].id = ids.truth.objects[2].id;
  REQUIRE(ids.only_finding().kind == AuditKind::repeated_id);
  REQUIRE(ids.only_finding().first == "annotation 3");
  Audited turned;
  const double right = turned.ap();
  auto& box = turned.table.boxes[4];
  box.x += box.w;
  box.w = -box.w;
  REQUIRE(turned.only_finding().kind == AuditKind::negative_size);
  REQUIRE(turned.only_finding().first == "/4");
  REQUIRE(*turned.only_finding().ap_other == Approx(right).epsilon(1e-6));
  Audited outside;
  outside.table.boxes[7].w = 640;
  outside.table.boxes[7].x = 2;
  REQUIRE(outside.only_finding().kind == AuditKind::outside_image);
  REQUIRE(outside.only_finding().first == "/7");
}

TEST_CASE("the same detection again") {
  Audited c;
  const double right = c.ap();
  const auto count = c.table.boxes.size();
  for (std::size_t i = 0; i < count; i += 2) c.table.boxes.push_back(c.table.boxes[i]);
  const auto found = c.only_finding();
  REQUIRE(found.kind == AuditKind::repeated_detection);
  REQUIRE(found.first == "/" + std::to_string(count));
  REQUIRE(*found.ap_other == right);
  REQUIRE(*found.ap_given < right);
}

TEST_CASE("images without any detection") {
  Audited c;
  std::erase_if(c.table.boxes, [](const auto& d) { return d.image_idx == 3 || d.image_idx == 8; });
  const auto found = c.only_finding();
  REQUIRE(found.kind == AuditKind::no_detection);
  REQUIRE(found.saw == "2 of 40 images that hold objects have no detection");
  REQUIRE(found.first == "image 4");
  REQUIRE(*found.ap_other > *found.ap_given);
}

TEST_CASE("a place in the file counts what was left out") {
  LeftOutDetections left_out;
  left_out.places = {0, 3};
  REQUIRE(left_out.place_in_file(0) == 1);
  REQUIRE(left_out.place_in_file(1) == 2);
  REQUIRE(left_out.place_in_file(2) == 4);
}

TEST_CASE("classes of one name are said, with what merging them gives") {
  TruthTable truth;
  truth.images = {{1, "a", ""}, {2, "b", ""}};
  truth.classes = {{3, "cat"}, {9, "cat"}};
  truth.objects = {{10, 10, 20, 20, 400, 1, 0, 0}, {10, 10, 20, 20, 400, 2, 1, 1}};
  DetectionTable table;  // both called by the first id
  table.boxes = {{10, 10, 20, 20, 0.9, 0, 0}, {10, 10, 20, 20, 0.8, 1, 0}};
  const auto matching = match(truth, table);
  const double ap = average_precision(matching).numbers.ap();
  const auto found = audit_inputs("gt.json", truth, "dt.json", table, {}, matching, ap);
  REQUIRE(found.size() == 1);
  REQUIRE(found[0].kind == AuditKind::same_name);
  // Class 3 finds its object first, class 9 nothing: (1 + 0) / 2.
  REQUIRE(
      found[0].text() ==
      "gt.json: 1 of 2 classes have the name of another and count by themselves (--same-names); first: 'cat' of "
      "ids 3 and 9. AP as given 0.5000, with those of one name merged 1.0000");
}

TEST_CASE("areas of 1 where boxes are larger") {
  Audited c;
  for (auto& object : c.truth.objects) object.area = 1;
  const auto found = c.only_finding();
  REQUIRE(found.kind == AuditKind::unit_area);
  const auto count = c.truth.objects.size();
  REQUIRE(
      found.text() ==
      fmt::format(
          "gt.json: {0} of {0} annotations have an area of at most 1 although their boxes are larger; first: "
          "annotation {1}. AP does not depend on it; APs, APm, APl and what else goes by size do",
          count, c.truth.objects[0].id));
  for (auto& object : c.truth.objects) object.w = object.h = 1;  // a point, whose area is right
  for (const auto& other : c.findings()) REQUIRE(other.kind != AuditKind::unit_area);
}

TEST_CASE("more objects on an image than detections count") {
  TruthTable truth;
  truth.images = {{4, "", "", 2000, 100}, {5, "", "", 2000, 100}};
  truth.classes = {{1, "car"}};
  DetectionTable table;
  for (int i = 0; i < 120; ++i) {
    truth.objects.push_back({i * 15.0, 10, 10, 10, 100, i + 1, 0, 0});
    table.boxes.push_back({i * 15.0, 10, 10, 10, 0.9, 0, 0});
  }
  auto found_with = [&](const MatchOptions& options) {
    const auto matching = match(truth, table, options);
    return audit_inputs("gt.json", truth, "dt.json", table, {}, matching,
                        average_precision(matching).numbers.ap());
  };
  const auto found = found_with({});
  REQUIRE(found.size() == 1);
  REQUIRE(found[0].kind == AuditKind::many_objects);
  REQUIRE(found[0].first == "image 4 with 120");
  REQUIRE(found[0].other_reading == "with --max-dets 1,10,120");
  REQUIRE(found[0].ap_other == 1);
  // 100 of 120 objects: recalls 0 to .83 of 101 are reached.
  REQUIRE(*found[0].ap_given == Approx(84.0 / 101));
  REQUIRE(found_with({.max_detections = {1, 10, 120}}).empty());
  REQUIRE(found_with({.max_detections = {1, 5, 20}}).empty());  // asked for
}
