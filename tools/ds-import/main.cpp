#include "ds/cli/tool.h"
#include "verbs.h"

int main(int argc, char** argv) {
  ds::Tool tool("ds-import", "images and labels into a project, and out again", R"(
      Takes image files, folders, archives, videos and annotated datasets into a project on disk, checks
      and counts them, freezes versions of them, and writes them in other formats; also converts
      datasets without a project. `ds-import formats` lists the label formats.)");
  ds::import_tool::add_init(tool);
  ds::import_tool::add_add(tool);
  ds::import_tool::add_export(tool);
  ds::import_tool::add_convert(tool);
  ds::import_tool::add_check(tool);
  ds::import_tool::add_fix(tool);
  ds::import_tool::add_formats(tool);
  ds::import_tool::add_stats(tool);
  ds::import_tool::add_dedupe(tool);
  ds::import_tool::add_leaks(tool);
  ds::import_tool::add_split(tool);
  ds::import_tool::add_snapshot(tool);
  ds::import_tool::add_snapshot_diff(tool);
  ds::import_tool::add_snapshot_restore(tool);
  ds::import_tool::add_gc(tool);
  ds::import_tool::add_sample(tool);
  return tool.run(argc, argv);
}
