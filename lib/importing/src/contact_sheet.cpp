#include "ds/importing/contact_sheet.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <opencv2/imgproc.hpp>
#include <set>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/media/draw.h"
#include "ds/media/image_io.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

constexpr int kMargin = 16;
constexpr int kGap = 12;
constexpr int kCaption = 42;  // two lines under a picture
constexpr int kTitle = 34;
constexpr int kLegendLine = 24;
constexpr std::size_t kNamedObjects = 8;  // more names than this hide the picture
constexpr std::size_t kPills = 3;

const cv::Scalar kPaper(255, 255, 255), kField(241, 239, 236), kInk(36, 31, 27), kSoft(112, 100, 91);

cv::Scalar color_of(Severity severity) {
  switch (severity) {
    case Severity::error:
      return {38, 38, 200};
    case Severity::warning:
      return {0, 110, 214};
    default:
      return {130, 115, 100};
  }
}

/// OpenCV draws ASCII only; a character of another script becomes one '?'.
std::string drawable(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7f)
      out += c;
    else if ((byte & 0xc0) != 0x80)
      out += '?';
  }
  return out;
}

int text_width(const std::string& text, double size) {
  int below = 0;
  return cv::getTextSize(text, cv::FONT_HERSHEY_SIMPLEX, size, 1, &below).width;
}

/// The end of a name tells more than its beginning.
std::string fitted(const std::string& text, double size, int width) {
  auto shown = drawable(text);
  while (shown.size() > 4 && text_width(shown, size) > width)
    shown = "..." + shown.substr(shown.starts_with("...") ? 4 : 1);
  return shown;
}

void put(cv::Mat& image, const std::string& text, cv::Point at, double size, const cv::Scalar& color) {
  cv::putText(image, text, at, cv::FONT_HERSHEY_SIMPLEX, size, color, 1, cv::LINE_AA);
}

void scale(std::vector<Point>& points, double x, double y) {
  for (auto& point : points) point = {point.x * x, point.y * y};
}

Box scaled(const Box& box, double x, double y) {
  return {box.x0 * x, box.y0 * y, box.x1 * x, box.y1 * y};
}

/// Both factors agree but for rounding, so angles stay.
Shape scaled(Shape shape, double x, double y) {
  struct Scale {
    double x, y;
    Shape operator()(Box box) const { return scaled(box, x, y); }
    Shape operator()(RotatedBox box) const {
      return RotatedBox{box.cx * x, box.cy * y, box.width * x, box.height * y, box.angle_deg};
    }
    Shape operator()(Polygon polygon) const {
      for (auto& ring : polygon.rings) scale(ring, x, y);
      return polygon;
    }
    Shape operator()(const RunLengthMask& mask) const { return (*this)(Polygon{outline_of(mask)}); }
    Shape operator()(KeyPoints points) const {
      scale(points.points, x, y);
      points.box = scaled(points.box, x, y);
      return points;
    }
    Shape operator()(Polyline line) const {
      scale(line.points, x, y);
      return line;
    }
    Shape operator()(Ellipse ellipse) const {
      return Ellipse{ellipse.cx * x, ellipse.cy * y, ellipse.rx * x, ellipse.ry * y, ellipse.angle_deg};
    }
  };
  return std::visit(Scale{x, y}, std::move(shape));
}

/// The dataset's classes, each with a colour, and one more for what is ignored.
ClassList drawing_classes(const ClassList& classes) {
  ClassList result;
  for (int i = 0; i < classes.size(); ++i) {
    auto info = classes[i];
    if (info.color.empty()) info.color = palette_color(i);
    info.name = drawable(info.name);
    // Names that only differ in what cannot be drawn.
    if (result.find(info.name)) info.name += fmt::format(" #{}", i);
    result.add(info);
  }
  std::string ignored = "ignored or crowd";
  while (result.find(ignored)) ignored += "*";
  result.add({.name = ignored, .color = "#9aa0a6"});
  return result;
}

