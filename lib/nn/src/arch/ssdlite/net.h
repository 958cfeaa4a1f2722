#pragma once

#include <array>
#include <memory>
#include <vector>

#include "arch/mobilenet/backbone.h"
#include "ds/nn/detector_net.h"

/// The parts of SSDlite (Sandler et al. 2018, section 6.2; Howard et al. 2019, section
/// 6.3) under torchvision's names.
namespace ds::detail::ssdlite {

constexpr std::size_t kLevels = 6;
constexpr int kBoxesPerCell = 6;

/// Feature maps of an input: the backbone's last at stride 16 (the expansion inside the block that goes on to
/// 32), its last layer at stride 32, then four extra ones, each half the one before, rounded up.
using Levels = std::array<at::Tensor, kLevels>;

/// Children `features` (by the subclass) and `extra`.
class FeatureExtractor : public torch::nn::Module {
 public:
  Levels forward(const at::Tensor& images);
  const std::array<int, kLevels>& channels() const { return channels_; }

 protected:
  /// Called by the subclass's constructor, after `features`.
  void add_extra(int stride16_channels, int stride32_channels);
  struct Backbone {
    at::Tensor stride16;
    at::Tensor stride32;
  };
  virtual Backbone backbone(const at::Tensor& images) = 0;

 private:
  std::array<int, kLevels> channels_{};
  std::array<std::shared_ptr<Block>, 4> extra_;
};

/// MobileNetV3-Large with the reduced tail, as the published detector: `features.0` and `features.1` are the
/// parts before and after the first map.
std::shared_ptr<FeatureExtractor> make_v3_extractor();
/// MobileNetV2: `features.0` to `features.18`.
std::shared_ptr<FeatureExtractor> make_v2_extractor();

/// One of the two heads: child `module_list` with one entry per level, a depthwise block `0` and
/// a 1x1 convolution `1`.
class Predictor : public torch::nn::Module {
 public:
  /// @param columns values per default box
  Predictor(const std::array<int, kLevels>& channels, int columns);
  /// @return [B,A,columns] float32, default boxes cell by cell, level by level
  at::Tensor forward(const Levels& levels);
  void clear_biases();

 private:
  int columns_;
  std::array<std::shared_ptr<ConvNormBlock>, kLevels> depthwise_;
  std::array<std::shared_ptr<Conv2d>, kLevels> pointwise_;
};

struct HeadOutput {
  at::Tensor offsets;  // [B,A,4] float32, see box_coder.h
  at::Tensor logits;   // [B,A,1+C] float32, background first
};

/// Children `classification_head` and `regression_head`.
class Head : public torch::nn::Module {
 public:
  Head(const std::array<int, kLevels>& channels, int num_classes);
  HeadOutput forward(const Levels& levels);
  void clear_biases() { classification_->clear_biases(); }

 private:
  std::shared_ptr<Predictor> classification_;
  std::shared_ptr<Predictor> regression_;
};

/// Default boxes (Liu et al. 2016, section 2.2) of an input: scales from 0.2 to 0.95 of its sides, aspects 1,
/// 2, 1/2, 3 and 1/3 and one larger square. @return [A,4] float32, corners in input pixels
at::Tensor default_boxes(int input_height, int input_width);

/// forward_raw gives [B,A,4+1+C]: offsets from the default boxes, then background and
/// classes after the softmax.
class Ssdlite : public DetectorNet {
 public:
  Ssdlite(std::shared_ptr<FeatureExtractor> backbone, int num_classes,
          std::vector<ForeignName> foreign_names);

  int num_classes() const override { return num_classes_; }
  int input_multiple() const override { return 32; }
  at::Tensor forward_raw(const at::Tensor& images) override;
  Decoded decode(const at::Tensor& raw, int input_height, int input_width) const override;
  LossParts loss(const at::Tensor& images, const std::vector<ImageTargets>& targets,
                 const LossOptions& options) override;
  std::vector<ClassLayer> class_layers() const override;
  void fold_batch_norm() override;
  std::vector<std::string> backbone_prefixes() const override { return {"backbone.features."}; }
  std::vector<ForeignName> foreign_names() const override { return foreign_names_; }
  /// Every class and the background start alike: hard negatives keep the balance.
  void reset_classifier() override { head_->clear_biases(); }

 private:
  HeadOutput head_output(const at::Tensor& images);

  int num_classes_;
  std::shared_ptr<FeatureExtractor> backbone_;
  std::shared_ptr<Head> head_;
  std::vector<ForeignName> foreign_names_;
};

/// The loss on a head's output (loss.cpp).
LossParts ssdlite_loss(const HeadOutput& output, int input_height, int input_width,
                       const std::vector<ImageTargets>& targets, const LossOptions& options);

}  // namespace ds::detail::ssdlite
