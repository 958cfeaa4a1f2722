#include "ds/labeling/review.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/labeling/patch.h"
#include "ds/labeling/proposals.h"
#include "options.h"
#include "verbs.h"

namespace ds::label_tool {
namespace {

using Json = nlohmann::ordered_json;

struct NextFlags {
  std::string where;
  std::string order = "name";
  int amount = 1;
};

void print_item(const QueueItem& item, Project& project, Context& context) {
  const auto& image = item.image;
  auto comments = review_comments(project, image.id);
  if (context.shared.json) {
    auto json = image_document(image, project.classes().list());
    json["priority"] = item.priority;
    json["comments"] = comments;
    context.out.json_line(json);
    return;
  }
  context.out.line(fmt::format("{}  {}, {}, revision {}", image.name, counted(label_count(image), "label"),
                               counted(proposal_count(image), "proposal"), image.revision));
  for (const auto& comment : comments) context.out.line("  " + comment);
}

void add_next(Tool& tool) {
  auto& verb = tool.verb("review next", "the next images that wait for your review");
  verb.honours({Shared::project, Shared::json, Shared::seed, Shared::dry_run});
  auto& o = verb.keep<NextFlags>();
  verb.options()
      .add("where", o.where, "only images of this filter", "FILTER")
      .choice("order", o.order, queue_orders().names(), "which first")
      .add("amount", o.amount, "how many; 0: all")
      .at_least(0);
  verb.example("ds-label review next --order uncertainty");
  verb.run([&o](Context& context) {
    auto project = tool::open_project(context);
    QueueInput input{project, context.shared.seed, context.progress,
                     static_cast<std::size_t>(std::max(o.amount, 0))};
    auto items = review_queue(project, context.shared.effective_user(), o.where, o.order, input);
    for (const auto& item : items) print_item(item, project, context);
    if (items.empty() && !context.shared.json) context.out.line("nothing waits for your review");
    return 0;
  });
}

struct ReviewFlags {
  Selection selection;
  std::vector<std::string> only;
  std::optional<double> min_score;
  std::string comment;
  bool back = false;
  RevisionOption revision;

  ReviewOptions options() const {
    ReviewOptions result{comment, revision.value(), {}, min_score};
    for (const auto& text : only) {
      auto id = parse_int(text);
      if (!id) throw UsageError(fmt::format("--only: '{}' is not the id of an annotation", text));
      result.only.push_back(*id);
    }
    return result;
  }
};

std::string summary(const ReviewResult& result) {
  std::string text = fmt::format("{}: ", result.image.name);
  if (!result.changed) return text + to_string(result.image.state) + " already";
  text += to_string(result.image.state);
  if (result.accepted > 0) text += fmt::format(", {} accepted", counted(result.accepted, "proposal"));
  if (result.dropped > 0) text += fmt::format(", {} dropped", counted(result.dropped, "proposal"));
  if (result.reviews > 0 && result.reviews < result.reviews_needed)
    text += fmt::format(", review {} of {}", result.reviews, result.reviews_needed);
  return text;
}

/// Reviews every chosen image, all or none.
int review_all(Context& context, const Selection& selection,
               const std::function<ReviewResult(Project&, const std::string&)>& review) {
  auto project = tool::open_project(context);
  std::vector<ReviewResult> results;
  change_project(project, context.shared.dry_run, [&] {
    for (const auto& image : select_images(project, selection, WithAnnotations::no))
      results.push_back(review(project, fmt::format("#{}", image.id)));
  });
  for (const auto& result : results) {
    if (context.shared.json)
      context.out.json_line({{"image", result.image.name},
                             {"status", to_string(result.image.state)},
                             {"revision", result.image.revision},
                             {"accepted", result.accepted},
                             {"dropped", result.dropped},
                             {"reviews", result.reviews},
                             {"reviews_needed", result.reviews_needed},
                             {"changed", result.changed}});
    else
      context.out.line(summary(result));
  }
  if (results.empty() && !context.shared.json) context.out.line("no image is chosen by the filter");
  tool::note_dry_run(context);
  return 0;
}

void add_accept(Tool& tool) {
  auto& verb = tool.verb("review accept", "proposals become labels and the images are done");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<ReviewFlags>();
  bind_selection(verb, o.selection, "or name images");
  verb.options()
      .add("only", o.only, "accept only these proposals; the others are removed", "ID,...")
      .add("min-score", o.min_score, "remove proposals with a lower score instead")
      .within(0, 1)
      .add("comment", o.comment, "remark for the history");
  o.revision.bind(verb.options());
  verb.describe(R"(
      Where project.yaml requires a review, whoever labelled an image cannot accept it, and it is done
      when as many different people as required have accepted it.)");
  verb.example("ds-label review accept a.jpg --only 3,5");
  verb.run([&o](Context& context) {
    return review_all(context, o.selection, [&](Project& project, const std::string& image) {
      return accept_image(project, image, o.options());
    });
  });
}

void add_reject(Tool& tool) {
  auto& verb = tool.verb("review reject", "set images aside, or send them back to whoever labels");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<ReviewFlags>();
  bind_selection(verb, o.selection, "or name images");
  verb.options()
      .add("back", o.back, "back to working, with a comment that says what to change, instead of rejected")
      .add("only", o.only, "remove only these proposals and leave the image under review", "ID,...")
      .add("comment", o.comment, "why");
  o.revision.bind(verb.options());
  verb.describe("Labels are kept.");
  verb.example("ds-label review reject a.jpg --back --comment 'two cells are missing at the left border'");
  verb.run([&o](Context& context) {
    auto to = o.back ? RejectTo::working : RejectTo::rejected;
    return review_all(context, o.selection, [&](Project& project, const std::string& image) {
      return reject_image(project, image, to, o.options());
    });
  });
}

struct CommentFlags {
  std::string image;
  std::string comment;
};

void add_comment(Tool& tool) {
  auto& verb = tool.verb("review comment", "a remark in an image's history");
  verb.honours({Shared::project, Shared::json, Shared::dry_run});
  auto& o = verb.keep<CommentFlags>();
  bind_image(verb, o.image);
  verb.argument("comment", o.comment, "the remark");
  verb.example("ds-label review comment a.jpg 'is the blurred one a platelet?'");
  verb.run([&o](Context& context) {
    auto project = tool::open_project(context);
    Image image;
    change_project(project, context.shared.dry_run,
                   [&] { image = comment_image(project, o.image, o.comment).image; });
    if (context.shared.json)
      context.out.json({{"image", image.name}, {"comment", o.comment}});
    else
      context.out.line(fmt::format("{}: {}", image.name, o.comment));
    tool::note_dry_run(context);
    return 0;
  });
}

}  // namespace

void add_review(Tool& tool) {
  add_next(tool);
  add_accept(tool);
  add_reject(tool);
  add_comment(tool);
}

}  // namespace ds::label_tool
