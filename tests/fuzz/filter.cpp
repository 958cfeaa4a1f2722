#include "ds/project/filter.h"

#include "fuzz_target.h"

namespace ds::fuzz {

void take(std::string_view bytes) {
  Filter::parse(std::string(bytes));
}

std::vector<std::string> seeds() {
  return {"status=done and class=car and split!=test and name~\"cam1/*\"",
          "not (width<100 or height>=200) and objects>3",
          "tag=rain and absent=snow and score<=0.5 and time>1.5",
          "assignee=ada or group=video and proposals=0 and id=7"};
}

}  // namespace ds::fuzz
