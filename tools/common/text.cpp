#include "text.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/files.h"
#include "ds/base/log.h"

namespace ds::tool {

std::string_view did(const Context& context, std::string_view done, std::string_view would_do) {
  return context.shared.dry_run ? would_do : done;
}

int would(Context& context, const std::string& line, const nlohmann::ordered_json& document) {
  if (context.shared.json) {
    nlohmann::ordered_json json{{"dry_run", true}};
    json.update(document);
    context.out.json(json);
  } else {
    context.out.line("would " + line);
  }
  return 0;
}

void write_beside(const Context& context, const std::filesystem::path& file, const std::string& text) {
  if (!context.shared.dry_run) write_file_atomically(file, text);
  log::info(fmt::format("{} {}", did(context, "wrote", "would write"), file.string()));
}

void note_dry_run(const Context& context) {
  if (context.shared.dry_run) log::info("dry run: nothing has been changed");
}

}  // namespace ds::tool
