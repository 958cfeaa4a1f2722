#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace ds {

class DetectorNet;

/// A new net with fresh weights from torch's global generator (torch::manual_seed), in training mode, on the
/// CPU.
using MakeNet = std::function<std::shared_ptr<DetectorNet>(int num_classes)>;

/// The networks of architectures() (ds/arch/architecture.h), one for every name there.
const std::map<std::string, MakeNet>& networks();
/// Throws UsageError for an unknown name (listing the known) and for num_classes < 1.
std::shared_ptr<DetectorNet> make_detector_net(const std::string& architecture, int num_classes);

struct NetworkCost {
  std::int64_t parameters = 0;  // trainable
  std::int64_t operations = 0;  // of one image at the default input, see flop_count
};
/// Builds the network, which takes up to seconds.
NetworkCost cost_of_network(const std::string& architecture, int num_classes);

}  // namespace ds
