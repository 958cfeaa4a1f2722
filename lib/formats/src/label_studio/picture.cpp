#include "label_studio/picture.h"

#include "ds/base/error.h"
#include "ds/media/image_header.h"
#include "label_studio/address.h"
#include "shared/pictures/mask_pixels.h"
#include "shared/text/label_json.h"

namespace ds::detail {
namespace fs = std::filesystem;
using nlohmann::json;

namespace {

std::string bytes_of_base64(const std::string& address, const Location& place) {
  auto bytes = decode_base64(address);
  if (!bytes) throw FormatError(place, "not base64");
  return *bytes;
}

}  // namespace

std::string picture_key(const json& data) {
  if (member(data, "image").is_string()) return "image";
  if (!data.is_object()) return {};
  for (const auto& [key, value] : data.items()) {
    if (!value.is_string()) continue;
    auto text = value.get<std::string>();
    if (text.starts_with("data:image/") || has_image_suffix(path_of_address(text))) return key;
  }
  return {};
}

std::optional<Reading::Declared> declared_size_in(const json& task) {
  for (const auto* list : {"annotations", "completions", "predictions"})
    for (const auto& annotation : member(task, list))
      for (const auto& result : member(annotation, "result")) {
        auto width = number_of(member(result, "original_width"));
        auto height = number_of(member(result, "original_height"));
        if (width && height && *width >= 1 && *height >= 1 && *width < 1e6 && *height < 1e6)
          return Reading::Declared{static_cast<int>(*width), static_cast<int>(*height)};
      }
  return std::nullopt;
}

std::function<std::string()> picture_inside(const fs::path& file, const std::string& pointer) {
  return [file, pointer] {
    return bytes_of_base64(load_json(file).at(json::json_pointer(pointer)).get<std::string>(),
                           {.path = file, .pointer = pointer});
  };
}

std::function<std::string()> picture_of_text(const std::string& address, const Location& place) {
  return [address, place] { return bytes_of_base64(address, place); };
}

}  // namespace ds::detail
