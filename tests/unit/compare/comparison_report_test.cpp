#include "ds/compare/comparison_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <opencv2/core/mat.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/media/image_io.h"
#include "ds/media/synthetic_scene.h"
#include "ds/project/project.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

/// A project of drawn pictures, and stored evaluations of two models that were never run: "good" finds all
/// but every fifth object, "poor" every second one, and calls every seventh by another class.
class EvaluatedProject {
 public:
  EvaluatedProject() {
    Project::init(path(), {.name = "shapes", .split_key = "key"}, {"disc", "square", "triangle"});
    project_.emplace(path(), OpenOptions{"ada", "test"});
    SceneOptions scene{.images = 24, .width = 800, .height = 600, .classes = 3};
    std::vector<Image> images;
    for (int i = 0; i < scene.images; ++i) {
      cv::Mat pixels;
      auto image = make_scene(scene, i, &pixels);
      image.sha256 = project_->media().put(encode_jpeg(pixels), "jpg");
      image.split = i < 12 ? Split::train : Split::test;
      if (i >= 12) image.attributes["camera"] = i % 2 ? "left" : "right";
      images.push_back(std::move(image));
    }
    project_->images().add(images);
    snapshot_ = project_->snapshots().create({}).id;
    good_ = add_model("good", snapshot_);
    poor_ = add_model("poor", "");
    data_.emplace(project_data(*project_, snapshot_, "test"));
    store(good_, "good", 5, 1000);
    store(poor_, "poor", 2, 7);
  }

  Project& project() { return *project_; }
  const EvalData& data() const { return *data_; }
  const ModelRecord& good() const { return good_; }

  ModelRecord add_model(const std::string& name, const std::string& snapshot) {
    ModelRecord model;
    model.name = name;
    model.architecture = "yolox-nano";
    model.snapshot_id = snapshot;
    return project_->models().add(model, [](const std::filesystem::path& folder) {
      write_file_atomically(folder / "weights.safetensors", "none");
    });
  }

  void store(const ModelRecord& model, const std::string& name, std::size_t misses_each,
             std::size_t confuses_each) {
    DetectionTable found{name, {}};
    for (std::size_t g = 0; g < data_->truth.objects.size(); ++g) {
      const auto& o = data_->truth.objects[g];
      if (g % misses_each == 0) continue;
      const auto class_idx = g % confuses_each == 0 ? (o.class_idx + 1) % 3 : o.class_idx;
      found.boxes.push_back(
          {o.x + 1, o.y, o.w, o.h, 0.9 - 0.001 * static_cast<double>(g), o.image_idx, class_idx});
    }
    // Both see something where nothing is labelled, in the corner of the first picture.
    found.boxes.push_back({0, 0, 60, 50, 0.8, 0, 2});
    auto result = evaluate(data_->truth, found, {.confidence = 0.3});
    auto& e = result.evaluation;
    e.model.id = model.id;
    e.model.name = name;
    const auto objects = e.data.objects;
    e.data = data_->about;
    e.data.objects = objects;
    const ComparedModel compared{e, found, result.matching};
    EvaluationRecord record;
    record.model_id = model.id;
    record.snapshot_id = snapshot_;
    record.split = "test";
    record.fingerprint = data_->about.fingerprint;
    record.settings = R"({"conf": 0.3})";
    record.id = EvaluationStore::id_of(record);
    project_->evaluations().add(record, [&](const std::filesystem::path& folder) {
      write_evaluation(folder, compared, data_->truth);
    });
  }

 private:
  std::filesystem::path path() const { return folder_.path() / "p"; }
  TemporaryFolder folder_;
  std::optional<Project> project_;
  std::string snapshot_;
  ModelRecord good_, poor_;
  std::optional<EvalData> data_;
};

std::string value_of(const ModelReport& model, const std::string& label) {
  for (const auto& [name, value] : model.lineage)
    if (name == label) return value;
  return "(no " + label + ")";
}

}  // namespace

