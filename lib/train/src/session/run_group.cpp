#include "session/run_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>

#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/text.h"
#include "ds/nn/detector_net.h"
#include "ds/nn/networks.h"
#include "ds/project/project.h"
#include "ds/runs/folder.h"
#include "ds/train/elimination.h"
#include "loop/setup.h"
#include "session/run_order.h"
#include "session/single_run.h"

namespace ds::detail {
namespace {

struct Member {
  RunRecord record;
  RunConfig config;
  double cost = 0;  // operations of one image
  bool active = false;
  double elapsed_s = 0;
  TrainedRun trained;
};

Event run_event(const std::string& kind, const std::string& message, const TrainedRun& trained) {
  Event event;
  event.kind = kind;
  event.message = message;
  event.fields["run"] = trained.run.id;
  if (trained.model) {
    event.fields["model"] = trained.model->id;
    event.fields["ap"] = fmt::format("{:.4f}", trained.model->metrics.at("val/AP"));
  }
  return event;
}

std::string stage_key(int stage) {
  return fmt::format("stage{}/ap", stage + 1);
}

/// Trains the unfinished members stage by stage. Between two stages `eliminate` ends what is hopeless; a member
/// that pauses writes what its stage found into its run's record, and nothing is kept but there, so that a
/// group that was cut off anywhere decides the same when it goes on. A member that fails drops out with its
/// reason; the last failure is thrown when no model came of it all. Rank 0 alone runs this: the other ranks
/// follow by orders, and `execute` ends them.
class GroupRun {
 public:
  GroupRun(Project& project, const std::vector<RunRecord>& records, std::size_t candidates,
           const TrainData& data, const TrainHooks& hooks)
      : project_(project), data_(data), hooks_(hooks) {
    for (const auto& record : records) {
      Member member{record, config_of(record)};
      member.active = record.state != RunState::done;
      if (auto status = RunFolder(record.folder).read_status()) member.elapsed_s = status->elapsed_s;
      if (records.size() > 1)
        member.cost = operations_of_image(member.config.options, static_cast<int>(data.classes.size()));
      members_.push_back(std::move(member));
    }
    const auto& first = members_.front().config;
    rule_ = first.eliminate;
    budget_s_ = first.group_budget_s;
    stages_ = stage_count(candidates, rule_);
  }

  TrainReport execute() {
    for (int stage = 0; stage < stages_; ++stage) {
      run_stage(stage);
      if (stage + 1 < stages_) eliminate(stage);
    }
    sort_report();
    report_.best = best();
    tell_all_done();
    if (!report_.best && failure_) std::rethrow_exception(failure_);
    give_order(ranks_of(hooks_), std::nullopt);
    return std::move(report_);
  }

 private:
  std::size_t active_count() const {
    return static_cast<std::size_t>(
        std::count_if(members_.begin(), members_.end(), [](const Member& member) { return member.active; }));
  }

  void run_stage(int stage) {
    const auto legs = plan_legs(stage);
    for (std::size_t i = 0; i < members_.size(); ++i) {
      auto& member = members_[i];
      if (!member.active || member.record.metrics.contains(stage_key(stage))) continue;
      run_leg(member, legs[i], stage);
    }
  }

  std::vector<Leg> plan_legs(int stage) const {
    const auto count = active_count();
    const bool last = stage + 1 == stages_ || count == 1;
    double spent = 0;
    for (const auto& member : members_) spent += member.elapsed_s;
    auto budget = stage_budget(budget_s_ - spent, count, stage, stages_, rule_);
    std::vector<Leg> legs;
    for (const auto& member : members_) {
      Leg leg;
      if (budget_s_ > 0 && stages_ > 1) {
        leg.budget_s = member.elapsed_s + (count == 1 ? budget_s_ - spent : budget.total);
        if (!last) leg.pause_elapsed_s = member.elapsed_s + budget.leg;
      } else if (!last) {
        leg.pause_epoch = std::max(
            1, static_cast<int>(std::lround(stage_end(stage, stages_) * member.config.options.epochs)));
      }
      leg.then = fmt::format("waits for stage {} of {}", stage + 2, stages_);
      legs.push_back(leg);
    }
    return legs;
  }

  void run_leg(Member& member, const Leg& leg, int stage) {
    try {
      auto result = SingleRun(project_, member.record, data_, hooks_).train(leg);
      member.record = result.trained.run;
      member.elapsed_s = result.elapsed_s;
      if (result.paused) {
        member.record.metrics[stage_key(stage)] = result.ap;
        project_.runs().update(member.record);
      } else {
        member.active = false;
        add_trained(std::move(result.trained));
      }
    } catch (const Interrupted&) {
      throw;
    } catch (const std::exception& error) {
      note_failure(member, error);
      if (members_.size() == 1 || ranks_of(hooks_).broken()) throw;
      log::error(fmt::format("run {} failed: {}", member.record.id, error.what()));
    }
  }

