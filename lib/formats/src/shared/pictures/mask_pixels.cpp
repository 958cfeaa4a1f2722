#include "shared/pictures/mask_pixels.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <opencv2/core/mat.hpp>

#include "ds/media/image_io.h"

namespace ds::detail {

namespace {

std::size_t at(int row, int column, int width) {
  return static_cast<std::size_t>(row) * static_cast<std::size_t>(width) + static_cast<std::size_t>(column);
}

}  // namespace

std::vector<bool> pixels_of(const RunLengthMask& mask) {
  std::vector<bool> pixels(at(mask.height, 0, mask.width));
  std::size_t position = 0;
  auto height = static_cast<std::size_t>(mask.height);
  auto width = static_cast<std::size_t>(mask.width);
  for (std::size_t run = 0; run < mask.counts.size(); ++run)
    for (std::uint32_t i = 0; i < mask.counts[run]; ++i, ++position)
      if (run % 2 == 1) pixels[position % height * width + position / height] = true;
  return pixels;
}

RunLengthMask mask_of_pixels(const std::vector<bool>& pixels, int width, int height) {
  RunLengthMask mask{height, width, {}};
  bool value = false;
  std::uint32_t count = 0;
  for (int column = 0; column < width; ++column) {
    for (int row = 0; row < height; ++row) {
      bool pixel = pixels[at(row, column, width)];
      if (pixel != value) {
        mask.counts.push_back(count);
        count = 0;
        value = pixel;
      }
      ++count;
    }
  }
  mask.counts.push_back(count);
  return mask;
}

PictureMask mask_of_picture(std::string_view bytes, const std::string& name) {
  auto picture = decode_image(bytes, name);
  PictureMask mask{picture.cols, picture.rows, std::vector<bool>(at(picture.rows, 0, picture.cols))};
  for (int row = 0; row < picture.rows; ++row) {
    const auto* line = picture.ptr<unsigned char>(row);
    for (int column = 0; column < picture.cols; ++column)
      mask.pixels[at(row, column, picture.cols)] =
          line[3 * column] != 0 || line[3 * column + 1] != 0 || line[3 * column + 2] != 0;
  }
  return mask;
}

RunLengthMask placed(const PictureMask& picture, int left, int top, int width, int height) {
  std::vector<bool> pixels(at(height, 0, width));
  for (int row = 0; row < picture.height; ++row) {
    for (int column = 0; column < picture.width; ++column) {
      long long x = static_cast<long long>(left) + column;
      long long y = static_cast<long long>(top) + row;
      if (x < 0 || y < 0 || x >= width || y >= height) continue;
      pixels[at(static_cast<int>(y), static_cast<int>(x), width)] =
          picture.pixels[at(row, column, picture.width)];
    }
  }
  return mask_of_pixels(pixels, width, height);
}

RunLengthMask scaled(const PictureMask& picture, int width, int height) {
  std::vector<bool> pixels(at(height, 0, width));
  auto source = [](int place, int size, int source_size) {
    return std::min(source_size - 1, static_cast<int>((place + 0.5) * source_size / size));
  };
  for (int row = 0; row < height; ++row) {
    int from = source(row, height, picture.height);
    for (int column = 0; column < width; ++column)
      pixels[at(row, column, width)] =
          picture.pixels[at(from, source(column, width, picture.width), picture.width)];
  }
  return mask_of_pixels(pixels, width, height);
}

std::string picture_of_mask(const RunLengthMask& mask, const Box& part) {
  auto pixels = pixels_of(mask);
  int left = static_cast<int>(part.x0);
  int top = static_cast<int>(part.y0);
  cv::Mat picture = cv::Mat::zeros(static_cast<int>(part.height()), static_cast<int>(part.width()), CV_8UC1);
  for (int row = 0; row < picture.rows; ++row)
    for (int column = 0; column < picture.cols; ++column)
      if (pixels[at(top + row, left + column, mask.width)]) picture.at<unsigned char>(row, column) = 255;
  return encode_png(picture);
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.starts_with("data:")) {
    auto comma = text.find(',');
    if (comma == std::string_view::npos) return std::nullopt;
    text.remove_prefix(comma + 1);
  }
  std::unique_ptr<EVP_ENCODE_CTX, void (*)(EVP_ENCODE_CTX*)> context(EVP_ENCODE_CTX_new(),
                                                                     EVP_ENCODE_CTX_free);
  EVP_DecodeInit(context.get());
  std::string bytes(text.size() / 4 * 3 + 4, '\0');
  auto* out = reinterpret_cast<unsigned char*>(bytes.data());
  int written = 0;
  int last = 0;
  if (EVP_DecodeUpdate(context.get(), out, &written, reinterpret_cast<const unsigned char*>(text.data()),
                       static_cast<int>(text.size())) < 0 ||
      EVP_DecodeFinal(context.get(), out + written, &last) < 0)
    return std::nullopt;
  bytes.resize(static_cast<std::size_t>(written + last));
  return bytes;
}

}  // namespace ds::detail
