#include "ds/importing/fix_project.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/geometry/clip_shape.h"
#include "shape_faults.h"

namespace ds {

const std::map<std::string, std::string>& fix_codes() {
  static const std::map<std::string, std::string> codes = {
      {"BOX_OUTSIDE_IMAGE", "the shape is cut at the image's edge; what is wholly outside is removed"},
      {"DEGENERATE_RING", "rings that enclose nothing are removed; an outline without any becomes its box"},
      {"DUPLICATE_OBJECT", "the second of two objects that are the same in everything is removed"},
      {"UNLABELLED_WITH_OBJECTS", "the image goes to review: somebody should look at it"},
      {"ZERO_SIZE_BOX", "the object is removed"},
  };
  return codes;
}

namespace {

/// Mends one image's labels in a copy, which `run` gives away only when something was mended. The order
/// matters: rings that enclose nothing go first, since they may leave a shape without area, and equal objects
/// last, since cutting at the border may make two of them equal.
class ImageFix {
 public:
  ImageFix(const Image& image, const ClassList& classes, const std::vector<std::string>& only)
      : image_(image), classes_(classes), only_(only) {
    fixed_.annotations = image.annotations;
    fixed_.state = image.state;
  }

  std::optional<FixedImage> run() {
    mend_rings();
    remove("ZERO_SIZE_BOX", "removed: it has no area",
           [](const Annotation& a, std::size_t) { return !is_proper(a.box()); });
    clip();
    remove("DUPLICATE_OBJECT", "removed: an object before it is the same",
           [&](const Annotation& a, std::size_t position) {
             auto end = fixed_.annotations.begin() + static_cast<std::ptrdiff_t>(position);
             return std::any_of(fixed_.annotations.begin(), end,
                                [&](const Annotation& before) { return detail::is_duplicate(before, a); });
           });
    bool accepted = std::any_of(fixed_.annotations.begin(), fixed_.annotations.end(),
                                [](const Annotation& a) { return !a.proposal; });
    if (wanted("UNLABELLED_WITH_OBJECTS") && image_.state == ImageState::unlabelled && accepted) {
      fixed_.state = ImageState::review;
      fixed_.fixes.push_back(
          {"UNLABELLED_WITH_OBJECTS",
           Severity::note,
           {.path = image_.name},
           fmt::format("{} objects; the image goes to review", fixed_.annotations.size())});
    }
    if (fixed_.fixes.empty()) return std::nullopt;
    return std::move(fixed_);
  }

 private:
  bool wanted(const std::string& code) const {
    return only_.empty() || std::find(only_.begin(), only_.end(), code) != only_.end();
  }

  void done(const std::string& code, const Annotation& annotation, const std::string& what) {
    auto box = annotation.box();
    fixed_.fixes.push_back(
        {code,
         Severity::note,
         {.path = image_.name, .pointer = fmt::format("object {}", annotation.id)},
         fmt::format("{} [{}, {}, {}, {}] {}", classes_[annotation.class_idx].name, shortest(box.x0),
                     shortest(box.y0), shortest(box.x1), shortest(box.y1), what)});
  }

  template <typename Wrong>
  void remove(const char* code, const char* what, const Wrong& wrong) {
    if (!wanted(code)) return;
    auto& all = fixed_.annotations;
    for (std::size_t i = 0; i < all.size();) {
      if (!wrong(all[i], i)) {
        ++i;
        continue;
      }
      done(code, all[i], what);
      all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
    }
  }

  void mend_rings() {
    if (!wanted("DEGENERATE_RING")) return;
    for (auto& annotation : fixed_.annotations) {
      auto clean = detail::without_degenerate_rings(annotation.shape);
      if (!clean) continue;
      done("DEGENERATE_RING", annotation,
           fmt::format("loses rings or points that enclose nothing; a {} is left", kind_name(*clean)));
      annotation.shape = std::move(*clean);
    }
  }

  void clip() {
    if (!wanted("BOX_OUTSIDE_IMAGE")) return;
    auto& all = fixed_.annotations;
    double slack = 1e-6 * std::max(image_.width, image_.height);
    for (std::size_t i = 0; i < all.size();) {
      auto box = all[i].box();
      bool outside = box.x0 < -slack || box.y0 < -slack || box.x1 > image_.width + slack ||
                     box.y1 > image_.height + slack;
      if (!outside || !is_proper(box)) {
        ++i;
        continue;
      }
      auto inside = clipped_shape(all[i].shape, image_.width, image_.height);
      done("BOX_OUTSIDE_IMAGE", all[i],
           fmt::format("{} {}x{}", inside ? "cut at the edge of" : "removed: it is outside of", image_.width,
                       image_.height));
      if (inside) {
        all[i].shape = std::move(*inside);
        all[i].area.reset();
        ++i;
      } else {
        all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
      }
    }
  }

  const Image& image_;
  const ClassList& classes_;
  const std::vector<std::string>& only_;
  FixedImage fixed_;
};

std::string counted_codes(const std::vector<Issue>& fixes) {
  std::map<std::string, std::size_t> counts;
  for (const auto& fix : fixes) ++counts[fix.code];
  std::vector<std::string> parts;
  for (const auto& [code, count] : counts) parts.push_back(fmt::format("{} {}", count, code));
  return join(parts, ", ");
}

}  // namespace

std::optional<FixedImage> fix_image(const Image& image, const ClassList& classes,
                                    const std::vector<std::string>& only) {
  return ImageFix(image, classes, only).run();
}

FixReport fix_project(Project& project, const FixOptions& options) {
  std::vector<std::string> known;
  for (const auto& [code, how] : fix_codes()) known.push_back(code);
  for (const auto& code : options.only)
    if (!fix_codes().contains(code)) throw_unknown_name("code that can be mended", code, known);
  auto filter = options.where.empty() ? Filter() : Filter::parse(options.where);
  auto classes = project.classes().list();
  FixReport report;
  std::vector<std::pair<std::int64_t, ImageEdit>> edits;
  project.images().for_each(filter, WithAnnotations::yes, [&](const Image& image) {
    throw_if_stopped();
    auto fixed = fix_image(image, classes, options.only);
    if (!fixed) return;
    for (const auto& fix : fixed->fixes) ++report.by_code[fix.code];
    ImageEdit edit{.action = "fix",
                   .comment = "mended " + counted_codes(fixed->fixes),
                   .expected_revision = image.revision,
                   .annotations = std::move(fixed->annotations)};
    if (fixed->state != image.state) edit.state = fixed->state;
    report.fixes.insert(report.fixes.end(), std::make_move_iterator(fixed->fixes.begin()),
                        std::make_move_iterator(fixed->fixes.end()));
    edits.emplace_back(image.id, std::move(edit));
  });
  report.images = edits.size();
  if (!options.apply) return report;
  project.transaction([&] {
    for (const auto& [id, edit] : edits) project.images().edit(id, edit);
  });
  return report;
}

}  // namespace ds
