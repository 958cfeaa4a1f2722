#include "ds/project/image_store.h"
#include "images/rows.h"

namespace ds {
using namespace detail;

ImageStore::Counts ImageStore::counts() const {
  ReadTransaction transaction(database_);
  Counts counts;
  for (const auto& state : image_state_names()) counts.by_state[state] = 0;
  for (const auto& split : split_names()) counts.by_split[split] = 0;
  // One pass over the index images_state, which holds every column asked for.
  Statement row(database_,
                "SELECT state, split, assignee, count(*), sum(objects), sum(proposals), sum(objects = 0)"
                " FROM images GROUP BY state, split, assignee");
  while (row.step()) {
    auto images = static_cast<std::size_t>(row.integer(3));
    counts.by_state[row.text(0)] += images;
    counts.by_split[row.text(1)] += images;
    if (!row.view(2).empty()) {
      counts.by_assignee[row.text(2)] += images;
      counts.states_of_assignee[row.text(2)][row.text(0)] += images;
    }
    counts.images += images;
    counts.annotations += static_cast<std::size_t>(row.integer(4));
    counts.proposals += static_cast<std::size_t>(row.integer(5));
    if (row.view(0) == to_string(ImageState::done))
      counts.negatives += static_cast<std::size_t>(row.integer(6));
  }
  Statement tally(database_,
                  "SELECT c.name, c.color, t.annotations, t.images, t.proposals FROM classes c"
                  " LEFT JOIN class_tallies t ON t.class_id = c.id WHERE c.position IS NOT NULL"
                  " ORDER BY c.position");
  while (tally.step())
    counts.classes.push_back({.name = tally.text(0),
                              .color = tally.text(1),
                              .annotations = static_cast<std::size_t>(tally.integer(2)),
                              .images = static_cast<std::size_t>(tally.integer(3)),
                              .proposals = static_cast<std::size_t>(tally.integer(4))});
  return counts;
}

std::vector<ImageStore::Activity> ImageStore::activity() const {
  ReadTransaction transaction(database_);
  std::vector<Activity> rows;
  Statement row(database_,
                "SELECT user, substr(time, 1, 10), action, count(*), max(time) FROM journal"
                " WHERE image_id <> 0 AND undoes IS NULL"
                " AND NOT EXISTS (SELECT 1 FROM journal u WHERE u.undoes = journal.id)"
                " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3");
  while (row.step())
    rows.push_back({.user = row.text(0),
                    .day = row.text(1),
                    .action = row.text(2),
                    .entries = static_cast<std::size_t>(row.integer(3)),
                    .last = row.text(4)});
  return rows;
}

}  // namespace ds
