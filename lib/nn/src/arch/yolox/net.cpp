#include "arch/yolox/net.h"

#include <ATen/ATen.h>
#include <c10/core/impl/LocalDispatchKeySet.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "arch/families.h"
#include "assign/anchor_points.h"
#include "assign/grid_targets.h"
#include "ds/base/error.h"

namespace ds::detail::yolox {

int Scale::channels(int full) const {
  return static_cast<int>(full * width);
}
int Scale::repeats(int full) const {
  return std::max(1, static_cast<int>(std::lround(full * depth)));
}

Focus::Focus(int in, int out)
    : conv_(register_module("conv", std::make_shared<ConvBlock>(in * 4, out, 3, 1))) {}

at::Tensor Focus::forward(const at::Tensor& x) {
  auto even_rows = x.slice(2, 0, INT64_MAX, 2);
  auto odd_rows = x.slice(2, 1, INT64_MAX, 2);
  return conv_->forward(at::cat({even_rows.slice(3, 0, INT64_MAX, 2), odd_rows.slice(3, 0, INT64_MAX, 2),
                                 even_rows.slice(3, 1, INT64_MAX, 2), odd_rows.slice(3, 1, INT64_MAX, 2)},
                                1));
}

Bottleneck::Bottleneck(int channels, bool shortcut, bool depthwise)
    : conv1_(register_module("conv1", std::make_shared<ConvBlock>(channels, channels, 1, 1))),
      conv2_(register_module("conv2", make_conv(depthwise, channels, channels, 3, 1))),
      shortcut_(shortcut) {}

at::Tensor Bottleneck::forward(const at::Tensor& x) {
  auto y = conv2_->forward(conv1_->forward(x));
  return shortcut_ ? y + x : y;
}

CspLayer::CspLayer(int in, int out, int repeats, bool shortcut, bool depthwise)
    : conv1_(register_module("conv1", std::make_shared<ConvBlock>(in, out / 2, 1, 1))),
      conv2_(register_module("conv2", std::make_shared<ConvBlock>(in, out / 2, 1, 1))),
      conv3_(register_module("conv3", std::make_shared<ConvBlock>(out / 2 * 2, out, 1, 1))) {
  std::vector<std::shared_ptr<Block>> bottlenecks;
  for (int i = 0; i < repeats; ++i)
    bottlenecks.push_back(std::make_shared<Bottleneck>(out / 2, shortcut, depthwise));
  bottlenecks_ = register_module("m", std::make_shared<Chain>(std::move(bottlenecks)));
}

at::Tensor CspLayer::forward(const at::Tensor& x) {
  return conv3_->forward(at::cat({bottlenecks_->forward(conv1_->forward(x)), conv2_->forward(x)}, 1));
}

CspDarknet::CspDarknet(const Scale& scale) {
  int base = scale.channels(64);
  int depth = scale.repeats(3);
  bool dw = scale.depthwise;
  using Parts = std::vector<std::shared_ptr<Block>>;
  auto stage = [&](int in, int out, int repeats) {
    return std::make_shared<Chain>(
        Parts{make_conv(dw, in, out, 3, 2), std::make_shared<CspLayer>(out, out, repeats, true, dw)});
  };
  stem_ = register_module("stem", std::make_shared<Focus>(3, base));
  dark2_ = register_module("dark2", stage(base, base * 2, depth));
  dark3_ = register_module("dark3", stage(base * 2, base * 4, depth * 3));
  dark4_ = register_module("dark4", stage(base * 4, base * 8, depth * 3));
  dark5_ = register_module("dark5", std::make_shared<Chain>(Parts{
                                        make_conv(dw, base * 8, base * 16, 3, 2),
                                        std::make_shared<SpatialPyramid>(base * 16, base * 16),
                                        std::make_shared<CspLayer>(base * 16, base * 16, depth, false, dw)}));
}

Levels CspDarknet::forward(const at::Tensor& images) {
  auto stride8 = dark3_->forward(dark2_->forward(stem_->forward(images)));
  auto stride16 = dark4_->forward(stride8);
  return {stride8, stride16, dark5_->forward(stride16)};
}

Pafpn::Pafpn(const Scale& scale) {
  int small = scale.channels(256);
  int medium = scale.channels(512);
  int large = scale.channels(1024);
  int repeats = scale.repeats(3);
  bool dw = scale.depthwise;
  auto csp = [&](int in, int out) { return std::make_shared<CspLayer>(in, out, repeats, false, dw); };
  backbone_ = register_module("backbone", std::make_shared<CspDarknet>(scale));
  lateral_conv0_ = register_module("lateral_conv0", std::make_shared<ConvBlock>(large, medium, 1, 1));
  c3_p4_ = register_module("C3_p4", csp(medium * 2, medium));
  reduce_conv1_ = register_module("reduce_conv1", std::make_shared<ConvBlock>(medium, small, 1, 1));
  c3_p3_ = register_module("C3_p3", csp(small * 2, small));
  bu_conv2_ = register_module("bu_conv2", make_conv(dw, small, small, 3, 2));
  c3_n3_ = register_module("C3_n3", csp(small * 2, medium));
  bu_conv1_ = register_module("bu_conv1", make_conv(dw, medium, medium, 3, 2));
  c3_n4_ = register_module("C3_n4", csp(medium * 2, large));
}

Levels Pafpn::forward(const at::Tensor& images) {
  auto [stride8, stride16, stride32] = backbone_->forward(images);
  auto top = lateral_conv0_->forward(stride32);
  auto middle = reduce_conv1_->forward(c3_p4_->forward(at::cat({doubled(top), stride16}, 1)));
  auto out8 = c3_p3_->forward(at::cat({doubled(middle), stride8}, 1));
  auto out16 = c3_n3_->forward(at::cat({bu_conv2_->forward(out8), middle}, 1));
  auto out32 = c3_n4_->forward(at::cat({bu_conv1_->forward(out16), top}, 1));
  return {out8, out16, out32};
}

namespace {

/// A list of modules under one name, entries `0`, `1`, `2`.
template <typename T, typename Make>
std::array<std::shared_ptr<T>, 3> make_levels(torch::nn::Module& list, Make make) {
  std::array<std::shared_ptr<T>, 3> entries;
  for (std::size_t level = 0; level < 3; ++level)
    entries[level] = list.register_module(std::to_string(level), std::shared_ptr<T>(make(level)));
  return entries;
}

/// A module that only holds others under its name.
class ModuleGroup : public Block {
 public:
  at::Tensor forward(const at::Tensor& x) override { return x; }
};

}  // namespace

Head::Head(const Scale& scale, int num_classes) {
  int width = scale.channels(256);
  auto group = [&](const char* name) -> torch::nn::Module& {
    return *register_module(name, std::make_shared<ModuleGroup>());
  };
  auto tower = [&](std::size_t) {
    return std::make_shared<Chain>(std::vector<std::shared_ptr<Block>>{
        make_conv(scale.depthwise, width, width, 3, 1), make_conv(scale.depthwise, width, width, 3, 1)});
  };
  auto prediction = [&](int channels) {
    return [=](std::size_t) {
      return std::make_shared<Conv2d>(Conv2d::Shape{width, channels, 1, 1, 1, true});
    };
  };
  class_convs_ = make_levels<Chain>(group("cls_convs"), tower);
  box_convs_ = make_levels<Chain>(group("reg_convs"), tower);
  class_preds_ = make_levels<Conv2d>(group("cls_preds"), prediction(num_classes));
  box_preds_ = make_levels<Conv2d>(group("reg_preds"), prediction(4));
  object_preds_ = make_levels<Conv2d>(group("obj_preds"), prediction(1));
  stems_ = make_levels<ConvBlock>(group("stems"), [&](std::size_t level) {
    return std::make_shared<ConvBlock>(scale.channels(256 << level), width, 1, 1);
  });
  reset_priors();
}

void Head::reset_priors() {
  at::NoGradGuard no_grad;
  const double bias = -std::log((1 - 0.01) / 0.01);
  for (std::size_t level = 0; level < 3; ++level) {
    class_preds_[level]->bias.fill_(bias);
    object_preds_[level]->bias.fill_(bias);
  }
}

HeadOutput Head::forward(const Levels& levels) {
  std::vector<at::Tensor> boxes;
  std::vector<at::Tensor> classes;
  for (std::size_t level = 0; level < 3; ++level) {
    auto x = stems_[level]->forward(levels[level]);
    auto class_features = class_convs_[level]->forward(x);
    auto box_features = box_convs_[level]->forward(x);
    // Logits near the prior lose a tenth of their precision in bfloat16: the last layers stay in float32.
    c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
    box_features = box_features.to(at::kFloat);
    classes.push_back(cells_first(class_preds_[level]->forward(class_features.to(at::kFloat))));
    boxes.push_back(cells_first(
        at::cat({box_preds_[level]->forward(box_features), object_preds_[level]->forward(box_features)}, 1)));
  }
  return {at::cat(boxes, 1), at::cat(classes, 1)};
}

Yolox::Yolox(const Scale& scale, int num_classes)
    : num_classes_(num_classes),
      backbone_(register_module("backbone", std::make_shared<Pafpn>(scale))),
      head_(register_module("head", std::make_shared<Head>(scale, num_classes))) {}

HeadOutput Yolox::head_output(const at::Tensor& images) {
  check_images(images, input_multiple());
  return head_->forward(backbone_->forward(images));
}

at::Tensor Yolox::forward_raw(const at::Tensor& images) {
  auto output = head_output(images);
  return at::cat({output.box_and_objectness.slice(2, 0, 4),
                  output.box_and_objectness.slice(2, 4, 5).sigmoid(), output.classes.sigmoid()},
                 2);
}

Decoded Yolox::decode(const at::Tensor& raw, int input_height, int input_width) const {
  auto anchors = anchor_tensor(anchor_points(input_height, input_width, {8, 16, 32}), raw.device());  // [A,3]
  if (raw.dim() != 3 || raw.size(1) != anchors.size(0) || raw.size(2) != 5 + num_classes_)
    throw Error("raw output of shape " + shape_text(raw.sizes()) + ", expected [B," +
                std::to_string(anchors.size(0)) + "," + std::to_string(5 + num_classes_) + "]");
  auto values = raw.to(at::kFloat);
  auto stride = anchors.slice(1, 2, 3);                                      // [A,1]
  auto centers = (values.slice(2, 0, 2) + anchors.slice(1, 0, 2)) * stride;  // [B,A,2]
  auto halves = values.slice(2, 2, 4).exp() * stride / 2;                    // [B,A,2]
  return {at::cat({centers - halves, centers + halves}, 2), values.slice(2, 5) * values.slice(2, 4, 5)};
}

LossParts Yolox::loss(const at::Tensor& images, const std::vector<ImageTargets>& targets,
                      const LossOptions& options) {
  return yolox_loss(head_output(images), static_cast<int>(images.size(2)), static_cast<int>(images.size(3)),
                    targets, options);
}

std::vector<ClassLayer> Yolox::class_layers() const {
  return {{"head.cls_preds.0"}, {"head.cls_preds.1"}, {"head.cls_preds.2"}};
}

void Yolox::fold_batch_norm() {
  fold_all(*this);
}

void add_networks(Networks& all) {
  auto add = [&](const char* name, Scale scale) {
    all[name] = [scale](int num_classes) { return std::make_shared<Yolox>(scale, num_classes); };
  };
  add("yolox-nano", {0.33, 0.25, true});
  add("yolox-tiny", {0.33, 0.375, false});
  add("yolox-s", {0.33, 0.50, false});
  add("yolox-m", {0.67, 0.75, false});
  add("yolox-l", {1.0, 1.0, false});
  add("yolox-x", {1.33, 1.25, false});
}

}  // namespace ds::detail::yolox