  void note_failure(Member& member, const std::exception& error) {
    failure_ = std::current_exception();
    member.active = false;
    TrainedRun trained;
    trained.run = project_.runs().get(member.record.id);
    trained.error = error.what();
    tell(project_, hooks_,
         run_event("run-failed", fmt::format("Run {} failed: {}", member.record.id, error.what()), trained));
    report_.runs.push_back(std::move(trained));
  }

  /// Ends what is hopeless after a stage. Those that ended here before count again, so the
  /// choice is the same.
  void eliminate(int stage) {
    std::vector<Member*> reached;
    std::vector<Standing> standings;
    for (auto& member : members_) {
      auto found = member.record.metrics.find(stage_key(stage));
      if (found == member.record.metrics.end()) continue;
      reached.push_back(&member);
      standings.push_back({found->second, member.cost});
    }
    if (reached.size() < 2) return;
    auto stays = survivors(standings, rule_);
    auto leader = std::max_element(standings.begin(), standings.end(),
                                   [](const auto& a, const auto& b) { return a.ap < b.ap; });
    for (std::size_t i = 0; i < reached.size(); ++i) {
      if (stays[i] || !reached[i]->active) continue;
      auto why = fmt::format("eliminated after stage {} of {}: val AP {:.3f}, the best has {:.3f}", stage + 1,
                             stages_, standings[i].ap, leader->ap);
      log::info(fmt::format("{} {}", title_of(reached[i]->config.options), why));
      auto trained = SingleRun(project_, reached[i]->record, data_, hooks_).conclude(why);
      reached[i]->record = trained.run;
      reached[i]->active = false;
      add_trained(std::move(trained));
    }
  }

  void add_trained(TrainedRun trained) {
    const auto& model = *trained.model;
    auto message = fmt::format("{} is ready: val AP {:.3f}", model.name, model.metrics.at("val/AP"));
    const bool first = std::none_of(report_.runs.begin(), report_.runs.end(),
                                    [](const TrainedRun& run) { return run.model.has_value(); });
    if (first && members_.size() > 1)
      tell(project_, hooks_,
           run_event("first-model-done", fmt::format("The first of {} models: {}.", members_.size(), message),
                     trained));
    tell(project_, hooks_, run_event("run-done", message + ".", trained));
    report_.runs.push_back(std::move(trained));
  }

  /// In the order of the candidates, whatever the order they ended in.
  void sort_report() {
    auto position = [&](const TrainedRun& trained) {
      return std::find_if(members_.begin(), members_.end(),
                          [&](const Member& member) { return member.record.id == trained.run.id; }) -
             members_.begin();
    };
    std::sort(report_.runs.begin(), report_.runs.end(),
              [&](const auto& a, const auto& b) { return position(a) < position(b); });
  }

  /// By the AP on val; one that could not be measured is never the best.
  std::optional<std::size_t> best() const {
    std::optional<std::size_t> best;
    double highest = -1;
    for (std::size_t i = 0; i < report_.runs.size(); ++i) {
      const auto& model = report_.runs[i].model;
      if (!model || !(model->metrics.at("val/AP") > highest)) continue;
      highest = model->metrics.at("val/AP");
      best = i;
    }
    return best;
  }

  void tell_all_done() {
    Event event;
    event.kind = "all-runs-done";
    auto failed =
        std::count_if(report_.runs.begin(), report_.runs.end(), [](const auto& run) { return !run.model; });
    event.message = fmt::format("{} of {} trainings ended with a model",
                                report_.runs.size() - static_cast<std::size_t>(failed), report_.runs.size());
    if (report_.best) {
      const auto& model = *report_.runs[*report_.best].model;
      event.message +=
          fmt::format("; the best is {} (val AP {:.3f})", model.name, model.metrics.at("val/AP"));
      event.fields["model"] = model.id;
    }
    event.message += ".";
    tell(project_, hooks_, std::move(event));
  }

  Project& project_;
  const TrainData& data_;
  const TrainHooks& hooks_;
  std::vector<Member> members_;
  std::string rule_;
  double budget_s_ = 0;
  int stages_ = 1;
  TrainReport report_;
  std::exception_ptr failure_;
};

}  // namespace

void tell(Project& project, const TrainHooks& hooks, Event event) {
  if (hooks.announce)
    hooks.announce(event);
  else
    project.events().add(std::move(event));
}

TrainReport execute_group(Project& project, const std::vector<RunRecord>& records, std::size_t candidates,
                          const TrainData& data, const TrainHooks& hooks) {
  return GroupRun(project, records, candidates, data, hooks).execute();
}

}  // namespace ds::detail
