#include "ds/labeling/annotate.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/labeling/patch.h"
#include "options.h"
#include "verbs.h"

namespace ds::label_tool {
namespace {

using Json = nlohmann::ordered_json;

struct ShapeFlags {
  std::string image;
  std::string class_name;
  ShapeInput shape;
  bool crowd = false;
  bool difficult = false;
  std::vector<std::string> attributes;
  std::string comment;
  RevisionOption revision;

  void bind(Verb& verb) {
    verb.options()
        .add("class", class_name, "class of the object", "NAME")
        .add("box", shape.box, "left top corner and sides, in pixels", "X,Y,W,H")
        .add("rotated-box", shape.rotated_box, "centre, sides, degrees clockwise", "CX,CY,W,H,DEG")
        .add("polygon", shape.polygon, "points separated by blanks, rings by ';'", "'X,Y X,Y ...'")
        .add("normalized", shape.normalized, "lengths are shares of the image's sides, not pixels")
        .add("clip", shape.clip, "cut what reaches out of the image instead of refusing it")
        .add("crowd", crowd, "a region of many that no detector has to find")
        .add("difficult", difficult, "hard to see; left out of VOC scores")
        .add("attribute", attributes, "KEY=VALUE; an empty value removes the key", "KEY=VALUE")
        .add("comment", comment, "why, for the history");
    revision.bind(verb.options());
  }
  /// Yes/no flags that were not given stay unset.
  AnnotationFields fields(OptionSet& options) const {
    AnnotationFields fields{class_name, shape, std::nullopt, std::nullopt, parse_attributes(attributes)};
    if (options.at("crowd").source != ValueSource::built_in) fields.crowd = crowd;
    if (options.at("difficult").source != ValueSource::built_in) fields.difficult = difficult;
    return fields;
  }
  AnnotateOptions how() const { return {comment, revision.value()}; }
};

std::string ids_text(const std::vector<std::int64_t>& ids) {
  std::vector<std::string> texts;
  for (auto id : ids) texts.push_back(std::to_string(id));
  return join(texts, ", ");
}

std::string summary(const AnnotateResult& result) {
  std::vector<std::string> parts;
  if (!result.added.empty()) parts.push_back("added " + ids_text(result.added));
  if (!result.edited.empty()) parts.push_back("edited " + ids_text(result.edited));
  if (!result.removed.empty()) parts.push_back("removed " + ids_text(result.removed));
  if (result.moved())
    parts.push_back(fmt::format("{} -> {}", to_string(result.before.state), to_string(result.image.state)));
  if (parts.empty()) parts.emplace_back("nothing to do");
  return fmt::format("{}: {} (revision {})", result.image.name, join(parts, ", "), result.image.revision);
}

int report(Context& context, Project& project, const std::vector<AnnotateResult>& results) {
  auto classes = project.classes().list();
  for (const auto& result : results) {
    if (!context.shared.json) {
      context.out.line(summary(result));
      continue;
    }
    Json json = {{"image", result.image.name},
                 {"revision", result.image.revision},
                 {"status", to_string(result.image.state)},
                 {"added", result.added},
                 {"edited", result.edited},
                 {"removed", result.removed}};
    json["annotations"] = Json::array();
    for (const auto& each : result.image.annotations)
      json["annotations"].push_back(annotation_document(each, classes));
    context.out.json_line(json);
  }
  tool::note_dry_run(context);
  return 0;
}

/// Opens the project, makes the change as one transaction, prints what it did.
int annotate(Context& context, const std::function<std::vector<AnnotateResult>(Project&)>& work) {
  auto project = tool::open_project(context);
  std::vector<AnnotateResult> results;
  change_project(project, context.shared.dry_run, [&] { results = work(project); });
  return report(context, project, results);
}

void add_add(Tool& tool) {
  auto& verb = tool.verb("annotate add", "add one object to an image");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<ShapeFlags>();
  bind_image(verb, o.image);
  o.bind(verb);
  verb.example("ds-label annotate add a.jpg --class car --box 10,20,64,48")
      .example("ds-label annotate add a.jpg --class car --box 0.1,0.2,0.3,0.2 --normalized")
      .example("ds-label annotate add a.jpg --class road --polygon '0,90 160,60 160,120 0,120'");
  verb.run([&o, &verb](Context& context) {
    return annotate(context, [&](Project& project) {
      return std::vector{add_annotation(project, o.image, o.fields(verb.options()), o.how())};
    });
  });
}

void add_edit(Tool& tool) {
  auto& verb = tool.verb("annotate edit", "change one object; what is not given stays");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<ShapeFlags>();
  auto& id = verb.keep<std::string>();
  bind_image(verb, o.image);
  verb.argument("id", id, "id of the annotation, as `files show` prints it");
  o.bind(verb);
  verb.describe("A proposal that is edited becomes a label.");
  verb.example("ds-label annotate edit a.jpg 17 --class truck")
      .example("ds-label annotate edit a.jpg 17 --no-difficult --attribute colour=red");
  verb.run([&o, &id, &verb](Context& context) {
    auto number = parse_int(id);
    if (!number) throw UsageError(fmt::format("'{}' is not the id of an annotation", id));
    return annotate(context, [&](Project& project) {
      return std::vector{edit_annotation(project, o.image, *number, o.fields(verb.options()), o.how())};
    });
  });
}

struct RemoveFlags {
  std::string image;
  std::vector<std::string> ids;
  RemoveChoice choice;
  std::string comment;
  RevisionOption revision;
};

void add_remove(Tool& tool) {
  auto& verb = tool.verb("annotate remove", "remove objects from an image");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<RemoveFlags>();
  bind_image(verb, o.image);
  verb.arguments("id", o.ids, "ids of annotations, as `files show` prints them", false);
  verb.options()
      .add("class", o.choice.class_name, "all of this class", "NAME")
      .add("all", o.choice.all, "all of the image")
      .add("comment", o.comment, "why, for the history");
  o.revision.bind(verb.options());
  verb.example("ds-label annotate remove a.jpg 17 18");
  verb.run([&o](Context& context) {
    for (const auto& text : o.ids) {
      auto id = parse_int(text);
      if (!id) throw UsageError(fmt::format("'{}' is not the id of an annotation", text));
      o.choice.ids.push_back(*id);
    }
    return annotate(context, [&](Project& project) {
      return std::vector{remove_annotations(project, o.image, o.choice, {o.comment, o.revision.value()})};
    });
  });
}

struct ApplyFlags {
  std::string file;
  std::string image;
  bool clip = false;
  std::string comment;
  RevisionOption revision;
};

void add_apply(Tool& tool) {
  auto& verb =
      tool.verb("annotate apply", "apply a JSON Patch (RFC 6902) to one or many images, all or nothing");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<ApplyFlags>();
  verb.argument("file", o.file, "patch file, or - for standard input");
  verb.options()
      .add("image", o.image, "image of a patch that is a bare list of operations", "IMAGE")
      .add("clip", o.clip, "cut what reaches out of the image instead of refusing it")
      .add("comment", o.comment, "why, for the history");
  o.revision.bind(verb.options());
  verb.describe(R"(
      The patch works on the document that `files show IMAGE --json` prints. It is a list of operations
      (with --image), or {"image": NAME, "revision": N, "patch": [...]}, or a list of these.

      "/annotations/-" appends, "/annotations/#17" is the annotation with id 17, "/status" moves the
      image.

      A new annotation needs "class" and a shape: "bbox": [x, y, w, h], "rotated_box": [cx, cy, w, h,
      degrees] or "polygon": [[x, y, ...], ...].)");
  verb.example("ds-label annotate apply patch.json --image a.jpg")
      .example(
          "echo '[{\"op\": \"replace\", \"path\": \"/annotations/#17/class\", \"value\": \"truck\"}]' | ds-label annotate apply - --image a.jpg");
  verb.run([&o](Context& context) {
    auto text = read_text(o.file);
    std::filesystem::path origin = o.file == "-" ? "standard input" : o.file;
    return annotate(context, [&](Project& project) {
      return apply_patches(project, text, origin, {o.image, o.clip, {o.comment, o.revision.value()}});
    });
  });
}

}  // namespace

void add_annotate(Tool& tool) {
  add_add(tool);
  add_edit(tool);
  add_remove(tool);
  add_apply(tool);
}

}  // namespace ds::label_tool
