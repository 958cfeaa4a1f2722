#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ds/base/error.h"
#include "ds/cli/tool.h"
#include "ds/project/project.h"
#include "ds/retrain/machine.h"
#include "ds/retrain/project_stages.h"

namespace ds::retrain_tool {

/// Which deployment a verb is about.
struct Target {
  std::string deployment;
  void bind(OptionSet& options);
};

/// The named deployment, or the only one with a policy. Throws UsageError naming the choices.
std::string choose_deployment(Project& project, const Target& target);

enum class Locked { no, yes };
/// A dry run takes no lock: it changes nothing, and waits for nobody.
inline Locked lock_for(const Context& context) {
  return context.shared.dry_run ? Locked::no : Locked::yes;
}

/// Another ds-retrain of this project is taking a step, a training perhaps.
class AtWork : public Busy {
  using Busy::Busy;
};

/// An open project with the machine of one deployment; holds the project's "retrain" lock where asked. Throws AtWork
/// when somebody else does.
class Session {
 public:
  Session(const Context& context, const Target& target, Locked locked);
  Project& project() { return project_; }
  const std::string& deployment() const { return deployment_; }
  const RetrainPolicy& policy() const { return policy_; }
  RetrainFolder folder() const { return retrain_folder(project_, deployment_); }
  ProjectStages& stages() { return stages_; }
  RetrainMachine& machine() { return machine_; }
  /// Tells the people who wait for it what a tick came to.
  void announce(const TickReport& report);

 private:
  Project project_;
  std::string deployment_;
  std::optional<FileLock> lock_;
  RetrainPolicy policy_;
  ProjectStages stages_;
  RetrainMachine machine_;
};

}  // namespace ds::retrain_tool
