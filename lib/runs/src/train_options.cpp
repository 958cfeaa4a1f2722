#include "ds/runs/train_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ds/base/error.h"
#include "ds/base/resources.h"
#include "ds/base/text.h"

namespace ds {
namespace {

void require(bool holds, const char* flag, double value, const char* allowed) {
  if (!holds) throw UsageError(fmt::format("--{} is {}; it must be {}", flag, shortest(value), allowed));
}

void require_share(const char* flag, double value) {
  require(value >= 0 && value <= 1, flag, value, "between 0 and 1");
}

int rounded_up(double value, int multiple) {
  return std::max(1, static_cast<int>(std::ceil(value / multiple - 1e-9))) * multiple;
}

void bind_augmentation(OptionSet& options, AugmentOptions& augment) {
  options.group("Augmentation")
      .add("mosaic", augment.mosaic, "probability of joining four images into one")
      .add("mosaic-scale-min", augment.mosaic_scale_min,
           "smallest size of a mosaic's images, times the plain fit")
      .add("mosaic-scale-max", augment.mosaic_scale_max,
           "largest size of a mosaic's images, times the plain fit")
      .add("mixup", augment.mixup, "probability of blending with a second image")
      .add("scale-min", augment.scale_min, "smallest size of a single image, times the plain fit")
      .add("scale-max", augment.scale_max, "largest size of a single image, times the plain fit")
      .add("degrees", augment.degrees, "rotation, uniform within +-, degrees")
      .add("translate", augment.translate, "shift, uniform within +- this part of the side")
      .add("shear", augment.shear, "shear, uniform within +-, degrees")
      .add("hue", augment.hue, "hue shift, uniform within +- this part of the circle")
      .add("saturation", augment.saturation, "saturation factor 1 +- this")
      .add("value", augment.value, "brightness factor 1 +- this")
      .add("flip-horizontal", augment.flip_horizontal, "probability of mirroring left to right")
      .add("flip-vertical", augment.flip_vertical,
           "probability of mirroring top to bottom (cells, aerial views)")
      .add("quarter-turn", augment.quarter_turn, "probability of a turn by a multiple of 90 degrees")
      .add("min-visible", augment.min_visible, "an object cut below this share becomes an ignore region");
}

}  // namespace

void TrainOptions::bind(OptionSet& options) {
  options.group("Model")
      .add("arch", arch, "architecture; `ds-train archs` lists them", "NAME")
      .add("input-size", input_size, "longer side, or WIDTHxHEIGHT; default: the architecture's", "SIZE")
      .add("fit-aspect", fit_aspect, "let the shorter side follow the images' common shape")
      .add("weights", weights, "start from this file or model", "FILE|MODEL")
      .add("freeze-backbone", freeze_backbone, "keep the backbone's weights as they are");
  options.group("Schedule")
      .add("epochs", epochs, "passes over the training images")
      .duration("budget", budget_s, "wall time to spend, validation included; decides the epochs (0: off)")
      .add("batch", batch, "images per step, of all ranks together")
      .choice("optimizer", optimizer, {"adamw", "sgd"}, "adamw, or sgd with Nesterov momentum")
      .add("learning-rate", learning_rate, "peak learning rate from scratch")
      .add("finetune-learning-rate", finetune_learning_rate, "peak when starting from weights (0: the same)")
      .add("weight-decay", weight_decay, "not on biases and norms")
      .add("momentum", momentum, "of sgd; adamw's first beta")
      .add("warmup-epochs", warmup_epochs, "epochs until the peak is reached")
      .choice("schedule", schedule, {"flat-cosine", "cosine"}, "how the learning rate falls")
      .add("flat-share", flat_share, "flat-cosine: part of the run at the peak")
      .add("final-lr-factor", final_lr_factor, "learning rate at the end, times the peak")
      .add("clip-norm", clip_norm, "largest gradient norm (0: off)")
      .add("ema-width", ema_width, "averaging window, relative to the steps so far (0: off)")
      .add("closing-share", closing_share, "last part of the run without mosaic and mixup")
      .add("closing-scale-min", closing_scale_min, "smallest image size in that part, times the plain fit")
      .add("closing-scale-max", closing_scale_max, "largest image size in that part, times the plain fit")
      .add("class-balance", class_balance,
           "show images with classes rarer than this share more often (0: off)")
      .add("multi-scale-min", multi_scale_min, "smallest input, times --input-size; not in the closing part")
      .add("multi-scale-max", multi_scale_max, "largest input, times --input-size (1 and 1: always the same)")
      .add("multi-scale-every", multi_scale_every, "steps between changes of the input's size")
      .add("label-smoothing", label_smoothing, "part of a label's class given to all classes (0: off)")
      .add("strict-data", strict_data, "stop when the check of the data finds anything")
      .add("eval-share", eval_share, "part of the time that validation may take")
      .add("eval-every", eval_every, "epochs between validations (0: by --eval-share)")
      .add("patience", patience,
           "after so many validations without progress the rate begins to fall, and in the closing part the "
           "run "
           "stops (0: never)")
      .add("save-every-steps", save_every_steps, "also save inside an epoch, every N steps (0: at its end)");
  bind_augmentation(options, augment);
  options.group("Machine")
      .choice("precision", precision, {"fp32", "bf16", "fp16"},
              "bf16 pays on large convolutions with AVX512-BF16 or a GPU; fp16 needs a GPU")
      .add("device", device, "auto, cpu, cuda or cuda:N; auto and cuda: each rank its own GPU", "NAME")
      .add("replicas", replicas,
           "copies of the net that share a batch, on all ranks together (0: by batch, threads and ranks)")
      .add("loader-threads", loader_threads, "threads that decode and augment; never changes the result")
      .choice("cache", cache, {"ram", "disk", "off"},
              "where decoded images are kept; never changes the result")
      .add("cache-gb", cache_gb, "largest size of that, GB")
      .add("tensorboard", tensorboard, "also write event files for TensorBoard, to runs/<id>/tensorboard");
}

void TrainOptions::validate() const {
  require(epochs >= 1, "epochs", epochs, "at least 1");
  require(budget_s >= 0, "budget", budget_s, "not negative");
  require(batch >= 1 && batch <= 1024, "batch", batch, "between 1 and 1024");
  require(learning_rate > 0, "learning-rate", learning_rate, "positive");
  require(finetune_learning_rate >= 0, "finetune-learning-rate", finetune_learning_rate, "not negative");
  require(weight_decay >= 0, "weight-decay", weight_decay, "not negative");
  require(momentum >= 0 && momentum < 1, "momentum", momentum, "in [0,1)");
  require(warmup_epochs >= 0, "warmup-epochs", warmup_epochs, "not negative");
  require(clip_norm >= 0, "clip-norm", clip_norm, "not negative");
  require(ema_width >= 0 && ema_width <= 0.25, "ema-width", ema_width, "between 0 and 0.25");
  require_share("flat-share", flat_share);
  require_share("final-lr-factor", final_lr_factor);
  require_share("closing-share", closing_share);
  require_share("class-balance", class_balance);
  require(multi_scale_min >= 0.25 && multi_scale_min <= 1, "multi-scale-min", multi_scale_min,
          "between 0.25 and 1");
  require(multi_scale_max >= 1 && multi_scale_max <= 2, "multi-scale-max", multi_scale_max,
          "between 1 and 2");
  require(multi_scale_every >= 1, "multi-scale-every", multi_scale_every, "at least 1");
  require(label_smoothing >= 0 && label_smoothing <= 0.5, "label-smoothing", label_smoothing,
          "between 0 and 0.5");
  require(eval_share > 0 && eval_share <= 1, "eval-share", eval_share, "above 0, at most 1");
  require(eval_every >= 0, "eval-every", eval_every, "not negative");
  require(patience >= 0, "patience", patience, "not negative");
  require(save_every_steps >= 0, "save-every-steps", save_every_steps, "not negative");
  require(replicas >= 0 && replicas <= batch, "replicas", replicas, "between 0 and the batch size");
  require(loader_threads >= 1 && loader_threads <= 64, "loader-threads", loader_threads, "between 1 and 64");
  require(cache_gb >= 0, "cache-gb", cache_gb, "not negative");
  require_share("mosaic", augment.mosaic);
  require_share("mixup", augment.mixup);
  require_share("flip-horizontal", augment.flip_horizontal);
  require_share("flip-vertical", augment.flip_vertical);
  require_share("quarter-turn", augment.quarter_turn);
  require_share("min-visible", augment.min_visible);
  require_share("hue", augment.hue);
  require_share("saturation", augment.saturation);
  require_share("value", augment.value);
  require(augment.translate >= 0 && augment.translate <= 1, "translate", augment.translate,
          "between 0 and 1");
  require(augment.degrees >= 0 && augment.degrees <= 180, "degrees", augment.degrees, "between 0 and 180");
  require(augment.shear >= 0 && augment.shear <= 45, "shear", augment.shear, "between 0 and 45");
  auto range = [](const char* low_flag, double low, double high) {
    require(low > 0 && low <= high, low_flag, low, "positive and at most the largest");
  };
  range("mosaic-scale-min", augment.mosaic_scale_min, augment.mosaic_scale_max);
  range("scale-min", augment.scale_min, augment.scale_max);
  range("closing-scale-min", closing_scale_min, closing_scale_max);
}

std::string title_of(const TrainOptions& options) {
  return fmt::format("{} {}", options.arch, options.input_size);
}

InputSize parse_input_size(const std::string& text, int multiple, double aspect) {
  std::vector<std::int64_t> sides;
  for (const auto& part : split(to_lower(text), 'x')) {
    const auto side = parse_int(trim(part)).value_or(0);
    sides.push_back(side >= kSmallestInput && side <= kLargestInput ? side : 0);
  }
  if (sides.empty() || sides.size() > 2 || std::count(sides.begin(), sides.end(), 0) > 0)
    throw UsageError(fmt::format("--input-size: '{}' is not a size; write 416 or 416x320 ({} to {})", text,
                                 kSmallestInput, kLargestInput));
  if (sides.size() == 2)
    return {rounded_up(static_cast<double>(sides[0]), multiple),
            rounded_up(static_cast<double>(sides[1]), multiple)};
  int longer = rounded_up(static_cast<double>(sides[0]), multiple);
  double shorter = static_cast<double>(sides[0]) * std::min(aspect, 1 / aspect);
  int other = std::min(longer, rounded_up(shorter, multiple));
  return aspect >= 1 ? InputSize{longer, other} : InputSize{other, longer};
}

std::vector<std::string> recipe_names() {
  return resource_names("configs/train");
}

std::filesystem::path find_recipe(const std::string& name_or_path) {
  if (name_or_path.find('/') != std::string::npos || name_or_path.find(".yaml") != std::string::npos)
    return name_or_path;
  auto names = recipe_names();
  if (std::find(names.begin(), names.end(), name_or_path) == names.end())
    throw_unknown_name("recipe", name_or_path, names);
  return resource_path("configs/train/" + name_or_path + ".yaml");
}

}  // namespace ds