TEST_CASE("a report has every model, best first, with what was found out about it") {
  EvaluatedProject p;
  const auto report = comparison_report(p.project(), {}, {.resamples = 50});
  REQUIRE(report.title == "shapes: models");
  REQUIRE(report.models.size() == 2);
  const auto& good = report.models[0];
  REQUIRE(good.entry.evaluation.model.name == "good");
  REQUIRE(good.entry.rank == RankRange{1, 1});
  REQUIRE(report.models[1].entry.rank == RankRange{2, 2});
  REQUIRE(good.entry.olrp == good.localization.mean.error);
  REQUIRE(good.entry.d_ece == good.calibration.d_ece);
  REQUIRE(good.errors.counts[static_cast<int>(ErrorType::missed)] > 0);
  REQUIRE(report.models[1].errors.counts[static_cast<int>(ErrorType::classification)] > 0);
  REQUIRE(report.pairwise.pairs.size() == 1);
  REQUIRE(report.agreement.pairs.size() == 1);
  REQUIRE(good.slices.size() == report.slices.size());
  REQUIRE(std::any_of(report.slices.begin(), report.slices.end(),
                      [](const auto& s) { return s.attribute == "camera" && s.value == "left"; }));
}

TEST_CASE("pictures are scaled down, and so are the boxes on them") {
  EvaluatedProject p;
  const auto report = comparison_report(p.project(), {}, {.resamples = 0}, {.worst = 2, .picture_side = 400});
  const auto& worst = report.models[1].worst;
  REQUIRE(worst.size() == 2);
  REQUIRE(worst[0].width == 400);
  REQUIRE(worst[0].height == 300);
  const auto decoded = decode_image(worst[0].jpeg, "worst");
  REQUIRE(decoded.cols == 400);
  REQUIRE(decoded.rows == 300);
  // The picture's caption begins with its name; its objects are at half their place.
  const auto name = worst[0].caption.substr(0, worst[0].caption.find(':'));
  const auto& truth = p.data().truth;
  std::size_t drawn = 0;
  for (const auto& o : truth.objects) {
    if (truth.images[static_cast<std::size_t>(o.image_idx)].name != name) continue;
    drawn +=
        std::count_if(worst[0].boxes.begin(), worst[0].boxes.end(), [&](const auto& box) {
          return (box.role == MarkedBox::Role::truth_found || box.role == MarkedBox::Role::truth_missed) &&
                 std::abs(box.x - o.x / 2) < 1e-9 && std::abs(box.w - o.w / 2) < 1e-9;
        }) > 0;
  }
  REQUIRE(drawn > 0);
  const auto is_truth = [](const auto& box) {
    return box.role == MarkedBox::Role::truth_found || box.role == MarkedBox::Role::truth_missed;
  };
  REQUIRE(drawn ==
          static_cast<std::size_t>(std::count_if(worst[0].boxes.begin(), worst[0].boxes.end(), is_truth)));
}

TEST_CASE("a likely label error is a crop with its surroundings") {
  EvaluatedProject p;
  const auto report = comparison_report(p.project(), {}, {.resamples = 0});
  REQUIRE(report.suspect_count >= 1);
  const auto found = std::find_if(report.suspects.begin(), report.suspects.end(), [](const auto& s) {
    return s.caption.find("missing label: triangle") != std::string::npos;
  });
  REQUIRE(found != report.suspects.end());
  // 60 x 50 in the corner, with a margin of 36 (0.6 of 60), of which the picture's edges leave the far ones.
  REQUIRE(found->width == 96);
  REQUIRE(found->height == 86);
  const auto box = std::find_if(found->boxes.begin(), found->boxes.end(),
                                [](const auto& b) { return b.role == MarkedBox::Role::suspect; });
  REQUIRE(box != found->boxes.end());
  REQUIRE(box->x == 0);
  REQUIRE(box->w == 60);
  REQUIRE(box->label == "triangle");
}

