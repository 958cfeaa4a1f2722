#include "norm_silu/operation.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "norm_silu/rows.h"

namespace ds::detail {
namespace {

constexpr std::int64_t kBlockRows = 128;  // of the sums: a block stays in the cache, and fixes their order

at::Tensor as_rows(const at::Tensor& x) {
  return x.contiguous(at::MemoryFormat::ChannelsLast);
}

/// Calls work(block, first row, rows) for blocks of rows, shared out over torch's threads.
template <typename Work>
void for_blocks(std::int64_t rows, const Work& work) {
  const std::int64_t blocks = (rows + kBlockRows - 1) / kBlockRows;
  at::parallel_for(0, blocks, 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const auto first = block * kBlockRows;
      work(block, first, std::min(kBlockRows, rows - first));
    }
  });
}

struct Moments {
  std::vector<double> mean;
  std::vector<double> variance;  // biased
};

/// Mean and variance per channel: of each block about its own mean, joined after Chan et al. 1979.
Moments moments_of(const float* x, std::int64_t rows, std::int64_t channels) {
  const auto count = static_cast<std::size_t>(channels);
  const auto blocks = static_cast<std::size_t>((rows + kBlockRows - 1) / kBlockRows);
  std::vector<float> means(blocks * count, 0);
  std::vector<float> squares(blocks * count, 0);
  for_blocks(rows, [&](std::int64_t block, std::int64_t first, std::int64_t size) {
    auto* mean = means.data() + block * channels;
    rows::loops().add(x + first * channels, size, channels, mean);
    for (std::int64_t c = 0; c < channels; ++c) mean[c] /= static_cast<float>(size);
    rows::loops().add_squares(x + first * channels, size, channels, mean, squares.data() + block * channels);
  });
  Moments moments{std::vector<double>(count, 0), std::vector<double>(count, 0)};
  double done = 0;
  for (std::size_t block = 0; block < blocks; ++block) {
    const auto size =
        static_cast<double>(std::min(kBlockRows, rows - static_cast<std::int64_t>(block) * kBlockRows));
    for (std::size_t c = 0; c < count; ++c) {
      const double delta = means[block * count + c] - moments.mean[c];
      moments.mean[c] += delta * size / (done + size);
      moments.variance[c] += squares[block * count + c] + delta * delta * done * size / (done + size);
    }
    done += size;
  }
  for (auto& variance : moments.variance) variance /= static_cast<double>(rows);
  return moments;
}

