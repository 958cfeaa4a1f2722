#include "text.h"

#include "ds/base/log.h"

namespace ds::tool {

std::string_view did(const Context& context, std::string_view done, std::string_view would_do) {
  return context.shared.dry_run ? would_do : done;
}

void note_dry_run(const Context& context) {
  if (context.shared.dry_run) log::info("dry run: nothing has been changed");
}

}  // namespace ds::tool
