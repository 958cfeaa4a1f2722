#pragma once

namespace ds::detail {

/// What an fp16 loss is multiplied by, so that small gradients do not vanish: half after an overflow, double
/// after 2000 steps without one (Micikevicius et al. 2018, arXiv 1710.03740, section 3.2).
struct LossScale {
  double value = 65'536;
  int steps = 0;  // since it last changed

  /// To be told after each step at this scale. False: the step is left out, its gradients overflowed. At a
  /// scale of 1 it is not the scale that is too large, so an overflow counts there as any step.
  bool after_step(bool finite);
};

}  // namespace ds::detail
