#include "plugin/library_names.h"

#include <atomic>

namespace tenon::plugin {
namespace {

struct Node {
  std::string file;
  std::string plugin;
  std::uint32_t generation;
  Node* next;
};

/// Global, as signal handlers are; nodes are only added, and never freed: a handler may be reading.
std::atomic<Node*> newest{nullptr};

}  // namespace

void note_library(const std::filesystem::path& file, std::string_view plugin, std::uint32_t generation) {
  const LibraryNote known = find_library(file.native());
  if (known.plugin == plugin && known.generation == generation) return;
  auto* node = new Node{file.native(), std::string(plugin), generation, newest.load(std::memory_order_acquire)};
  while (!newest.compare_exchange_weak(node->next, node, std::memory_order_release, std::memory_order_acquire)) {
  }
}

LibraryNote find_library(std::string_view file) noexcept {
  for (const Node* node = newest.load(std::memory_order_acquire); node != nullptr; node = node->next) {
    if (node->file == file) return {node->plugin, node->generation};
  }
  return {};
}

}  // namespace tenon::plugin
