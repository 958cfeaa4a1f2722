#include "ds/media/perceptual_hash.h"

#include <algorithm>
#include <bit>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace ds {
namespace {

cv::Mat small_grey(const cv::Mat& image, int width, int height) {
  cv::Mat grey;
  cv::Mat small;
  cv::cvtColor(image, grey, cv::COLOR_BGR2GRAY);
  cv::resize(grey, small, {width, height}, 0, 0, cv::INTER_AREA);
  return small;
}

}  // namespace

std::uint64_t difference_hash(const cv::Mat& image) {
  auto small = small_grey(image, 9, 8);
  std::uint64_t hash = 0;
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 8; ++x)
      hash = hash << 1 |
             static_cast<std::uint64_t>(small.at<std::uint8_t>(y, x) < small.at<std::uint8_t>(y, x + 1));
  return hash;
}

std::uint64_t perceptual_hash(const cv::Mat& image) {
  cv::Mat values;
  small_grey(image, 32, 32).convertTo(values, CV_32F);
  cv::Mat spectrum;
  cv::dct(values, spectrum);
  std::vector<float> low;
  for (int y = 0; y < 8; ++y)
    for (int x = 0; x < 8; ++x) low.push_back(spectrum.at<float>(y, x));
  std::vector<float> sorted(low.begin() + 1, low.end());
  auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  // The coefficients of a flat picture are rounding errors around 0, which must not become bits.
  constexpr float kNoise = 1e-2F;
  std::uint64_t hash = 0;
  for (std::size_t i = 0; i < low.size(); ++i)
    hash = hash << 1 | static_cast<std::uint64_t>(i > 0 && low[i] > *middle + kNoise);
  return hash;
}

int hamming_distance(std::uint64_t a, std::uint64_t b) {
  return std::popcount(a ^ b);
}

}  // namespace ds
