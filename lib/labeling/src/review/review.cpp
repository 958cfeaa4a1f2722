#include "ds/labeling/review.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/labeling/annotate.h"
#include "ds/labeling/proposals.h"
#include "ds/labeling/workflow.h"

namespace ds {
namespace {

/// The image's journal, oldest first, without what has been taken back and without the taking back.
std::vector<JournalEntry> standing_history(Project& project, std::int64_t image_id) {
  auto entries = project.images().history(image_id);
  std::set<std::int64_t> gone;
  for (const auto& entry : entries)
    if (entry.undoes) gone.insert({entry.id, *entry.undoes});
  std::erase_if(entries, [&](const JournalEntry& entry) { return gone.contains(entry.id); });
  std::reverse(entries.begin(), entries.end());
  return entries;
}

/// Who has accepted the labels as they stand.
std::set<std::string> reviewers_of(const std::vector<JournalEntry>& history) {
  std::set<std::string> users;
  for (const auto& entry : history) {
    if (entry.action == "accept") users.insert(entry.user);
    if (entry.action == "annotate" || entry.action == "propose" || entry.action == "reject") users.clear();
  }
  return users;
}

Image opened(Project& project, const std::string& name, const ReviewOptions& options) {
  auto image = project.images().find(name);
  require_revision(project, image, options.expected_revision);
  return image;
}

void require_review_state(const Image& image, bool review_required) {
  if (image.state == ImageState::review) return;
  auto advice = allowed_moves(image, review_required);
  bool can = std::find(advice.begin(), advice.end(), ImageState::review) != advice.end();
  throw UsageError(fmt::format("{} is {}, not under review", image.name, to_string(image.state)),
                   can ? fmt::format("ds-label files set-status review {}", image.name) : "");
}

void require_other_person(Project& project, const Image& image) {
  const auto& user = project.opened_with().user;
  auto annotators = annotators_of(project, image.id);
  if (std::find(annotators.begin(), annotators.end(), user) == annotators.end()) return;
  throw UsageError(fmt::format("{} has labelled {}, so somebody else has to review it", user, image.name),
                   "project.yaml requires a review (review: required: true)");
}

std::set<std::int64_t> chosen_proposals(const Image& image, const ReviewOptions& options) {
  std::set<std::int64_t> ids;
  for (auto id : options.only) {
    const auto& annotation = image.annotations[annotation_index(image, id)];
    if (!annotation.proposal)
      throw UsageError(fmt::format("annotation {} of {} is a label, not a proposal", id, image.name));
    ids.insert(id);
  }
  return ids;
}

}  // namespace

std::vector<std::string> annotators_of(Project& project, std::int64_t image_id) {
  std::set<std::string> users;
  for (const auto& entry : standing_history(project, image_id))
    if (entry.action == "annotate") users.insert(entry.user);
  return {users.begin(), users.end()};
}

ReviewResult accept_image(Project& project, const std::string& name, const ReviewOptions& options) {
  auto image = opened(project, name, options);
  const auto& settings = project.settings();
  ReviewResult result;
  result.image = image;
  result.reviews_needed = settings.review_required ? std::max(1, settings.reviews_needed) : 1;
  if (image.state == ImageState::done) return result;
  require_review_state(image, settings.review_required);
  if (settings.review_required) require_other_person(project, image);

  auto only = chosen_proposals(image, options);
  std::vector<Annotation> annotations;
  for (auto annotation : image.annotations) {
    if (annotation.proposal) {
      bool wanted = (only.empty() || only.contains(annotation.id)) &&
                    (!options.min_score || annotation.score.value_or(1) >= *options.min_score);
      if (!wanted) {
        ++result.dropped;
        continue;
      }
      annotation.proposal = false;
      ++result.accepted;
    }
    annotations.push_back(std::move(annotation));
  }
  auto reviewers = reviewers_of(standing_history(project, image.id));
  bool again = !reviewers.insert(project.opened_with().user).second;
  result.reviews = static_cast<int>(reviewers.size());
  bool done = result.reviews >= result.reviews_needed;
  if (again && !done && annotations == image.annotations) return result;

  ImageEdit edit;
  edit.action = "accept";
  edit.comment = options.comment;
  // Without a change only an entry with a comment is kept, and this one counts.
  if (!done && edit.comment.empty())
    edit.comment = fmt::format("review {} of {}", result.reviews, result.reviews_needed);
  edit.expected_revision = image.revision;
  edit.annotations = std::move(annotations);
  edit.state = done ? ImageState::done : ImageState::review;
  result.image = project.images().edit(image.id, edit);
  result.changed = true;
  return result;
}

ReviewResult reject_image(Project& project, const std::string& name, RejectTo to,
                          const ReviewOptions& options) {
  auto image = opened(project, name, options);
  ReviewResult result;
  result.image = image;
  auto only = chosen_proposals(image, options);
  auto state = !only.empty()              ? ImageState::review
               : to == RejectTo::rejected ? ImageState::rejected
                                          : ImageState::working;
  if (only.empty() && image.state == state) return result;
  require_review_state(image, project.settings().review_required);
  if (state == ImageState::working && trim(options.comment).empty())
    throw UsageError("say what has to be changed", "--comment TEXT");
  ImageEdit edit;
  edit.action = "reject";
  edit.comment = options.comment;
  edit.expected_revision = image.revision;
  edit.state = state;
  if (!only.empty()) {
    edit.annotations = image.annotations;
    std::erase_if(*edit.annotations, [&](const Annotation& a) { return only.contains(a.id); });
    result.dropped = only.size();
  }
  result.image = project.images().edit(image.id, edit);
  result.changed = true;
  return result;
}

ReviewResult comment_image(Project& project, const std::string& name, const std::string& comment) {
  if (trim(comment).empty()) throw UsageError("the comment is empty");
  ReviewResult result;
  auto image = project.images().find(name);
  ImageEdit edit;
  edit.action = "comment";
  edit.comment = comment;
  result.image = project.images().edit(image.id, edit);
  result.changed = true;
  return result;
}

std::vector<QueueItem> review_queue(Project& project, const std::string& user, const std::string& where,
                                    const std::string& order, const QueueInput& input) {
  auto images = select_images(project, {{}, where}, WithAnnotations::yes, true);
  bool required = project.settings().review_required;
  std::erase_if(images, [&](const Image& image) {
    if (image.state != ImageState::review) return true;
    if (!image.assignee.empty() && image.assignee != user) return true;
    if (!required) return false;
    auto annotators = annotators_of(project, image.id);
    if (std::find(annotators.begin(), annotators.end(), user) != annotators.end()) return true;
    return reviewers_of(standing_history(project, image.id)).contains(user);
  });
  auto amount = input.amount;
  QueueInput all{input.project, input.seed, input.progress, 0};
  auto items = order_images(order, std::move(images), all);
  std::stable_partition(items.begin(), items.end(),
                        [&](const QueueItem& item) { return item.image.assignee == user; });
  if (amount > 0 && items.size() > amount) items.resize(amount);
  return items;
}

std::vector<std::string> review_comments(Project& project, std::int64_t image_id) {
  std::vector<std::string> lines;
  for (const auto& entry : standing_history(project, image_id))
    if (!entry.comment.empty() &&
        (entry.action == "comment" || entry.action == "accept" || entry.action == "reject"))
      lines.push_back(fmt::format("{} {} {}: {}", entry.time.substr(0, 10), entry.time.substr(11, 5),
                                  entry.user, entry.comment));
  return lines;
}

}  // namespace ds
