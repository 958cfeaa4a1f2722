#pragma once

#include <ATen/core/Tensor.h>

#include "ds/train/batch_loader.h"

namespace ds {

/// Images [begin,end) of a batch as the network takes them: [end - begin, 3, H, W] float32, channels-last, on
/// the device. To a GPU the bytes go through pinned memory and become numbers there.
at::Tensor images_of(const Batch& batch, int begin, int end, const at::Device& device);

}  // namespace ds
