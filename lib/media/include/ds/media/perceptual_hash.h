#pragma once

#include <cstdint>

namespace cv {
class Mat;
}

namespace ds {

/// 64-bit hashes of what a picture looks like: near-duplicates differ in few bits. Input is 8-bit BGR.
/// dHash: the sign of horizontal differences on a 9x8 grey picture. Survives rescaling and compression.
std::uint64_t difference_hash(const cv::Mat& image);
/// pHash: the signs against the median of the 8x8 lowest DCT coefficients of a 32x32 grey picture (without
/// the constant one). Survives changes of brightness and contrast as well.
std::uint64_t perceptual_hash(const cv::Mat& image);
/// How many bits differ, 0..64.
int hamming_distance(std::uint64_t a, std::uint64_t b);

}  // namespace ds
