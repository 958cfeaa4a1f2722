#include "dataset/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>

#include "ds/base/charset.h"

namespace ds::detail {

namespace {

using Attributes = std::map<std::string, std::string>;
// A text, and where it stands.
using VisitText = std::function<void(const std::string& text, const Location& place)>;

Location place_of(const Annotation& annotation) {
  return {.path = annotation.provenance.file, .pointer = annotation.provenance.place};
}

void visit_attributes(const Attributes& attributes, const Location& place, const VisitText& visit) {
  for (const auto& [key, value] : attributes) {
    visit(key, place);
    visit(value, place);
  }
}

// The place of a class is that of its first object.
Location place_of_class(const Dataset& dataset, int class_idx) {
  for (const auto& image : dataset.images)
    for (const auto& annotation : image.annotations)
      if (annotation.class_idx == class_idx) return place_of(annotation);
  return {.path = "its classes"};
}

void visit_texts(const Dataset& dataset, const VisitText& visit) {
  for (const auto& image : dataset.images) {
    Location place{.path = image.origin.empty() ? image.name : image.origin};
    visit(image.name, place);
    visit(image.group, place);
    visit_attributes(image.attributes, place, visit);
    for (const auto& annotation : image.annotations)
      if (!annotation.attributes.empty())
        visit_attributes(annotation.attributes, place_of(annotation), visit);
  }
  for (int i = 0; i < dataset.classes.size(); ++i) {
    const auto& info = dataset.classes[i];
    bool plain = is_utf8(info.name) && is_utf8(info.supercategory) &&
                 std::all_of(info.key_points.begin(), info.key_points.end(), is_utf8);
    if (plain) continue;
    auto place = place_of_class(dataset, i);
    for (const auto& point : info.key_points) visit(point, place);
    visit(info.name, place);
    visit(info.supercategory, place);
  }
}

void convert(std::string& text, const std::string& charset) {
  if (!is_utf8(text)) text = to_utf8(text, charset).value_or(printable(text));
}

void convert(Attributes& attributes, const std::string& charset) {
  Attributes converted;
  for (const auto& [name, text] : attributes) {
    auto key = name, value = text;
    convert(key, charset);
    convert(value, charset);
    converted.emplace(std::move(key), std::move(value));
  }
  attributes = std::move(converted);
}

void convert(Dataset& dataset, const std::string& charset) {
  ClassList classes;
  for (auto info : dataset.classes) {
    convert(info.name, charset);
    convert(info.supercategory, charset);
    for (auto& point : info.key_points) convert(point, charset);
    classes.add(std::move(info));
  }
  dataset.classes = std::move(classes);
  for (auto& image : dataset.images) {
    convert(image.name, charset);
    convert(image.group, charset);
    convert(image.attributes, charset);
    for (auto& annotation : image.annotations) convert(annotation.attributes, charset);
  }
}

}  // namespace

void make_utf8(ReadResult& result) {
  std::string foreign, first;
  Location first_place;
  visit_texts(result.dataset, [&](const std::string& text, const Location& place) {
    if (is_utf8(text)) return;
    if (foreign.empty()) first = text, first_place = place;
    foreign += text + "\n";
  });
  if (foreign.empty()) return;
  auto charset = certain_charset(foreign);
  if (!charset)
    throw FormatError(first_place,
                      fmt::format("'{}' is not UTF-8, and which encoding it is cannot be told for certain",
                                  printable(first)),
                      "write the file again with texts in UTF-8");
  convert(result.dataset, *charset);
  result.notes.push_back(fmt::format("texts that are not UTF-8 were read as {}: '{}' is '{}'", *charset,
                                     printable(first), to_utf8(first, *charset).value_or("")));
}

}  // namespace ds::detail