cv::Scalar bgr(const std::string& color) {
  auto channel = [&](std::size_t at) { return std::stoi(color.substr(at, 2), nullptr, 16); };
  return cv::Scalar(channel(5), channel(3), channel(1));
}

/// Draws pages of images with their labels and issues. Which images are shown is settled in the beginning, so
/// that every page knows how many there are; pages are drawn one by one, each decoding only its own images. One
/// that cannot be decoded is drawn as a field that says why, since broken files are what such a page is for.
class SheetWriter {
 public:
  SheetWriter(const Dataset& dataset, const ImageFile& bytes, const std::vector<Issue>& issues,
              const SheetOptions& options)
      : dataset_(dataset),
        bytes_(bytes),
        options_(options),
        issues_(issues_of_images(dataset, issues)),
        chosen_(choose_images(dataset, issues_, options)),
        classes_(drawing_classes(dataset.classes)) {}

  const std::vector<std::size_t>& chosen() const { return chosen_; }
  std::size_t with_issues() const {
    return static_cast<std::size_t>(
        std::count_if(chosen_.begin(), chosen_.end(), [&](auto i) { return !issues_[i].empty(); }));
  }

  /// Throws what reading the file throws.
  cv::Mat overlay(std::size_t index) const {
    const auto& image = dataset_.images[index];
    auto picture = decode_image(bytes_(index), image.name).clone();
    draw_annotations(picture, remapped(image), classes_);
    return picture;
  }

  /// @param first into chosen()
  cv::Mat sheet(std::size_t first, std::size_t number, std::size_t sheets, Progress& progress) const {
    const auto capacity = static_cast<std::size_t>(options_.columns * options_.rows);
    const auto last = std::min(chosen_.size(), first + capacity);
    const auto columns = std::min<int>(options_.columns, static_cast<int>(last - first));
    // A short last sheet keeps its width: the sheets lie on top of each other in a viewer.
    const auto shown_columns = sheets > 1 ? options_.columns : std::max(2, columns);
    const auto rows = static_cast<int>((last - first + static_cast<std::size_t>(options_.columns) - 1) /
                                       static_cast<std::size_t>(options_.columns));
    const int width = 2 * kMargin + shown_columns * options_.cell_width + (shown_columns - 1) * kGap;
    const auto legend = legend_of(first, last, width - 2 * kMargin);
    const int top = kMargin + kTitle;
    const int pitch = options_.cell_height + kCaption + kGap;
    const int height = top + rows * pitch + static_cast<int>(legend.size()) * kLegendLine + kMargin;
    cv::Mat canvas(height, width, CV_8UC3, kPaper);
    put_title(canvas, fmt::format("sheet {} of {}", number, sheets));
    for (auto i = first; i < last; ++i) {
      throw_if_stopped();
      const auto cell = static_cast<int>(i - first);
      put_cell(canvas, chosen_[i],
               {kMargin + cell % options_.columns * (options_.cell_width + kGap),
                top + cell / options_.columns * pitch});
      progress.advance();
    }
    int y = top + rows * pitch + kLegendLine / 2;
    for (const auto& line : legend) {
      for (const auto& entry : line) put_entry(canvas, entry, y);
      y += kLegendLine;
    }
    return canvas;
  }

 private:
  struct Entry {
    int x = 0;
    std::string text;
    cv::Scalar color;
  };

  std::vector<Annotation> remapped(const Image& image) const {
    auto annotations = image.annotations;
    for (auto& annotation : annotations)
      if (annotation.ignore || annotation.crowd) annotation.class_idx = classes_.size() - 1;
    return annotations;
  }

