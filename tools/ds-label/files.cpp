#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/labeling/assignment.h"
#include "ds/labeling/file_list.h"
#include "ds/labeling/patch.h"
#include "ds/labeling/proposals.h"
#include "ds/labeling/review.h"
#include "ds/labeling/workflow.h"
#include "options.h"
#include "verbs.h"

namespace ds::label_tool {
namespace {

using Json = nlohmann::ordered_json;

void print_list(const FilePage& page, Context& context) {
  Table table;
  table.column("image").column("state").column("split").column("assignee");
  for (const char* title : {"labels", "proposals", "width", "height", "revision"})
    table.column(title, Table::Align::right);
  for (const auto& image : page.images) {
    auto labels = label_count(image), proposals = proposal_count(image);
    if (context.shared.json) {
      context.out.json_line({{"id", image.id},
                             {"name", image.name},
                             {"status", to_string(image.state)},
                             {"split", to_string(image.split)},
                             {"assignee", image.assignee},
                             {"labels", labels},
                             {"proposals", proposals},
                             {"width", image.width},
                             {"height", image.height},
                             {"revision", image.revision}});
      continue;
    }
    table.row({image.name, to_string(image.state), to_string(image.split), image.assignee,
               std::to_string(labels), std::to_string(proposals), std::to_string(image.width),
               std::to_string(image.height), std::to_string(image.revision)});
  }
  if (context.shared.json) return;
  context.out.text(table.to_text());
  if (page.pages > 1)
    context.out.line(fmt::format("page {} of {}, {}", page.page, page.pages, counted(page.total, "image")));
  else
    context.out.line(counted(page.total, "image"));
}

void add_list(Tool& tool) {
  auto& verb = tool.verb("files list", "images with their state, split, assignee and counts");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<FileListOptions>();
  verb.example("ds-label files list --where 'status=review and class=car' --sort proposals --descending");
  verb.options()
      .add("where", o.where, "choose images by a filter; default: all", "FILTER")
      .choice("sort", o.sort, file_sort_keys(), "order of the list")
      .add("descending", o.descending, "last first")
      .add("page", o.page, "which page, from 1")
      .at_least(1)
      .add("page-size", o.page_size, "images a page; 0: all on one")
      .at_least(0);
  verb.run([&o](Context& context) {
    auto project = tool::open_project(context);
    print_list(list_files(project, o), context);
    return 0;
  });
}

std::string place_of(const Annotation& annotation) {
  auto box = annotation.box();
  return fmt::format("{:g},{:g},{:g},{:g}", box.x0, box.y0, box.width(), box.height());
}

std::string notes_of(const Annotation& annotation) {
  std::vector<std::string> notes;
  if (annotation.crowd) notes.emplace_back("crowd");
  if (annotation.difficult) notes.emplace_back("difficult");
  if (annotation.ignore) notes.emplace_back("ignore");
  for (const auto& [key, value] : annotation.attributes) notes.push_back(key + "=" + value);
  return join(notes, " ");
}

void print_image(const Image& image, const ClassList& classes, const std::vector<std::string>& comments,
                 Output& out) {
  out.line(fmt::format("{}  #{}  {} x {}", image.name, image.id, image.width, image.height));
  out.line(fmt::format("{}, split {}, {}, revision {}", to_string(image.state), to_string(image.split),
                       image.assignee.empty() ? "assigned to nobody" : "assigned to " + image.assignee,
                       image.revision));
  if (!image.annotations.empty()) {
    Table table;
    table.column("id", Table::Align::right).column("class").column("kind").column("x,y,w,h");
    table.column("score", Table::Align::right).column("from").column("notes");
    for (const auto& each : image.annotations)
      table.row({std::to_string(each.id), classes[each.class_idx].name, kind_name(each.shape), place_of(each),
                 each.score ? fmt::format("{:.2f}", *each.score) : "",
                 each.proposal ? "proposal" : to_string(each.source), notes_of(each)});
    out.text("\n" + table.to_text());
  }
  if (!comments.empty()) out.line("");
  for (const auto& comment : comments) out.line(comment);
}

void add_show(Tool& tool) {
  auto& verb = tool.verb("files show", "one image with its annotations and remarks");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& name = verb.keep<std::string>();
  bind_image(verb, name);
  verb.describe("With --json it prints the document that `annotate apply` patches.");
  verb.example("ds-label files show cam1/0007.jpg");
  verb.run([&name](Context& context) {
    auto project = tool::open_project(context);
    auto image = project.images().find(name);
    auto classes = project.classes().list();
    if (context.shared.json)
      context.out.json(image_document(image, classes));
    else
      print_image(image, classes, review_comments(project, image.id), context.out);
    return 0;
  });
}

struct FileStatusOptions {
  std::string state;
  Selection selection;
  std::string comment;
  RevisionOption revision;
};

void add_set_status(Tool& tool) {
  auto& verb = tool.verb("files set-status", "move images to another state");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<FileStatusOptions>();
  verb.argument("state", o.state, join(image_state_names(), ", "));
  bind_selection(verb, o.selection, "or name images");
  verb.options().add("comment", o.comment, "why, for the history");
  o.revision.bind(verb.options());
  verb.describe(R"(
      A move that makes no sense is refused with the ones that are allowed. All images move or none.)");
  verb.example("ds-label files set-status done cam1/0007.jpg")
      .example("ds-label files set-status queued --where 'status=unlabelled and name~\"cam1/*\"'");
  verb.run([&o](Context& context) {
    auto project = tool::open_project(context);
    auto state = image_state_from_string(o.state);
    std::size_t chosen = 0, moved = 0;
    change_project(project, context.shared.dry_run, [&] {
      for (const auto& image : select_images(project, o.selection)) {
        ++chosen;
        moved += move_image(project, image, state, {o.comment, o.revision.value()}) ? 1 : 0;
      }
    });
    if (context.shared.json)
      context.out.json({{"status", o.state}, {"moved", moved}, {"already", chosen - moved}});
    else
      context.out.line(fmt::format("{} now {}{}", counted(moved, "image"), o.state,
                                   moved < chosen ? fmt::format(", {} already", chosen - moved) : ""));
    tool::note_dry_run(context);
    return 0;
  });
}

int report_assigned(Context& context, const std::vector<Assigned>& changes) {
  if (context.shared.json) {
    for (const auto& each : changes)
      context.out.json_line({{"image", each.image}, {"from", each.from}, {"to", each.to}});
  } else if (changes.empty()) {
    context.out.line("nothing to do: no image chosen can change hands");
  } else {
    Table table;
    table.column("image").column("from").column("to");
    for (const auto& each : changes) table.row({each.image, each.from, each.to});
    context.out.text(table.to_text());
  }
  tool::note_dry_run(context);
  return 0;
}

void add_assign(Tool& tool) {
  auto& verb = tool.verb("files assign", "spread images evenly over people");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<AssignOptions>();
  auto& amount = verb.keep<int>();
  bind_selection(verb, o.selection, "default: open images of nobody");
  verb.options()
      .add("to", o.workers, "who gets them", "NAME,...")
      .add("amount", amount, "at most so many images; 0: all chosen")
      .at_least(0)
      .add("reassign", o.reassign, "also images that somebody has");
  verb.example("ds-label files assign --to alice,bob --where 'split=train'");
  verb.run([&o, &amount](Context& context) {
    auto project = tool::open_project(context);
    o.amount = static_cast<std::size_t>(std::max(amount, 0));
    std::vector<Assigned> changes;
    change_project(project, context.shared.dry_run, [&] { changes = assign_images(project, o); });
    return report_assigned(context, changes);
  });
}

struct TakeOptions {
  int amount = 1;
  std::string where;
};

void add_take(Tool& tool) {
  auto& verb = tool.verb("files take", "take the next images that nobody has for yourself");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<TakeOptions>();
  verb.options()
      .add("amount", o.amount, "how many open images to have in hand; what you have counts")
      .at_least(0)
      .add("where", o.where, "only images of this filter", "FILTER");
  verb.example("ds-label files take --amount 10");
  verb.run([&o](Context& context) {
    auto project = tool::open_project(context);
    std::vector<Assigned> changes;
    change_project(project, context.shared.dry_run, [&] {
      changes = take_images(project, context.shared.effective_user(),
                            static_cast<std::size_t>(std::max(o.amount, 0)), o.where);
    });
    return report_assigned(context, changes);
  });
}

void add_release(Tool& tool) {
  auto& verb = tool.verb("files release", "give images back, so that others can take them");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& selection = verb.keep<Selection>();
  bind_selection(verb, selection, "default: all your open images");
  verb.example("ds-label files release --as alice");
  verb.run([&selection](Context& context) {
    auto project = tool::open_project(context);
    std::vector<Assigned> changes;
    change_project(project, context.shared.dry_run,
                   [&] { changes = release_images(project, selection, context.shared.effective_user()); });
    return report_assigned(context, changes);
  });
}

struct FileRemoveOptions {
  Selection selection;
  bool with_labels = false;
};

void add_file_remove(Tool& tool) {
  auto& verb = tool.verb("files remove", "remove images from the project");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<FileRemoveOptions>();
  bind_selection(verb, o.selection, "or name images");
  verb.options().add("with-labels", o.with_labels, "also images that people have labelled");
  verb.describe("Snapshots made before keep them. Removing an image cannot be undone.");
  verb.example("ds-label files remove --where 'status=rejected' --with-labels");
  verb.run([&o](Context& context) {
    auto project = tool::open_project(context);
    std::size_t removed = 0;
    change_project(project, context.shared.dry_run,
                   [&] { removed = remove_images(project, o.selection, o.with_labels); });
    if (context.shared.json)
      context.out.json({{"removed", removed}});
    else
      context.out.line("removed " + counted(removed, "image"));
    tool::note_dry_run(context);
    return 0;
  });
}

}  // namespace

void add_files(Tool& tool) {
  add_list(tool);
  add_show(tool);
  add_set_status(tool);
  add_assign(tool);
  add_take(tool);
  add_release(tool);
  add_file_remove(tool);
}

}  // namespace ds::label_tool
