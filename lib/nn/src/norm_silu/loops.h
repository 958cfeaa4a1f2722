// The loops of rows.h, for one instruction set: the file that includes this names the namespace
// DS_ROWS and is compiled for that set. Nothing else is included here: an inline function that is compiled
// for a newer processor must not become everybody's.
#include <cstdint>

#define DS_INLINE inline __attribute__((always_inline))

namespace ds::detail::rows::DS_ROWS {
namespace {

/// e^x within 2 units in the last place for |x| < 60, clamped beyond: 2^n times a polynomial on [-ln 2 / 2,
/// ln 2 / 2] (the minimax coefficients of Cephes' expf), in operations that compilers turn into vectors.
/// They compute the clamped branch in every lane too: with a limit near e^-87, the smallest normal number,
/// its product with anything small is denormal, and processors take a hundred times longer over those.
DS_INLINE float exponential(float x) {
  x = x < -60.0F ? -60.0F : x;
  x = x > 60.0F ? 60.0F : x;
  constexpr float kRound = 12582912.0F;  // 1.5 * 2^23: adding it rounds to a whole number
  const float n = (x * 1.44269504F + kRound) - kRound;
  const float r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
  float p = 1.9875691500e-4F;
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  return p * __builtin_bit_cast(float, (static_cast<std::int32_t>(n) + 127) << 23);
}

DS_INLINE float sigmoid(float x) {
  return 1.0F / (1.0F + exponential(-x));
}

}  // namespace

void add(const float* __restrict x, std::int64_t rows, std::int64_t channels, float* __restrict sums) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels)
    for (std::int64_t c = 0; c < channels; ++c) sums[c] += x[c];
}

void add_squares(const float* __restrict x, std::int64_t rows, std::int64_t channels,
                 const float* __restrict mean, float* __restrict sums) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels)
    for (std::int64_t c = 0; c < channels; ++c) {
      const float d = x[c] - mean[c];
      sums[c] += d * d;
    }
}

void scale_silu(const float* __restrict x, std::int64_t rows, std::int64_t channels,
                const float* __restrict scale, const float* __restrict shift, float* __restrict out) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels, out += channels)
    for (std::int64_t c = 0; c < channels; ++c) {
      const float y = x[c] * scale[c] + shift[c];
      out[c] = y * sigmoid(y);
    }
}

void silu_backward(const float* __restrict gradient, const float* __restrict x, std::int64_t rows,
                   std::int64_t channels, const float* __restrict scale, const float* __restrict shift,
                   const float* __restrict mean, float* __restrict out, float* __restrict sums,
                   float* __restrict products) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels, gradient += channels, out += channels)
    for (std::int64_t c = 0; c < channels; ++c) {
      const float y = x[c] * scale[c] + shift[c];
      const float s = sigmoid(y);
      const float dy = gradient[c] * s * (1.0F + y * (1.0F - s));
      out[c] = dy;
      sums[c] += dy;
      products[c] += dy * (x[c] - mean[c]);
    }
}

void norm_backward(const float* __restrict x, std::int64_t rows, std::int64_t channels,
                   const float* __restrict scale, const float* __restrict offset,
                   const float* __restrict slope, const float* __restrict mean, float* __restrict out) {
  for (std::int64_t r = 0; r < rows; ++r, x += channels, out += channels)
    for (std::int64_t c = 0; c < channels; ++c)
      out[c] = out[c] * scale[c] - offset[c] - (x[c] - mean[c]) * slope[c];
}

}  // namespace ds::detail::rows::DS_ROWS
