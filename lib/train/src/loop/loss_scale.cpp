#include "loop/loss_scale.h"

#include <algorithm>

namespace ds::detail {
namespace {

constexpr double kLargest = 16'777'216;
constexpr int kSteps = 2000;  // without overflow until it is doubled

}  // namespace

bool LossScale::after_step(bool finite) {
  if (!finite) {
    if (value <= 1) return true;
    value /= 2;
    steps = 0;
  } else if (++steps >= kSteps) {
    value = std::min(2 * value, kLargest);
    steps = 0;
  }
  return finite;
}

}  // namespace ds::detail