/// Saved for the backward pass: the input, the weight, [3,C] scale, shift and mean, [C]
/// 1 / standard deviation.
class NormSilu : public torch::autograd::Function<NormSilu> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& weight, const at::Tensor& bias, const at::Tensor& running_mean,
                            const at::Tensor& running_var, double momentum, double eps) {
    auto x = as_rows(input);
    const auto channels = x.size(1);
    const auto rows = x.numel() / channels;
    const auto* values = x.data_ptr<float>();
    auto moments = moments_of(values, rows, channels);
    auto affine = at::empty({3, channels}, x.options());
    auto deviations = at::empty({channels}, x.options().dtype(at::kDouble));  // inverse ones
    auto* scale = affine.data_ptr<float>();
    auto* shift = scale + channels;
    auto* mean = shift + channels;
    const auto* w = weight.data_ptr<float>();
    const auto* b = bias.data_ptr<float>();
    auto* kept_mean = running_mean.data_ptr<float>();
    auto* kept_variance = running_var.data_ptr<float>();
    const double unbiased = static_cast<double>(rows) / static_cast<double>(rows - 1);
    for (std::int64_t c = 0; c < channels; ++c) {
      const double m = moments.mean[static_cast<std::size_t>(c)];
      const double v = moments.variance[static_cast<std::size_t>(c)];
      const double r = 1 / std::sqrt(v + eps);
      const double s = w[c] * r;
      deviations.data_ptr<double>()[c] = r;
      scale[c] = static_cast<float>(s);
      shift[c] = static_cast<float>(b[c] - m * s);
      mean[c] = static_cast<float>(m);
      kept_mean[c] = static_cast<float>((1 - momentum) * kept_mean[c] + momentum * m);
      kept_variance[c] = static_cast<float>((1 - momentum) * kept_variance[c] + momentum * v * unbiased);
    }
    auto out = at::empty_like(x);
    auto* result = out.data_ptr<float>();
    for_blocks(rows, [&](std::int64_t, std::int64_t first, std::int64_t size) {
      rows::loops().scale_silu(values + first * channels, size, channels, scale, shift,
                               result + first * channels);
    });
    context->save_for_backward({x, weight, affine, deviations});
    return out;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 torch::autograd::variable_list gradients) {
    auto saved = context->get_saved_variables();
    const auto& x = saved[0];
    const auto& weight = saved[1];
    const auto* scale = saved[2].data_ptr<float>();
    const auto channels = x.size(1);
    const auto* shift = scale + channels;
    const auto* mean = shift + channels;
    const auto rows = x.numel() / channels;
    const auto count = static_cast<std::size_t>(channels);
    const auto* values = x.data_ptr<float>();
    auto incoming = as_rows(gradients[0]);
    const auto* gradient = incoming.data_ptr<float>();
    auto out = at::empty_like(x);
    auto* result = out.data_ptr<float>();

    const auto blocks = static_cast<std::size_t>((rows + kBlockRows - 1) / kBlockRows);
    std::vector<float> sums(blocks * count, 0);
    std::vector<float> products(blocks * count, 0);
    for_blocks(rows, [&](std::int64_t block, std::int64_t first, std::int64_t size) {
      const auto at = first * channels;
      rows::loops().silu_backward(gradient + at, values + at, size, channels, scale, shift, mean, result + at,
                                  sums.data() + block * channels, products.data() + block * channels);
    });
    std::vector<double> sum(count, 0);
    std::vector<double> product(count, 0);
    for (std::size_t block = 0; block < blocks; ++block)
      for (std::size_t c = 0; c < count; ++c) {
        sum[c] += sums[block * count + c];
        product[c] += products[block * count + c];
      }

    // dx = w r (dy - mean(dy) - (x - m) r^2 mean(dy (x - m))), and w r is the scale.
    auto weight_gradient = at::empty_like(weight);
    auto bias_gradient = at::empty_like(weight);
    std::vector<float> offset(count);
    std::vector<float> slope(count);
    const auto* w = weight.data_ptr<float>();
    const auto* inverse_deviation = saved[3].data_ptr<double>();
    for (std::size_t c = 0; c < count; ++c) {
      const double r = inverse_deviation[c];
      bias_gradient.data_ptr<float>()[c] = static_cast<float>(sum[c]);
      weight_gradient.data_ptr<float>()[c] = static_cast<float>(product[c] * r);
      offset[c] = static_cast<float>(w[c] * r * sum[c] / static_cast<double>(rows));
      slope[c] = static_cast<float>(w[c] * r * r * r * product[c] / static_cast<double>(rows));
    }
    for_blocks(rows, [&](std::int64_t, std::int64_t first, std::int64_t size) {
      const auto at = first * channels;
      rows::loops().norm_backward(values + at, size, channels, scale, offset.data(), slope.data(), mean,
                                  result + at);
    });
    return {out, weight_gradient, bias_gradient, {}, {}, {}, {}};
  }
};

}  // namespace

at::Tensor norm_silu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                     const at::Tensor& running_mean, const at::Tensor& running_var, double momentum,
                     double eps) {
  return NormSilu::apply(x, weight, bias, running_mean, running_var, momentum, eps);
}

bool norm_silu_takes(const at::Tensor& x) {
  return x.is_cpu() && x.scalar_type() == at::kFloat && x.dim() == 4 && x.numel() / x.size(1) > 1;
}

}  // namespace ds::detail
