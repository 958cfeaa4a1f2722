#include "ds/media/image_io.h"

#include <fmt/format.h>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "codecs.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/media/video.h"
#include "exif.h"
#include "mapped_file.h"

namespace ds {
namespace {

// The TIFF decoder turns pictures itself, and not all of them: it gets a copy that says "upright", so that
// every format is turned in one place.
std::string without_tiff_orientation(std::string_view bytes) {
  std::string copy(bytes);
  bool big_endian = *detail::tiff_is_big_endian(bytes);
  detail::for_each_tiff_entry(detail::ByteReader(bytes, big_endian), [&](const detail::TiffEntry& entry) {
    if (entry.tag != 274 || entry.type != 3 || entry.value_at + 2 > copy.size()) return;
    copy[entry.value_at + (big_endian ? 0 : 1)] = 0;
    copy[entry.value_at + (big_endian ? 1 : 0)] = 1;
  });
  return copy;
}

// OpenCV 4.6 has no GIF decoder; to FFmpeg a GIF is a video, whose first frame is wanted.
bool decode_gif(std::string_view bytes, cv::Mat& image) {
  TemporaryFolder folder;
  auto file = folder.path() / "picture.gif";
  write_file_atomically(file, bytes);
  auto source = detail::video_codecs().open(file.string());
  double time_s = 0;
  return source && source->next(image, time_s);
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
  std::string changed;
  if (header.format == ImageFormat::tiff && header.orientation != 1) {
    changed = without_tiff_orientation(bytes);
    bytes = changed;
  }
  bool jpeg = header.format == ImageFormat::jpeg;
  cv::Mat image;
  bool decoded = header.format == ImageFormat::gif
                     ? decode_gif(bytes, image)
                     : detail::image_codecs().decode(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                                     bytes.size(), jpeg ? reduction : 1, image);
  if (!decoded || image.type() != CV_8UC3)
    throw DataError(fmt::format("{}: the {} cannot be decoded", name, to_string(header.format)));
  if (!jpeg && reduction != 1) image = reduced(image, reduction);
  return apply_orientation(image, header.orientation);
}

cv::Mat decode_image_file(const std::filesystem::path& file, const DecodeOptions& options) {
  detail::MappedFile mapped(file);
  return decode_image(mapped.bytes(), file.string(), options);
}

cv::Mat apply_orientation(const cv::Mat& raw, int orientation) {
  constexpr int kMirrorX = 1;
  constexpr int kMirrorY = 0;
  cv::Mat turned;
  switch (orientation) {
    case 2:
      cv::flip(raw, turned, kMirrorX);
      return turned;
    case 3:
      cv::rotate(raw, turned, cv::ROTATE_180);
      return turned;
    case 4:
      cv::flip(raw, turned, kMirrorY);
      return turned;
    case 5:
      cv::transpose(raw, turned);
      return turned;
    case 6:
      cv::rotate(raw, turned, cv::ROTATE_90_CLOCKWISE);
      return turned;
    case 7:
      cv::transpose(raw, turned);
      cv::rotate(turned, turned, cv::ROTATE_180);
      return turned;
    case 8:
      cv::rotate(raw, turned, cv::ROTATE_90_COUNTERCLOCKWISE);
      return turned;
    default:
      return raw;
  }
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
  auto extension = to_lower(file.extension().string());
  if (extension == ".png") return write_file_atomically(file, encode_png(image));
  if (extension == ".jpg" || extension == ".jpeg") return write_file_atomically(file, encode_jpeg(image));
  throw UsageError(
      fmt::format("{}: pictures are written as .jpg or .png, not '{}'", file.string(), extension));
}

}  // namespace ds
