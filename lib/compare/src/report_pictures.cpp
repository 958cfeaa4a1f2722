#include "report_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>

#include "ds/base/error.h"
#include "ds/base/parallel.h"
#include "ds/media/image_io.h"

namespace ds::detail {

namespace {

constexpr int kJpegQuality = 85;

/// How much smaller the JPEG decoder may make an image that is shown as a whole.
int reduction_of(const EvalImage& image, int side) {
  const int longer = std::max(image.width, image.height);
  for (const int reduction : {8, 4, 2})
    if (longer / reduction >= side) return reduction;
  return 1;
}

/// The part of an order in whole pixels inside an image of `width` x `height`.
cv::Rect part_of(const PictureOrder& order, int width, int height) {
  const cv::Rect whole(0, 0, width, height);
  if (order.w <= 0 || order.h <= 0) return whole;
  const int x0 = static_cast<int>(std::floor(order.x)), y0 = static_cast<int>(std::floor(order.y));
  const int x1 = static_cast<int>(std::ceil(order.x + order.w));
  const int y1 = static_cast<int>(std::ceil(order.y + order.h));
  const auto part = cv::Rect(x0, y0, x1 - x0, y1 - y0) & whole;
  return part.empty() ? whole : part;
}

/// From pixels of the image to pixels of the picture; what lies outside is left out.
std::vector<MarkedBox> placed(const std::vector<MarkedBox>& boxes, const cv::Rect2d& part, int width,
                              int height) {
  std::vector<MarkedBox> all;
  const double sx = width / part.width, sy = height / part.height;
  for (auto box : boxes) {
    const double x0 = std::clamp((box.x - part.x) * sx, 0.0, static_cast<double>(width));
    const double y0 = std::clamp((box.y - part.y) * sy, 0.0, static_cast<double>(height));
    const double x1 = std::clamp((box.x + box.w - part.x) * sx, 0.0, static_cast<double>(width));
    const double y1 = std::clamp((box.y + box.h - part.y) * sy, 0.0, static_cast<double>(height));
    if (x1 <= x0 || y1 <= y0) continue;
    box.x = x0;
    box.y = y0;
    box.w = x1 - x0;
    box.h = y1 - y0;
    all.push_back(std::move(box));
  }
  return all;
}

/// @param reduction of `decoded` against the image that the boxes are for
MarkedPicture picture_of(const cv::Mat& decoded, int reduction, const EvalImage& image,
                         const PictureOrder& order, int side) {
  const auto part = part_of(order, decoded.cols, decoded.rows);
  cv::Mat shown = decoded(part);
  const double scale = static_cast<double>(side) / std::max(shown.cols, shown.rows);
  if (scale < 1) {
    cv::Mat small;
    const cv::Size size(std::max(1, static_cast<int>(std::lround(shown.cols * scale))),
                        std::max(1, static_cast<int>(std::lround(shown.rows * scale))));
    cv::resize(shown, small, size, 0, 0, cv::INTER_AREA);
    shown = small;
  }
  MarkedPicture picture;
  picture.caption = order.caption;
  picture.jpeg = encode_jpeg(shown, kJpegQuality);
  picture.width = shown.cols;
  picture.height = shown.rows;
  // Reduced sides are rounded up: the whole image is meant, not its rounded multiple.
  const cv::Rect2d in_image = reduction > 1 ? cv::Rect2d(0, 0, image.width, image.height)
                                            : cv::Rect2d(part.x, part.y, part.width, part.height);
  picture.boxes = placed(order.boxes, in_image, shown.cols, shown.rows);
  return picture;
}

}  // namespace

std::vector<MarkedPicture> make_pictures(const EvalData& data, const std::vector<PictureOrder>& orders,
                                         int side, int threads, std::vector<std::string>& warnings) {
  // Each image is decoded once, whatever is shown of it.
  std::map<std::int32_t, std::vector<std::size_t>> by_image;
  for (std::size_t i = 0; i < orders.size(); ++i) by_image[orders[i].image_idx].push_back(i);
  std::vector<std::pair<std::int32_t, std::vector<std::size_t>>> work(by_image.begin(), by_image.end());
  std::vector<MarkedPicture> pictures(orders.size());
  std::vector<std::string> failures(work.size());
  parallel_for(work.size(), threads, [&](std::size_t w) {
    const auto& [image_idx, wanted] = work[w];
    const auto& image = data.truth.images.at(static_cast<std::size_t>(image_idx));
    const bool whole_only =
        std::all_of(wanted.begin(), wanted.end(), [&](auto i) { return orders[i].w <= 0; });
    const int reduction = whole_only ? reduction_of(image, side) : 1;
    try {
      const auto decoded =
          decode_image_file(data.files.at(static_cast<std::size_t>(image_idx)), {.reduction = reduction});
      for (const auto i : wanted) pictures[i] = picture_of(decoded, reduction, image, orders[i], side);
    } catch (const Interrupted&) {
      throw;
    } catch (const Error& error) {
      failures[w] = error.what();
    }
  });
  for (std::size_t w = 0; w < work.size(); ++w)
    if (!failures[w].empty())
      warnings.push_back(fmt::format("no picture of {}: {}",
                                     data.truth.images[static_cast<std::size_t>(work[w].first)].name,
                                     failures[w]));
  return pictures;
}

}  // namespace ds::detail
