#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "page/html.h"

namespace ds::detail {

namespace {

using Role = MarkedBox::Role;

struct RoleStyle {
  const char* name;   // of the style class
  const char* layer;  // that a switch hides
  const char* words;  // in the legend
  const char* state;  // in the alternative text
};

constexpr std::array<RoleStyle, 5> kRoles{
    {{"found", "truth", "labelled, found", "found"},
     {"missed", "truth", "labelled, missed", "missed"},
     {"right", "predicted", "predicted, right", "right"},
     {"wrong", "predicted", "predicted, wrong", "wrong"},
     {"suspect", "suspect", "what the models contradict", "contradicted"}}};

const RoleStyle& style_of(Role role) {
  return kRoles.at(static_cast<std::size_t>(role));
}

struct Rect {
  double x, y, w, h;
};

bool touch(const Rect& a, const Rect& b) {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

/// As much of a name as the columns hold; the alternative text has all of it.
std::string shortened(const std::string& text, double columns) {
  if (static_cast<double>(display_width(text)) <= columns) return text;
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t next = i + 1;
    while (next < text.size() && (static_cast<unsigned char>(text[next]) & 0xc0) == 0x80) ++next;
    const auto longer = out + text.substr(i, next - i);
    if (static_cast<double>(display_width(longer)) > columns - 1) break;
    out = longer;
    i = next;
  }
  return out + "\xe2\x80\xa6";
}

/// Where the names of the boxes stand: above, below or inside their box. A name that would cover another one
/// has no place: on a crowded picture a few names are read, and many are not.
class Labels {
 public:
  /// @param columns the longest name
  Labels(const MarkedPicture& picture, double font, double columns)
      : width_(picture.width),
        height_(picture.height),
        font_(font),
        columns_(std::min(columns, (picture.width / font - 0.5) / 0.6 + 1e-6)) {}

  /// As much of a name as is shown.
  std::string text(const MarkedBox& box) const { return shortened(box.label, columns_); }

  std::optional<Rect> place(const MarkedBox& box) {
    const double w = std::min(width_, font_ * (0.6 * static_cast<double>(display_width(text(box))) + 0.5));
    const double h = font_ * 1.25;
    const double right = box.x + box.w - w, below = box.y + box.h;
    const Rect choices[] = {{box.x, box.y - h, w, h}, {box.x, below, w, h},    {right, box.y - h, w, h},
                            {right, below, w, h},     {box.x, box.y, w, h},    {box.x, below - h, w, h},
                            {right, box.y, w, h},     {right, below - h, w, h}};
    for (auto rect : choices) {
      rect.x = std::clamp(rect.x, 0.0, width_ - w);
      rect.y = std::clamp(rect.y, 0.0, std::max(0.0, height_ - h));
      if (std::any_of(placed_.begin(), placed_.end(), [&](const auto& other) { return touch(rect, other); }))
        continue;
      placed_.push_back(rect);
      return rect;
    }
    return std::nullopt;
  }

 private:
  double width_, height_, font_, columns_;
  std::vector<Rect> placed_;
};

constexpr double kFont = 11;       // CSS pixels of a name
constexpr double kColumns = 24;    // of the longest name on such a picture
constexpr double kUsual = 330;     // CSS pixels of a picture beside others
constexpr double kEnlarged = 900;  // and of one alone

/// Width in CSS pixels that a picture is shown with where there is room: small ones are enlarged, high ones
/// must not fill the screen.
double shown_width(const MarkedPicture& picture) {
  constexpr double kWidest = 520, kHighest = 460;
  const double by_height = kHighest * picture.width / std::max(1, picture.height);
  return std::min({kWidest, by_height, std::max<double>(picture.width, kUsual)});
}

bool is_error(const MarkedBox& box) {
  return box.role != Role::truth_found && box.role != Role::detection_right;
}

/// Errors are why the picture is looked at: their names choose their place first, and lie on top.
/// @param font height in pixels of the picture  @param columns of the longest name
/// @param size a style class: when these names are shown
std::string names_svg(const MarkedPicture& picture, double font, double columns, const char* size) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < picture.boxes.size(); ++i)
    if (!picture.boxes[i].label.empty()) order.push_back(i);
  std::stable_partition(order.begin(), order.end(), [&](auto i) { return is_error(picture.boxes[i]); });
  Labels labels(picture, font, columns);
  std::string out;
  for (const auto i : order) {
    const auto& box = picture.boxes[i];
    const auto at = labels.place(box);
    if (!at) continue;
    // What comes later in an SVG lies on top.
    out.insert(
        0, fmt::format(
               "<g class=\"names {} {}\"><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\"/>"
               "<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text></g>",
               style_of(box.role).layer, style_of(box.role).name, at->x, at->y, at->w, at->h,
               at->x + 0.25 * font, at->y + 0.95 * font, html_escaped(labels.text(box))));
  }
  return fmt::format("<g class=\"{}\" font-size=\"{:.1f}\">{}</g>", size, font, out);
}

/// Small boxes lie on large ones, so that a pointer reaches them and is told what they are.
std::vector<MarkedBox> large_first(std::vector<MarkedBox> boxes) {
  std::stable_sort(boxes.begin(), boxes.end(),
                   [](const auto& a, const auto& b) { return a.w * a.h > b.w * b.h; });
  return boxes;
}