  std::vector<std::vector<Entry>> legend_of(std::size_t first, std::size_t last, int width) const {
    std::map<int, std::size_t> counts;
    for (auto i = first; i < last; ++i)
      for (const auto& annotation : remapped(dataset_.images[chosen_[i]])) ++counts[annotation.class_idx];
    std::vector<std::vector<Entry>> lines;
    int x = width;
    for (const auto& [class_idx, count] : counts) {
      Entry entry{0, fmt::format("{} {}", classes_[class_idx].name, count), bgr(classes_[class_idx].color)};
      const int extent = 20 + text_width(entry.text, 0.45) + 22;
      if (lines.empty() || x + extent > width) {
        lines.emplace_back();
        x = 0;
      }
      entry.x = kMargin + x;
      x += extent;
      lines.back().push_back(std::move(entry));
    }
    return lines;
  }

  static void put_entry(cv::Mat& canvas, const Entry& entry, int y) {
    cv::rectangle(canvas, {entry.x, y - 7, 14, 14}, entry.color, cv::FILLED);
    put(canvas, entry.text, {entry.x + 20, y + 5}, 0.45, kInk);
  }

  void put_title(cv::Mat& canvas, const std::string& number) const {
    const int room = canvas.cols - 2 * kMargin;
    const int extent = text_width(number, 0.5);
    put(canvas, fitted(options_.title, 0.6, room - extent - 20), {kMargin, kMargin + 16}, 0.6, kInk);
    put(canvas, number, {canvas.cols - kMargin - extent, kMargin + 16}, 0.5, kSoft);
  }

  void put_cell(cv::Mat& canvas, std::size_t index, cv::Point at) const {
    const auto& image = dataset_.images[index];
    cv::Mat field = canvas(cv::Rect(at.x, at.y, options_.cell_width, options_.cell_height));
    field.setTo(kField);
    try {
      const auto picture = thumbnail(index);
      picture.copyTo(field(cv::Rect((field.cols - picture.cols) / 2, (field.rows - picture.rows) / 2,
                                    picture.cols, picture.rows)));
    } catch (const Error& error) {
      put(field, "cannot be shown", {16, field.rows / 2}, 0.55, color_of(Severity::error));
      put(field, fitted(error.what(), 0.38, field.cols - 32), {16, field.rows / 2 + 22}, 0.38, kSoft);
    }
    put_issues(field, issues_[index]);
    put(canvas, fitted(image.name, 0.45, options_.cell_width), {at.x, at.y + options_.cell_height + 17}, 0.45,
        kInk);
    auto facts = fmt::format("{}, {}, {}", to_string(image.state),
                             image.split == Split::none ? "no split" : to_string(image.split),
                             counted(image.annotations.size(), "object"));
    put(canvas, facts, {at.x, at.y + options_.cell_height + 34}, 0.4, kSoft);
  }

  /// The picture with its labels, as large as the cell allows.
  cv::Mat thumbnail(std::size_t index) const {
    const auto& image = dataset_.images[index];
    const auto file = bytes_(index);
    auto fit = [&](int width, int height) {
      return std::min({static_cast<double>(options_.cell_width) / width,
                       static_cast<double>(options_.cell_height) / height, 8.0});
    };
    int reduction = 1;
    if (image.width > 0 && image.height > 0)
      while (reduction < 8 && 1 / fit(image.width, image.height) >= 2 * reduction) reduction *= 2;
    const auto decoded = decode_image(file, image.name, {.reduction = reduction});
    auto whole = [&](int side, int known) {
      return std::abs(side * reduction - known) < reduction ? known : side * reduction;
    };
    const int width = whole(decoded.cols, image.width);
    const int height = whole(decoded.rows, image.height);
    const double factor = fit(width, height);
    const cv::Size size(std::max(1, static_cast<int>(std::lround(width * factor))),
                        std::max(1, static_cast<int>(std::lround(height * factor))));
    cv::Mat picture;
    cv::resize(decoded, picture, size, 0, 0, factor < 1 ? cv::INTER_AREA : cv::INTER_NEAREST);
    auto annotations = remapped(image);
    for (auto& annotation : annotations)
      annotation.shape = scaled(std::move(annotation.shape), static_cast<double>(size.width) / width,
                                static_cast<double>(size.height) / height);
    draw_annotations(picture, annotations, classes_,
                     {.line_width = 2, .labels = annotations.size() <= kNamedObjects});
    return picture;
  }