TEST_CASE("lineage says whether the evaluation's images were trained on") {
  EvaluatedProject p;
  auto report = comparison_report(p.project(), {}, {.resamples = 0});
  REQUIRE(value_of(report.models[0], "evaluation images it trained on") == "none of 12");
  REQUIRE(value_of(report.models[1], "evaluation images it trained on") == "not known");
  REQUIRE(report.warnings.empty());

  // On all images the model has seen the training half.
  auto all = project_data(p.project(), "", "all");
  DetectionTable nothing{"good", {}};
  auto result = evaluate(all.truth, nothing);
  result.evaluation.model.id = p.good().id;
  result.evaluation.model.name = "good";
  result.evaluation.data = all.about;
  EvaluationRecord record;
  record.model_id = p.good().id;
  record.snapshot_id = all.about.snapshot;
  record.split = "all";
  record.fingerprint = all.about.fingerprint;
  record.settings = R"({"conf": null})";
  record.id = EvaluationStore::id_of(record);
  p.project().evaluations().add(record, [&](const std::filesystem::path& folder) {
    write_evaluation(folder, {result.evaluation, nothing, result.matching}, all.truth);
  });
  report = comparison_report(p.project(), {.split = "all"}, {.resamples = 0});
  REQUIRE(value_of(report.models[0], "evaluation images it trained on") ==
          "12 of 24: scene_0000.jpg, scene_0001.jpg, scene_0002.jpg ...");
  REQUIRE(
      report.warnings ==
      std::vector<std::string>{"good trained on 12 of the 24 images it is measured on: its numbers flatter"});
}

TEST_CASE("an image that is broken is a warning") {
  EvaluatedProject p;
  write_file_atomically(p.data().files[0], "no image");
  const auto report = comparison_report(p.project(), {}, {.resamples = 0});
  REQUIRE(report.warnings.size() == 1);
  REQUIRE(report.warnings[0].find("no picture of " + p.data().truth.images[0].name + ": ") == 0);
}

TEST_CASE("one model by name, and a name that has no evaluation") {
  EvaluatedProject p;
  const auto report = comparison_report(p.project(), {.models = {"poor"}}, {.resamples = 20});
  REQUIRE(report.models.size() == 1);
  REQUIRE(report.models[0].entry.evaluation.model.name == "poor");
  REQUIRE(report.pairwise.pairs.empty());
  p.add_model("new", "");
  REQUIRE_THROWS_WITH(comparison_report(p.project(), {.models = {"new"}}, {.resamples = 0}),
                      "new has no evaluation");
}

TEST_CASE("different models of one name are told apart by their ids") {
  EvaluatedProject p;
  const auto other = p.add_model("another", "");
  p.store(other, "good", 3, 1000);
  const auto entries = compare_stored(p.project(), {}, {.resamples = 0}).entries;
  REQUIRE(entries.size() == 3);
  REQUIRE(shown_name(entries[0]) == "good 0x0 conf 0.3 " + p.good().id);
  REQUIRE(shown_name(entries[1]) == "good 0x0 conf 0.3 " + other.id);
  REQUIRE(shown_name(entries[2]) == "poor");
}

TEST_CASE("the report is the same at any thread count") {
  EvaluatedProject p;
  const auto one = comparison_report(p.project(), {}, {.resamples = 30, .threads = 1});
  const auto three = comparison_report(p.project(), {}, {.resamples = 30, .threads = 3});
  REQUIRE(one.models[0].worst.size() == three.models[0].worst.size());
  for (std::size_t i = 0; i < one.models[0].worst.size(); ++i) {
    REQUIRE(one.models[0].worst[i].caption == three.models[0].worst[i].caption);
    REQUIRE(one.models[0].worst[i].jpeg == three.models[0].worst[i].jpeg);
  }
  REQUIRE(one.suspects.size() == three.suspects.size());
  for (std::size_t i = 0; i < one.models[0].slices.size(); ++i)
    REQUIRE(one.models[0].slices[i].interval == three.models[0].slices[i].interval);
}
