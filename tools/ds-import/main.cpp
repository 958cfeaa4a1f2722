#include "ds/cli/tool.h"
#include "verbs.h"

int main(int argc, char** argv) {
  ds::Tool tool("ds-import", "images and labels into a project, and out again",
                "Takes image files, folders, archives, videos and annotated datasets into a project on disk, "
                "checks and\n"
                "counts them, freezes versions of them, and writes them in other formats; also converts "
                "datasets without\n"
                "a project. `ds-import formats` lists the label formats.");
  ds::importer::add_init(tool);
  ds::importer::add_add(tool);
  ds::importer::add_export(tool);
  ds::importer::add_convert(tool);
  ds::importer::add_check(tool);
  ds::importer::add_fix(tool);
  ds::importer::add_formats(tool);
  ds::importer::add_stats(tool);
  ds::importer::add_dedupe(tool);
  ds::importer::add_leaks(tool);
  ds::importer::add_split(tool);
  ds::importer::add_snapshot(tool);
  ds::importer::add_snapshot_diff(tool);
  ds::importer::add_snapshot_restore(tool);
  ds::importer::add_gc(tool);
  ds::importer::add_sample(tool);
  return tool.run(argc, argv);
}
