#include "ds/media/image_io.h"

#include <fmt/format.h>

#include <climits>
#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "codecs/codecs.h"
#include "codecs/turn.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/mapped_file.h"
#include "ds/base/text.h"

namespace ds {
namespace {

// To FFmpeg a GIF is a video, whose first frame is wanted.
std::string decode_gif(const std::uint8_t* bytes, std::size_t size, std::int64_t max_pixels, cv::Mat& image) {
  std::string why;
  auto source = detail::video_codecs().open_gif(bytes, size, max_pixels, why);
  if (!source) return why;
  if (!source->next()) return "its first picture is damaged";
  source->picture(image);
  return {};
}

cv::Mat reduced(const cv::Mat& image, int reduction) {
  cv::Mat small;
  cv::Size size((image.cols + reduction - 1) / reduction, (image.rows + reduction - 1) / reduction);
  cv::resize(image, small, size, 0, 0, cv::INTER_AREA);
  return small;
}

}  // namespace

cv::Mat decode_image(std::string_view bytes, const std::string& name, const DecodeOptions& options) {
  int reduction = options.reduction;
  if (reduction != 1 && reduction != 2 && reduction != 4 && reduction != 8)
    throw UsageError(fmt::format("reduction is {}; it can be 1, 2, 4 or 8", reduction));
  auto header = read_image_header(bytes, name, options.max_pixels);
  require_whole_image(bytes, header, name);
  if (bytes.size() > static_cast<std::size_t>(INT_MAX))
    throw DataError(fmt::format("{}: {} bytes are more than a picture can have", name, bytes.size()));
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  bool jpeg = header.format == ImageFormat::jpeg;
  cv::Mat image;
  auto why = header.format == ImageFormat::gif
                 ? decode_gif(data, bytes.size(), options.max_pixels, image)
                 : detail::image_codecs().decode(header.format, data, bytes.size(),
                                                 {jpeg ? reduction : 1, options.strict}, image);
  if (!why.empty())
    throw DataError(fmt::format("{}: the {} cannot be decoded{}: {}", name, to_string(header.format),
                                image.empty() ? "" : " whole", why));
  auto side = [&](int raw) { return jpeg ? (raw + reduction - 1) / reduction : raw; };
  if (image.cols != side(header.raw_width) || image.rows != side(header.raw_height)) {
    throw DataError(fmt::format("{}: the {} header states {}x{}, the picture is {}x{}", name,
                                to_string(header.format), header.raw_width, header.raw_height, image.cols,
                                image.rows));
  }
  if (!jpeg && reduction != 1) image = reduced(image, reduction);
  return apply_orientation(image, header.orientation);
}

cv::Mat decode_image_file(const std::filesystem::path& file, const DecodeOptions& options) {
  MappedFile mapped(file);
  return decode_image(mapped.bytes(), file.string(), options);
}

cv::Mat apply_orientation(const cv::Mat& raw, int orientation) {
  return detail::turn(raw, orientation);
}

namespace {

std::string encode(const char* extension, const cv::Mat& image, int quality) {
  std::vector<std::uint8_t> bytes;
  if (image.empty() || !detail::image_codecs().encode(extension, image, quality, bytes))
    throw Error(fmt::format("a picture of {}x{} cannot be encoded as {}", image.cols, image.rows, extension));
  return {bytes.begin(), bytes.end()};
}

}  // namespace

std::string encode_jpeg(const cv::Mat& image, int quality) {
  return encode(".jpg", image, quality);
}
std::string encode_png(const cv::Mat& image) {
  return encode(".png", image, 0);
}

void write_image(const std::filesystem::path& file, const cv::Mat& image) {
  require_picture_name(file);
  const bool png = to_lower(file.extension().string()) == ".png";
  write_file_atomically(file, png ? encode_png(image) : encode_jpeg(image));
}

void write_image(const std::filesystem::path& file, std::string_view bytes) {
  require_picture_name(file);
  if (suffix_fits(file, read_image_header(bytes, file.string()).format))
    write_file_atomically(file, bytes);
  else
    write_image(file, decode_image(bytes, file.string()));
}

void require_picture_name(const std::filesystem::path& file) {
  const auto extension = to_lower(file.extension().string());
  if (extension != ".jpg" && extension != ".jpeg" && extension != ".png")
    throw UsageError(fmt::format("{} does not end in .jpg, .jpeg or .png", file.string()));
}

}  // namespace ds
