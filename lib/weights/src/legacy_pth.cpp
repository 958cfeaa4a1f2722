#include "legacy_pth.h"

#include "ds/base/error.h"

namespace ds::detail {
namespace {

constexpr std::int64_t kProtocol = 1001;
constexpr const char* kName = "the file";

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

LegacyPth::LegacyPth(std::string_view bytes, const std::filesystem::path& path)
    : bytes_(bytes), path_(path), unpickler_(bytes, path, kName, check_header()) {
  value_ = unpickler_.read();
  Unpickler keys(bytes_, path_, kName, unpickler_.position());
  auto listed = keys.read();
  auto* list = listed.as<PickleValue::Sequence>();
  if (list == nullptr) fail(unpickler_.position(), "no list of storages after the value");
  read_storages(*list->items, keys.position());
}

void LegacyPth::fail(std::size_t offset, const std::string& message) const {
  throw FormatError(Location{.path = path_, .offset = static_cast<std::int64_t>(offset)}, message);
}

std::size_t LegacyPth::check_header() const {
  Unpickler protocol(bytes_, path_, kName, kLegacyMagic.size());
  auto number = protocol.read();
  if (auto* found = number.as<std::int64_t>(); found == nullptr || *found != kProtocol)
    fail(kLegacyMagic.size(), "not torch.save's protocol " + std::to_string(kProtocol));
  Unpickler system(bytes_, path_, kName, protocol.position());
  auto value = system.read();
  if (auto* facts = value.as<PickleDict*>()) {
    for (const auto& [key, fact] : **facts) {
      auto* name = key.as<const std::string*>();
      auto* yes = fact.as<bool>();
      if (name != nullptr && **name == "little_endian" && yes != nullptr && !*yes)
        fail(protocol.position(), "byte order 'big', expected 'little'");
    }
  }
  return system.position();
}

void LegacyPth::read_storages(const PickleItems& keys, std::size_t position) {
  for (const auto& item : keys) {
    auto* key = item.as<const std::string*>();
    auto named = key == nullptr ? unpickler_.storages().end() : unpickler_.storages().find(**key);
    if (named == unpickler_.storages().end()) fail(position, "a storage that the value does not name");
    const auto left = bytes_.size() - position;
    if (left < 8) fail(position, "the file ends before storage " + **key);
    const auto count = little_endian(bytes_.substr(position, 8));
    const auto element = size_of(named->second.dtype);
    if (count != static_cast<std::uint64_t>(named->second.count))
      fail(position, "storage " + **key + " of " + std::to_string(count) + " elements, expected " +
                         std::to_string(named->second.count));
    if (count > (left - 8) / element)
      fail(position, "storage " + **key + " of " + std::to_string(count) + " elements of " +
                         std::to_string(element) + " bytes, but the file has " + std::to_string(left - 8) +
                         " left");
    members_["data/" + **key] = std::string(bytes_.substr(position + 8, count * element));
    position += 8 + count * element;
  }
  if (position != bytes_.size())
    fail(position, std::to_string(bytes_.size() - position) + " bytes after the last storage");
}

}  // namespace ds::detail