  static void put_issues(cv::Mat& field, const std::vector<Issue>& issues) {
    std::map<std::string, std::pair<Severity, std::size_t>> codes;
    for (const auto& issue : issues) {
      auto& [severity, count] = codes.try_emplace(issue.code, issue.severity, 0U).first->second;
      severity = std::max(severity, issue.severity);
      ++count;
    }
    std::vector<std::pair<std::string, Severity>> pills;
    for (const auto& [code, seen] : codes)
      pills.emplace_back(seen.second > 1 ? fmt::format("{} x{}", code, seen.second) : code, seen.first);
    std::stable_sort(pills.begin(), pills.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    if (pills.size() > kPills) {
      const auto more = fmt::format("and {} more", pills.size() - kPills + 1);
      pills.resize(kPills - 1);
      pills.emplace_back(more, Severity::note);
    }
    int y = 6;
    for (const auto& [text, severity] : pills) {
      const int extent = std::min(text_width(text, 0.42) + 12, field.cols - 12);
      cv::rectangle(field, {6, y, extent, 20}, color_of(severity), cv::FILLED);
      put(field, text, {12, y + 14}, 0.42, cv::Scalar::all(255));
      y += 23;
    }
  }

  const Dataset& dataset_;
  const ImageFile& bytes_;
  const SheetOptions& options_;
  std::vector<std::vector<Issue>> issues_;
  std::vector<std::size_t> chosen_;
  ClassList classes_;
};

/// A name for a JPEG of the image, unlike all of `taken`.
std::string file_name(const std::string& image_name, std::set<std::string>& taken) {
  auto name = image_name;
  std::replace(name.begin(), name.end(), '/', '_');
  const auto stem = fs::path(name).stem().string();
  auto result = stem + ".jpg";
  for (int i = 2; !taken.insert(result).second; ++i) result = fmt::format("{}-{}.jpg", stem, i);
  return result;
}

}  // namespace

SheetReport write_contact_sheets(const Dataset& dataset, const ImageFile& bytes,
                                 const std::vector<Issue>& issues, const fs::path& folder,
                                 const SheetOptions& options, Progress& progress) {
  const SheetWriter writer(dataset, bytes, issues, options);
  SheetReport report{.images = writer.chosen().size(), .with_issues = writer.with_issues()};
  const auto capacity = static_cast<std::size_t>(options.columns * options.rows);
  const auto sheets = (report.images + capacity - 1) / capacity;
  make_folders(folder);
  progress.begin("draw", static_cast<std::int64_t>(report.images));
  for (std::size_t i = 0; i < sheets; ++i) {
    report.files.push_back(folder / fmt::format("sheet_{:02}.jpg", i + 1));
    write_file_atomically(report.files.back(),
                          encode_jpeg(writer.sheet(i * capacity, i + 1, sheets, progress), options.quality));
  }
  progress.end();
  return report;
}

SheetReport write_overlays(const Dataset& dataset, const ImageFile& bytes, const std::vector<Issue>& issues,
                           const fs::path& folder, const SheetOptions& options, Progress& progress) {
  const SheetWriter writer(dataset, bytes, issues, options);
  SheetReport report{.images = 0, .with_issues = writer.with_issues()};
  make_folders(folder);
  std::set<std::string> taken;
  progress.begin("draw", static_cast<std::int64_t>(writer.chosen().size()));
  for (const auto index : writer.chosen()) {
    throw_if_stopped();
    const auto file = folder / file_name(dataset.images[index].name, taken);
    try {
      write_file_atomically(file, encode_jpeg(writer.overlay(index), options.quality));
      report.files.push_back(file);
      ++report.images;
    } catch (const DataError&) {
      // What cannot be decoded has no picture; the check itself names it.
    }
    progress.advance();
  }
  progress.end();
  return report;
}

}  // namespace ds
