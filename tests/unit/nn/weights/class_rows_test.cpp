#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "ds/nn/state_dict.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

using Names = std::vector<std::string>;

std::shared_ptr<DetectorNet> net_of(const std::string& name, int num_classes, std::uint64_t seed) {
  at::set_num_threads(1);
  at::manual_seed(seed);
  return make_detector_net(name, num_classes);
}

at::Tensor rows_of(const DetectorNet& net, const std::string& name) {
  auto state = state_of(net);
  const auto* tensor = state.find(name);
  if (tensor == nullptr) throw std::runtime_error("no tensor " + name);
  return tensor->detach().clone();
}

/// A net of `names` that started from one of `in_file`, and the one it would be without.
struct Started {
  std::shared_ptr<DetectorNet> source, fresh, net;
  LoadReport report;
};

Started started(const std::string& arch, const Names& in_file, const Names& names) {
  Started all;
  all.source = net_of(arch, static_cast<int>(in_file.size()), 1);
  for (const auto& layer : all.source->class_layers()) {
    at::NoGradGuard no_grad;
    auto state = state_of(*all.source);
    at::Tensor(*state.find(layer.name + ".bias")).normal_();
  }
  all.fresh = net_of(arch, static_cast<int>(names.size()), 2);
  all.net = net_of(arch, static_cast<int>(names.size()), 2);
  all.report = load_into(*all.net, state_of(*all.source), LoadPolicy::matching, {in_file, names});
  return all;
}

}  // namespace

TEST_CASE("a class more, one less and another order: YOLOX's rows are one a class") {
  auto all = started("yolox-nano", {"cat", "dog", "car"}, {"dog", "bird", "cat"});
  REQUIRE(all.report.classes.summary() == "class layer by name: dog, cat; fresh: bird; left out: car");
  REQUIRE(all.report.skipped.empty());
  for (const std::string kind : {"weight", "bias"}) {
    auto name = "head.cls_preds.1." + kind;
    auto from = rows_of(*all.source, name), fresh = rows_of(*all.fresh, name), to = rows_of(*all.net, name);
    REQUIRE(at::equal(to[0], from[1]));
    REQUIRE(at::equal(to[1], fresh[1]));
    REQUIRE(at::equal(to[2], from[0]));
  }
}

TEST_CASE("SSDlite's rows stand box by box behind the background, in any number") {
  auto all = started("ssdlite-mobilenetv3", {"cat", "dog", "car"}, {"car", "bird"});
  REQUIRE(all.report.classes.summary() == "class layer by name: car; fresh: bird; left out: cat, dog");
  REQUIRE(all.report.skipped.empty());
  auto name = std::string("head.classification_head.module_list.3.1.weight");
  auto from = rows_of(*all.source, name), fresh = rows_of(*all.fresh, name), to = rows_of(*all.net, name);
  REQUIRE(from.size(0) == 6 * 4);
  REQUIRE(to.size(0) == 6 * 3);
  for (int box = 0; box < 6; ++box) {
    REQUIRE(at::equal(to[box * 3], from[box * 4]));          // background
    REQUIRE(at::equal(to[box * 3 + 1], from[box * 4 + 3]));  // car
    REQUIRE(at::equal(to[box * 3 + 2], fresh[box * 3 + 2]));
  }
}

TEST_CASE("a list that names the background, too, fits the classes behind it") {
  auto source = net_of("ssdlite-mobilenetv3", 2, 1);
  auto net = net_of("ssdlite-mobilenetv3", 2, 2);
  auto report = load_into(*net, state_of(*source), LoadPolicy::matching,
                          {{"__background__", "cat", "dog"}, {"dog", "cat"}});
  REQUIRE(report.classes.summary() == "class layer by name: dog, cat (in the weights: cat, dog)");
}

TEST_CASE("Faster R-CNN's boxes are four rows a class, the background's first") {
  auto all = started("faster-rcnn-mobilenetv3", {"cat", "dog"}, {"bird", "dog", "cat"});
  REQUIRE(all.report.classes.summary() == "class layer by name: dog, cat; fresh: bird");
  REQUIRE(all.report.skipped.empty());
  auto name = std::string("roi_heads.box_predictor.bbox_pred.bias");
  auto from = rows_of(*all.source, name), fresh = rows_of(*all.fresh, name), to = rows_of(*all.net, name);
  REQUIRE(at::equal(to.slice(0, 0, 4), from.slice(0, 0, 4)));
  REQUIRE(at::equal(to.slice(0, 4, 8), fresh.slice(0, 4, 8)));
  REQUIRE(at::equal(to.slice(0, 8, 12), from.slice(0, 8, 12)));
  REQUIRE(at::equal(to.slice(0, 12, 16), from.slice(0, 4, 8)));
}

TEST_CASE("with no class in common the class layer is fresh, however many there are") {
  auto all = started("rtmdet-tiny", {"cat", "dog"}, {"red", "blue"});
  REQUIRE(all.report.classes.kind == ClassTransfer::Kind::fresh);
  REQUIRE(all.report.classes.summary() ==
          "class layer fresh: none of red, blue is a class of the weights (cat, dog)");
  REQUIRE(all.report.skipped.size() == 6);  // weight and bias of three levels
  REQUIRE(all.report.skipped[0].why == "of other classes");
  REQUIRE(all.report.missing.empty());
  REQUIRE(at::equal(rows_of(*all.net, "bbox_head.rtm_cls.0.bias"),
                    rows_of(*all.fresh, "bbox_head.rtm_cls.0.bias")));
  REQUIRE(at::equal(rows_of(*all.net, "bbox_head.rtm_reg.0.weight"),
                    rows_of(*all.source, "bbox_head.rtm_reg.0.weight")));
}

TEST_CASE("without names rows are taken as they stand if their number is the same") {
  auto source = net_of("yolox-nano", 2, 1);
  auto net = net_of("yolox-nano", 2, 2);
  auto report = load_into(*net, state_of(*source), LoadPolicy::matching, {{}, {"red", "blue"}});
  REQUIRE(report.classes.kind == ClassTransfer::Kind::by_position);
  REQUIRE(report.classes.summary() ==
          "class layer by position: the weights do not say which classes they know");
  REQUIRE(at::equal(rows_of(*net, "head.cls_preds.0.weight"), rows_of(*source, "head.cls_preds.0.weight")));

  net = net_of("yolox-nano", 2, 2);
  report =
      load_into(*net, state_of(*source), LoadPolicy::matching, {{"red", "green", "blue"}, {"red", "blue"}});
  REQUIRE(report.classes.summary() ==
          "class layer by position: 3 class names are known for the 2 classes of the weights");

  net = net_of("yolox-nano", 3, 2);
  report = load_into(*net, state_of(*source), LoadPolicy::matching, {{}, {"a", "b", "c"}});
  REQUIRE(report.classes.summary() ==
          "class layer fresh: the weights do not say which classes they know, and their number differs");
  REQUIRE(report.skipped.size() == 6);
}

TEST_CASE("a classifier's weights have no class layer of a detector") {
  auto source = net_of("ssdlite-mobilenetv2", 2, 1);
  StateDict backbone;
  for (const auto& [name, tensor] : state_of(*source).tensors)
    if (name.starts_with("backbone.features.")) backbone.tensors.emplace_back(name.substr(9), tensor);
  auto net = net_of("ssdlite-mobilenetv2", 2, 2);
  auto report = load_into(*net, backbone, LoadPolicy::matching, {{"tench", "goldfish"}, {"red", "blue"}});
  REQUIRE(report.classes.kind == ClassTransfer::Kind::none);
  REQUIRE(report.classes.summary().empty());
}
