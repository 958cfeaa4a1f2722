#include "ds/labeling/annotate.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "annotate/commit_labels.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/labeling/workflow.h"

namespace ds {
namespace {

void set_fields(Annotation& annotation, const AnnotationFields& fields) {
  if (fields.crowd) annotation.crowd = *fields.crowd;
  if (fields.difficult) annotation.difficult = *fields.difficult;
  for (const auto& [key, value] : fields.attributes) {
    if (value.empty())
      annotation.attributes.erase(key);
    else
      annotation.attributes[key] = value;
  }
}

bool same_flags(const Annotation& a, const Annotation& b) {
  return a.crowd == b.crowd && a.difficult == b.difficult && a.attributes == b.attributes;
}

/// The image with its annotations, checked against the revision that was expected.
Image opened(Project& project, const std::string& name, const AnnotateOptions& options) {
  auto image = project.images().find(name);
  require_revision(project, image, options.expected_revision);
  return image;
}

std::vector<std::string> ids_of(const Image& image) {
  std::vector<std::string> ids;
  for (const auto& each : image.annotations) ids.push_back(std::to_string(each.id));
  return ids;
}

}  // namespace

std::size_t annotation_index(const Image& image, std::int64_t id) {
  for (std::size_t i = 0; i < image.annotations.size(); ++i)
    if (image.annotations[i].id == id) return i;
  auto ids = ids_of(image);
  throw UsageError(fmt::format("{} has no annotation {}; {}", image.name, id,
                               ids.empty() ? "it has none" : "it has " + join(ids, ", ")));
}

std::map<std::string, std::string> parse_attributes(const std::vector<std::string>& texts) {
  std::map<std::string, std::string> attributes;
  for (const auto& text : texts) {
    auto at = text.find('=');
    if (at == std::string::npos || at == 0)
      throw UsageError(fmt::format("attribute '{}' is not KEY=VALUE", text));
    attributes[text.substr(0, at)] = text.substr(at + 1);
  }
  return attributes;
}

AnnotateResult add_annotation(Project& project, const std::string& name, const AnnotationFields& fields,
                              const AnnotateOptions& options) {
  auto image = opened(project, name, options);
  if (fields.class_name.empty()) throw UsageError("the object's class is missing", "--class NAME");
  Annotation annotation;
  annotation.class_idx = project.classes().list().index_of(fields.class_name);
  auto shape = parse_shape(fields.shape, image);
  if (!shape)
    throw UsageError("the object's shape is missing", "give --box x,y,w,h, --rotated-box or --polygon");
  annotation.shape = *shape;
  set_fields(annotation, fields);
  for (const auto& old : image.annotations) {
    if (old.proposal || old.class_idx != annotation.class_idx || old.shape != annotation.shape) continue;
    if (!same_flags(old, annotation))
      throw UsageError(fmt::format("{}: annotation {} is this {} already, with other flags", image.name,
                                   old.id, kind_name(old.shape)),
                       fmt::format("change it with ds-label annotate edit {} {}", image.name, old.id));
    return {image, image};
  }
  auto annotations = image.annotations;
  annotations.push_back(annotation);
  return detail::commit_labels(project, image, std::move(annotations), options);
}

AnnotateResult edit_annotation(Project& project, const std::string& name, std::int64_t id,
                               const AnnotationFields& fields, const AnnotateOptions& options) {
  auto image = opened(project, name, options);
  auto annotations = image.annotations;
  auto& annotation = annotations[annotation_index(image, id)];
  if (!fields.class_name.empty()) annotation.class_idx = project.classes().list().index_of(fields.class_name);
  if (auto shape = parse_shape(fields.shape, image)) annotation.shape = *shape;
  set_fields(annotation, fields);
  annotation.proposal = false;
  return detail::commit_labels(project, image, std::move(annotations), options);
}

AnnotateResult remove_annotations(Project& project, const std::string& name, const RemoveChoice& choice,
                                  const AnnotateOptions& options) {
  auto image = opened(project, name, options);
  int given = !choice.ids.empty() + !choice.class_name.empty() + choice.all;
  if (given != 1) throw UsageError("say which annotations to remove: their ids, --class NAME, or --all");
  std::set<std::int64_t> gone;
  for (auto id : choice.ids) gone.insert(image.annotations[annotation_index(image, id)].id);
  if (!choice.class_name.empty()) {
    int class_idx = project.classes().list().index_of(choice.class_name);
    for (const auto& each : image.annotations)
      if (each.class_idx == class_idx) gone.insert(each.id);
  }
  auto annotations = image.annotations;
  std::erase_if(annotations, [&](const Annotation& a) { return choice.all || gone.contains(a.id); });
  return detail::commit_labels(project, image, std::move(annotations), options);
}

AnnotateResult detail::commit_labels(Project& project, const Image& image,
                                     std::vector<Annotation> annotations, const AnnotateOptions& options,
                                     std::optional<ImageState> state) {
  AnnotateResult result{image, image};
  bool labels_differ = annotations != image.annotations;
  if (!labels_differ && (!state || *state == image.state)) return result;
  bool required = project.settings().review_required;
  ImageEdit edit;
  edit.action = labels_differ ? "annotate" : "status";
  edit.comment = options.comment;
  edit.expected_revision = image.revision;
  auto after = image;
  after.annotations = annotations;
  if (labels_differ) {
    after.state = state_after_annotating(image, required);
    edit.annotations = std::move(annotations);
  }
  if (state) {
    require_move(after, *state, required);
    after.state = *state;
  }
  edit.state = after.state;
  result.image = project.images().edit(image.id, edit);
  for (const auto& now : result.image.annotations) {
    auto was = std::find_if(image.annotations.begin(), image.annotations.end(),
                            [&](const Annotation& a) { return a.id == now.id; });
    if (was == image.annotations.end())
      result.added.push_back(now.id);
    else if (*was != now)
      result.edited.push_back(now.id);
  }
  for (const auto& was : image.annotations)
    if (std::none_of(result.image.annotations.begin(), result.image.annotations.end(),
                     [&](const Annotation& a) { return a.id == was.id; }))
      result.removed.push_back(was.id);
  return result;
}

}  // namespace ds
