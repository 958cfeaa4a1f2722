#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ds/geometry/nms.h"
#include "ds/nn/targets.h"

namespace ds {

struct LossOptions {
  /// The last epochs, without strong augmentation: a family may sharpen its loss (YOLOX adds L1
  /// on the box offsets).
  bool closing = false;
  /// One factor per class on the classification loss, or empty for 1 everywhere.
  std::vector<double> class_weights = {};
  /// For labels whose class is often wrong: a class target t becomes t (1 - s) + s t_any / C, with
  /// t_any the target whatever the class (1, or the matched IoU) and C the number of classes
  /// (arXiv 1512.00567, section 7).
  double label_smoothing = 0;
  /// Of what a family draws at random (the anchors and proposals that a two-stage loss samples). The loss is
  /// a function of net, batch and this; torch's generators are left alone.
  std::uint64_t seed = 0;
};

struct LossParts {
  at::Tensor total;  // 0-dim float32, with gradient: what to call backward() on
  /// The weighted parts that sum to `total`, for the log: "box", "obj", "cls", "l1", "rpn_box" ... as the
  /// family has them.
  std::vector<std::pair<std::string, double>> parts;
  int num_foreground = 0;  // anchors or proposals assigned to an object in this batch
};

/// What every family gives before suppression.
struct Decoded {
  at::Tensor boxes;   // [B,A,4] float32: x0 y0 x1 y1, input pixels
  at::Tensor scores;  // [B,A,C] float32 in [0,1]; [B,A,1] where `classes` is defined
  /// [B,A] int64: the class each row speaks for, in families whose boxes are one class's own. Undefined: each
  /// row speaks for all classes.
  at::Tensor classes;
};

/// A beginning of tensor names as other files have it, and what stands there in the net.
struct ForeignName {
  std::string from;
  std::string to;
};

/// A layer whose outputs, the rows of its weight and of its bias, belong to the classes: `groups` times in a row
/// `before` + C classes of `rows_each` rows, `before` of them for what is no class (the background).
struct ClassLayer {
  std::string name;  // of the module: `head.cls_preds.0`
  int groups = 1;
  int before = 0;
  int rows_each = 1;
};

struct PostprocessOptions {
  double score_threshold = 0.01;  // kept when greater
  double nms_iou = 0.65;          // class-wise
  std::size_t max_per_image = 100;
};

/// A detector: images in, boxes out, and a loss. Images are [B,3,H,W] float32 (channel order and scale as the
/// architecture's entry says), H and W multiples of `input_multiple()`, on the device of the parameters.
/// Contiguous and channels-last both work; under autocast the losses and decoded values are still float32.
class DetectorNet : public torch::nn::Module {
 public:
  virtual int num_classes() const = 0;
  virtual int input_multiple() const = 0;

  /// The network's output in its family's own layout (the one its ONNX export has): for grid families
  /// [B,A,5+C], undecoded box offsets, then objectness and class scores after the sigmoid. Its rows belong to
  /// anchors or, in two-stage families, to the proposals kept; rows for want of proposals have scores of 0.
  virtual at::Tensor forward_raw(const at::Tensor& images) = 0;
  /// @param raw what forward_raw gave for images of input_height x input_width
  virtual Decoded decode(const at::Tensor& raw, int input_height, int input_width) const = 0;
  /// One training step's loss on a batch; `targets` has one entry per image.
  virtual LossParts loss(const at::Tensor& images, const std::vector<ImageTargets>& targets,
                         const LossOptions& options = {}) = 0;

  /// Folds BatchNorm into the convolutions for inference: same outputs within rounding, fewer
  /// passes over memory. Not undone; parameters change their names' meaning, so a folded net is
  /// neither trained nor saved.
  virtual void fold_batch_norm() = 0;
  /// Prefixes of the parameter names that a "freeze the backbone" option means.
  virtual std::vector<std::string> backbone_prefixes() const = 0;
  /// Other names under which files hold this net's tensors, tried in order for a name that the net does not
  /// have: by default those of the backbone alone.
  virtual std::vector<ForeignName> foreign_names() const;
  /// Every layer that has rows of its own for each class: what follows the classes' names from one model to the
  /// next.
  virtual std::vector<ClassLayer> class_layers() const = 0;
  /// Sets the output biases so that every class starts at its prior probability (done by the constructor).
  virtual void reset_classifier() = 0;

  /// Boxes in input pixels by falling score: candidates, then ds::class_wise_nms.
  std::vector<std::vector<ScoredBox>> postprocess(const Decoded& decoded,
                                                  const PostprocessOptions& options) const;
  /// One box for every anchor and class whose score is greater than the threshold, without suppression (what
  /// an engine hands to the shared suppression); the classes of an anchor stand side by side. Speaking for
  /// all classes instead of the best one is worth about half a point of AP.
  std::vector<std::vector<ScoredBox>> candidates(const Decoded& decoded, double score_threshold) const;
  /// forward_raw, decode, postprocess; the caller chooses no-grad and eval mode.
  std::vector<std::vector<ScoredBox>> detect(const at::Tensor& images, const PostprocessOptions& options);
};

/// A module's parameters in their order; one that stands under several names (levels that share their
/// convolutions) once, under the first.
std::vector<std::pair<std::string, at::Tensor>> distinct_parameters(const torch::nn::Module& net);
/// Trainable parameters of a module, shared ones counted once.
std::int64_t parameter_count(const torch::nn::Module& net);
/// Multiply-adds counted as two operations, convolutions and fully connected layers only, for one
/// image of that size.
std::int64_t flop_count(DetectorNet& net, int input_height, int input_width);
/// Centres BatchNorms on data without changing what the net computes in evaluation mode (see
/// BatchNorm2d::end_calibration): training then starts from the same function. For weights that
/// came folded, see LoadReport::unfolded.
/// @param names of the BatchNorm modules in question
/// @param batches images as forward_raw takes them
void calibrate_batch_norms(DetectorNet& net, const std::vector<std::string>& names,
                           const std::vector<at::Tensor>& batches);
/// Lays every 4-dim parameter out as channels-last (torch's C++ `to()` cannot).
void to_channels_last(torch::nn::Module& net);

}  // namespace ds