std::string words_of(const MarkedBox& box) {
  return fmt::format("{} ({})", box.label.empty() ? "box" : box.label, style_of(box.role).state);
}

std::string boxes_svg(const MarkedPicture& picture) {
  if (picture.width <= 0 || picture.height <= 0) return {};
  std::string out =
      fmt::format("<svg viewBox=\"0 0 {} {}\" aria-hidden=\"true\">", picture.width, picture.height);
  // Two edges: the dark one below makes the bright one visible on any ground.
  for (const auto& box : large_first(picture.boxes))
    out += fmt::format(
        "<g class=\"{0} {1}\"><title>{6}</title><rect class=\"under\" x=\"{2:.1f}\" y=\"{3:.1f}\" "
        "width=\"{4:.1f}\" "
        "height=\"{5:.1f}\"/><rect x=\"{2:.1f}\" y=\"{3:.1f}\" width=\"{4:.1f}\" height=\"{5:.1f}\"/></g>",
        style_of(box.role).layer, style_of(box.role).name, box.x, box.y, std::max(0.0, box.w),
        std::max(0.0, box.h), html_escaped(words_of(box)));
  // Names for the usual width, and smaller ones, of which more have room, for an enlarged picture.
  const double font = kFont * picture.width / std::min(kUsual, shown_width(picture));
  return out + names_svg(picture, font, kColumns, "coarse") +
         names_svg(picture, font * kUsual / kEnlarged, 10 * kColumns, "fine") + "</svg>";
}

/// "Labelled: cat (found), dog (missed). Predicted: cat 0.93 (right)."
std::string words_of(const MarkedPicture& picture) {
  constexpr std::size_t kMost = 30;
  static constexpr std::pair<const char*, const char*> kLayers[] = {
      {"truth", "Labelled"}, {"predicted", "Predicted"}, {"suspect", "In question"}};
  std::string out;
  for (const auto& [layer, title] : kLayers) {
    std::vector<std::string> items;
    std::size_t count = 0;
    for (const auto& box : picture.boxes)
      if (std::string_view(style_of(box.role).layer) == layer && ++count <= kMost)
        items.push_back(words_of(box));
    if (count > kMost) items.push_back(fmt::format("and {} more", count - kMost));
    if (count > 0) out += fmt::format(" {}: {}.", title, join(items, ", "));
  }
  return out;
}

}  // namespace

std::string marked_picture_html(const MarkedPicture& picture) {
  const auto kind = std::string_view(picture.jpeg).starts_with("\x89PNG") ? "png" : "jpeg";
  return fmt::format(
      "<figure class=\"marked\"><div class=\"frame\" style=\"--w:{:.0f}px;--ratio:{:.3f}\"><img alt=\"{}\" "
      "width=\"{}\" "
      "height=\"{}\" loading=\"lazy\" "
      "src=\"data:image/{};base64,{}\">{}</div><figcaption>{}</figcaption></figure>\n",
      shown_width(picture), static_cast<double>(picture.width) / std::max(1, picture.height),
      html_escaped(picture.caption + "." + words_of(picture)), picture.width, picture.height, kind,
      base64_encode(picture.jpeg), boxes_svg(picture), html_escaped(picture.caption));
}

std::string legend_html(const std::vector<MarkedPicture>& pictures, int number, const std::string& missed) {
  std::array<bool, kRoles.size()> occurs{};
  bool named = false;
  for (const auto& picture : pictures)
    for (const auto& box : picture.boxes) {
      occurs.at(static_cast<std::size_t>(box.role)) = true;
      named = named || !box.label.empty();
    }
  static constexpr std::pair<const char*, const char*> kSwitches[] = {
      {"truth", "labels"}, {"predicted", "predictions"}, {"names", "names"}};
  std::string out;
  for (const auto& [layer, title] : kSwitches) {
    bool present = named && std::string_view(layer) == "names";
    for (std::size_t r = 0; r < kRoles.size(); ++r)
      present = present || (occurs[r] && std::string_view(kRoles[r].layer) == layer);
    if (present)
      out += fmt::format(
          "<input type=\"checkbox\" checked class=\"layer {0}\" id=\"g{1}-{0}\" data-layer=\"{0}\">"
          "<label for=\"g{1}-{0}\">{2}</label>",
          layer, number, title);
  }
  if (out.empty()) return out;
  out += "<ul class=\"legend\">";
  for (std::size_t r = 0; r < kRoles.size(); ++r)
    if (occurs[r])
      out += fmt::format(
          "<li><svg width=\"22\" height=\"14\" aria-hidden=\"true\"><g class=\"{0}\"><rect class=\"under\" "
          "x=\"2\" y=\"2\" width=\"18\" height=\"10\"/><rect x=\"2\" y=\"2\" width=\"18\" "
          "height=\"10\"/></g></svg>{1}</li>",
          kRoles[r].name,
          html_escaped(static_cast<Role>(r) == Role::truth_missed ? missed : kRoles[r].words));
  return out + "</ul>";
}

}  // namespace ds::detail
