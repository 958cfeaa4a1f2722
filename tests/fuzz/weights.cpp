#include <archive.h>
#include <archive_entry.h>

#include "ds/base/files.h"
#include "ds/weights/weight_file.h"
#include "fuzz_target.h"

// The first byte chooses: 0 the rest is the pickle inside a .pth, 1 a whole .pth, 2 a safetensors file.
namespace ds::fuzz {
namespace {

// A zip as torch.save lays it out, with one storage of four floats.
std::string pth_of(std::string_view pickle) {
  std::string bytes(pickle.size() + (1 << 14), '\0');
  std::size_t used = 0;
  auto* archive = archive_write_new();
  archive_write_set_format_zip(archive);
  archive_write_zip_set_compression_store(archive);
  archive_write_set_bytes_in_last_block(archive, 1);
  archive_write_open_memory(archive, bytes.data(), bytes.size(), &used);
  const std::string storage(16, '\x3f');
  for (const auto& [name, content] : {std::pair<std::string, std::string_view>{"archive/data.pkl", pickle},
                                      {"archive/data/0", storage},
                                      {"archive/version", "3\n"}}) {
    auto* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_write_header(archive, entry);
    archive_write_data(archive, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_close(archive);
  archive_write_free(archive);
  bytes.resize(used);
  return bytes;
}

std::string word(const std::string& text) {
  return "X" + std::string(1, static_cast<char>(text.size())) + std::string(3, '\0') + text;
}

// {"w": a 2x2 tensor of floats}
std::string pickle() {
  return "\x80\x02}q" + std::string(1, '\0') + word("w") + "ctorch._utils\n_rebuild_tensor_v2\n((" +
         word("storage") + "ctorch\nFloatStorage\n" + word("0") + word("cpu") + "K\x04tQ" +
         std::string("K\0", 2) + "K\x02K\x02\x86K\x02K\x01\x86\x89" + "ccollections\nOrderedDict\n)RtRs.";
}

// The same as before PyTorch 1.6: magic number, protocol, system, value, storage keys, storages.
std::string legacy_pth() {
  const std::string begin("\x80\x02", 2);
  return begin + "\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." + begin + "M\xe9\x03." + begin + "}" +
         word("little_endian") + "\x88s." + pickle() + begin + "]" + word("0") + "a." +
         std::string("\4\0\0\0\0\0\0\0", 8) + std::string(16, '\x3f');
}

}  // namespace

void take(std::string_view bytes) {
  if (bytes.empty()) return;
  static const TemporaryFolder folder;
  auto file = folder.path() / "w.bin";
  auto kind = static_cast<unsigned char>(bytes[0]) % 3;
  auto content = kind == 0 ? pth_of(bytes.substr(1)) : std::string(bytes.substr(1));
  std::FILE* stream = std::fopen(file.c_str(), "wb");
  if (stream == nullptr) return;
  std::fwrite(content.data(), 1, content.size(), stream);
  std::fclose(stream);
  if (kind == 2)
    read_safetensors(file);
  else
    read_pth(file);
}

std::vector<std::string> seeds() {
  TemporaryFolder folder;
  auto file = folder.path() / "w.bin";
  WeightTensor tensor{.name = "w", .shape = {2, 2}, .bytes = std::vector<std::byte>(16)};
  write_safetensors(file, {{tensor}, {{"epoch", "3"}}});
  return {std::string(1, '\0') + pickle(), "\1" + pth_of(pickle()), "\1" + legacy_pth(),
          "\2" + read_file(file)};
}

}  // namespace ds::fuzz
