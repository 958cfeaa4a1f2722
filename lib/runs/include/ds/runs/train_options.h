#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "ds/arch/architecture.h"
#include "ds/config/option_set.h"

namespace ds {

/// Width and height of a network's input, pixels.
struct InputSize {
  int width = 0;
  int height = 0;
  bool operator==(const InputSize&) const = default;
};

/// What happens to a picture on its way into the network (ds/train/augment.h).
struct AugmentOptions {
  double mosaic = 1;              // probability of four pictures in one (YOLOv4, arXiv 2004.10934)
  double mosaic_scale_min = 0.5;  // size of the mosaic's pictures, times the letterbox scale
  double mosaic_scale_max = 1.5;
  double mixup = 0;        // probability of blending with a second picture (arXiv 1710.09412)
  double scale_min = 0.8;  // of a single picture, times the letterbox scale
  double scale_max = 1.2;
  double degrees = 0;       // rotation is uniform in +-degrees
  double translate = 0.1;   // shift is uniform in +-translate of the side
  double shear = 0;         // degrees
  double hue = 0.015;       // gains are uniform in +-: of the full circle (color_matrix),
  double saturation = 0.7;  // and factors 1 +- for saturation
  double value = 0.4;       // and brightness
  double flip_horizontal = 0.5;
  double flip_vertical = 0;
  double quarter_turn = 0;   // probability of turning a picture by a random multiple of 90 degrees
  double min_visible = 0.2;  // share of an object that must stay in view; below, it becomes an ignore region
  double min_side = 2;       // pixels; smaller objects are dropped
  int pad_value = 114;
};

/// Everything that decides what one training run computes. Built-in values are the `balanced` recipe's; each
/// is bound once to its flag, YAML key and help text. Same options, snapshot, seed, thread count and machine:
/// same weights, bit for bit.
struct TrainOptions {
  std::string arch = kDefaultArchitecture;  // a name in architectures()
  /// "416": the longer side; "416x320": width x height; empty: the architecture's own. Rounded
  /// up to its multiple.
  std::string input_size = {};
  /// With one number for the input size: the shorter side follows the training images' shape, when nearly all
  /// of them share it (a 640x480 set at 416 trains at 416x320), which saves the padding's share of the time.
  bool fit_aspect = true;
  /// Weights to start from: a file, a model of the project, or empty for none.
  std::string weights = {};
  bool freeze_backbone = false;

  int epochs = 100;
  double budget_s = 0;  // of wall time; above 0 it decides the epochs
  int batch = 8;
  std::string optimizer = "adamw";
  double learning_rate = 2e-3;
  double finetune_learning_rate = 1e-3;  // instead of it, when the run starts from weights; 0: the same
  double weight_decay = 0.05;
  double momentum = 0.9;
  double warmup_epochs = 2;
  std::string schedule = "flat-cosine";
  double flat_share = 0.5;
  double final_lr_factor = 0.05;
  double clip_norm = 0;     // 0: off
  double ema_width = 0.05;  // relative width of the averaging window, ds/train/schedule.h; 0: off

  double closing_share = 0.25;  // last part of the run: no mosaic, no mixup, the loss sharpened (YOLOX's L1)
  double closing_scale_min = 0.9;
  double closing_scale_max = 1.1;
  AugmentOptions augment = {};
  /// Images with rare classes come up more often: repeat factor sqrt(t / f) of LVIS (arXiv 1908.03195) with
  /// this t; 0: off.
  double class_balance = 0;
  /// Inputs of other sizes, times --input-size, outside the closing part (YOLOX and YOLOv3 draw one of
  /// several every ten steps); 1 and 1: off.
  double multi_scale_min = 1;
  double multi_scale_max = 1;
  int multi_scale_every = 10;  // steps
  /// For labels whose class is often wrong: what the label says counts 1 - s, and s is spread over all
  /// classes (arXiv 1512.00567, section 7).
  double label_smoothing = 0;
  bool strict_data = false;  // findings about the data stop the run

  double eval_share = 0.05;  // validation takes about this part of the time; its interval follows from it
  int eval_every = 0;        // epochs; 0: by eval_share
  /// After so many validations without a better mean of three, the falling part of flat-cosine begins; after
  /// so many without a better AP in the closing part, the run stops. 0: never.
  int patience = 0;
  int save_every_steps = 0;  // also write last.ckpt inside an epoch; 0: at its end

  std::string precision = "fp32";  // or "bf16", "fp16" (on a GPU, with a loss scale)
  std::string device = "auto";     // "cpu", "cuda", "cuda:1"; auto: cuda where there is one
  int threads = 0;                 // 0: all processors
  /// Copies of the net that share a batch, on all ranks together; 0: by batch, threads and ranks.
  int replicas = 0;
  int loader_threads = 2;  // never changes the result
  std::string cache =
      "disk";                // where decoded images are kept: "ram", "disk", "off"; never changes the result
  double cache_gb = 2;       // limit of that
  bool tensorboard = false;  // event files beside the metrics; never changes the result
  std::uint64_t seed = 0;

  /// The peak rate of this run.
  double peak_learning_rate() const {
    return !weights.empty() && finetune_learning_rate > 0 ? finetune_learning_rate : learning_rate;
  }
  /// Every field except threads and seed, which are shared flags.
  void bind(OptionSet& options);
  /// Throws UsageError naming the flag, its value and what is allowed.
  void validate() const;
};

/// `yolox-nano 416x320`.
std::string title_of(const TrainOptions& options);

/// What a side of the input may be.
inline constexpr int kSmallestInput = 32;
inline constexpr int kLargestInput = 4096;

/// "416" or "416x320" to sizes rounded up to `multiple`. @param aspect width over height that the shorter
/// side follows when one number is given; 1: square
InputSize parse_input_size(const std::string& text, int multiple, double aspect = 1);

/// The recipes that are installed: "accuracy", "balanced", "speed".
std::vector<std::string> recipe_names();
/// A recipe's file: a name of recipe_names(), or a path. Throws UsageError naming the known ones.
std::filesystem::path find_recipe(const std::string& name_or_path);

}  // namespace ds
