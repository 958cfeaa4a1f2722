#include "norm_silu/operation.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <torch/autograd.h>
#include <torch/utils.h>

#include <catch2/catch.hpp>

namespace {

struct Pass {
  at::Tensor out, x_gradient, weight_gradient, bias_gradient, running_mean, running_var;
};

constexpr double kMomentum = 0.03;
constexpr double kEps = 1e-3;

/// Forward and backward of one of the two ways, on the same numbers in this type.
Pass pass(bool fused, at::ScalarType type, at::IntArrayRef shape, double offset) {
  torch::manual_seed(4);
  auto x = (at::randn(shape) * 3 + offset).to(type).contiguous(at::MemoryFormat::ChannelsLast);
  auto weight = at::rand({shape[1]}).add(0.5).to(type);
  auto bias = at::randn({shape[1]}).to(type);
  auto wanted = at::randn(shape).to(type);
  Pass result;
  result.running_mean = at::zeros({shape[1]}).to(type);
  result.running_var = at::ones({shape[1]}).to(type);
  for (auto* leaf : {&x, &weight, &bias}) leaf->set_requires_grad(true);
  result.out =
      fused ? ds::detail::norm_silu(x, weight, bias, result.running_mean, result.running_var, kMomentum, kEps)
            : at::silu(at::batch_norm(x, weight, bias, result.running_mean, result.running_var, true,
                                      kMomentum, kEps, false));
  (result.out * wanted).sum().backward();
  result.x_gradient = x.grad();
  result.weight_gradient = weight.grad();
  result.bias_gradient = bias.grad();
  return result;
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kDouble) - b.to(at::kDouble)).norm() / b.to(at::kDouble).norm()).item<double>();
}

}  // namespace

TEST_CASE("norm and SiLU in one equal torch's two in double precision") {
  // A width that no vector divides; rows that blocks of 128 do not divide; a mean far from 0.
  for (double offset : {0.0, 100.0}) {
    const std::vector<std::int64_t> shape = {3, 19, 9, 13};
    auto fused = pass(true, at::kFloat, shape, offset);
    auto exact = pass(false, at::kDouble, shape, offset);
    const double limit = offset == 0 ? 1e-6 : 1e-5;
    REQUIRE(difference(fused.out, exact.out) < limit);
    REQUIRE(difference(fused.x_gradient, exact.x_gradient) < limit);
    REQUIRE(difference(fused.weight_gradient, exact.weight_gradient) < limit);
    REQUIRE(difference(fused.bias_gradient, exact.bias_gradient) < limit);
    REQUIRE(difference(fused.running_mean, exact.running_mean) < 1e-6);
    REQUIRE(difference(fused.running_var, exact.running_var) < 1e-6);
  }
}

TEST_CASE("norm and SiLU in one depend on neither threads nor the layout of the input") {
  const int before = at::get_num_threads();
  const std::vector<std::int64_t> shape = {4, 8, 40, 40};
  at::set_num_threads(1);
  auto one = pass(true, at::kFloat, shape, 0);
  at::set_num_threads(2);
  auto two = pass(true, at::kFloat, shape, 0);
  at::set_num_threads(before);
  REQUIRE(at::equal(one.out, two.out));
  REQUIRE(at::equal(one.x_gradient, two.x_gradient));
  REQUIRE(at::equal(one.weight_gradient, two.weight_gradient));

  auto x = at::randn({2, 3, 4, 5});
  auto run = [&](const at::Tensor& input) {
    return ds::detail::norm_silu(input, at::ones({3}), at::zeros({3}), at::zeros({3}), at::ones({3}),
                                 kMomentum, kEps);
  };
  REQUIRE(at::equal(run(x), run(x.contiguous(at::MemoryFormat::ChannelsLast))));
}

TEST_CASE("large values do not overflow in the exponential") {
  auto x = at::empty({1, 1, 1, 4});
  for (int i = 0; i < 4; ++i) x.data_ptr<float>()[i] = i < 2 ? -1e4F : 1e4F;
  auto out = ds::detail::norm_silu(x, at::full({1}, 1e3), at::zeros({1}), at::zeros({1}), at::ones({1}),
                                   kMomentum, kEps);
  // y = -1000 and 1000: SiLU gives 0, but for the clamp at e^-60, and 1000.
  REQUIRE(out.data_ptr<float>()[0] == Approx(0).margin(1e-20));
  REQUIRE(out.data_ptr<float>()[3] == Approx(1000).epsilon(1e-5));
}

TEST_CASE("what the one operation does not take") {
  REQUIRE(ds::detail::norm_silu_takes(at::zeros({1, 2, 1, 2})));
  REQUIRE(!ds::detail::norm_silu_takes(at::zeros({1, 2, 1, 1})));  // one value has no variance
  REQUIRE(!ds::detail::norm_silu_takes(at::zeros({1, 2, 2, 2}, at::kDouble)));
}
